"""Early stopping of a random search: what it saves, and whether it keeps its word; see README.md."""
