"""Training on a CPU; see README.md."""
