"""Extrapolating one curve: cost and honesty of LCE; see README.md."""
