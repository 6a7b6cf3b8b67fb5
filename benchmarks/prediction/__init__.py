"""The start of a curve tells its end; see README.md."""
