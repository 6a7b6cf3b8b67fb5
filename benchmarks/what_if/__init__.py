"""Is the answer of `bandits what-if` right?; see README.md."""
