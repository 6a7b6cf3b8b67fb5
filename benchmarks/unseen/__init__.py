"""Curves that do not come with the package; see README.md."""
