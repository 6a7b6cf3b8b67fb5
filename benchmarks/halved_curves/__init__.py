"""Forecasts from what successive halving leaves behind; see README.md."""
