"""Forecasts for a table of one's own curves."""

from bandits.prediction.predict import predict_table
from bandits.prediction.results import Check, Predictions, RowForecast

__all__ = ["Check", "Predictions", "RowForecast", "predict_table"]
