"""What a forecast costs; see README.md."""
