"""Training on a GPU; see README.md."""
