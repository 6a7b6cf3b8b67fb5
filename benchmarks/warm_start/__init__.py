"""What a warm start saves; see README.md."""
