"""Stress tables; see README.md."""
