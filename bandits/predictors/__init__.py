"""Partial learning curve in, forecast out: one predictor a file."""

from bandits.forecasts import Abstain, Forecast, Link
from bandits.predictors.base import Forecaster, Predictor
from bandits.predictors.bnn import BNN
from bandits.predictors.last_seen import LastSeenValue
from bandits.predictors.lce import LCE
from bandits.predictors.srm import SRM

__all__ = ["BNN", "LCE", "SRM", "Abstain", "Forecast", "Forecaster", "LastSeenValue", "Link", "Predictor"]
