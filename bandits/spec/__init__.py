"""The words and numbers of `bandits what-if`."""
