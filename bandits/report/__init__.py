"""A finished run as rows, JSON and terminal tables."""

from bandits.report.summary import Summary

__all__ = ["Summary"]
