"""Curves that stopped early; see README.md."""
