"""Forecasts for the partial curves of a table."""

from bandits.tools.predict.predict import predict_table
from bandits.tools.predict.results import Check, Predictions, RowForecast

__all__ = ["Check", "Predictions", "RowForecast", "predict_table"]
