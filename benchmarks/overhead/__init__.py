"""What a reported epoch costs; see README.md."""
