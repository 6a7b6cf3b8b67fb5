"""The same number of epochs for everyone; see README.md."""
