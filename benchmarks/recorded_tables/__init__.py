"""Tables that were recorded with this library; see README.md."""
