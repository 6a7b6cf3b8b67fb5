"""What studies cost whose steps are large; see README.md."""
