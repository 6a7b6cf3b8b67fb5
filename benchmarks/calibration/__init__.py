"""Forecasts know how wrong they are; see README.md."""
