"""Predictors: from a partial learning curve to a forecast. Each has a file; its parts are in a folder."""

from bandits.forecasts import Abstain, ErrorShape, Forecast, Link
from bandits.predictors.base import Forecaster, Predictor
from bandits.predictors.bnn import BNN
from bandits.predictors.curve_process import CurveProcess
from bandits.predictors.gaussian_process import GaussianProcess
from bandits.predictors.last_seen import LastSeenValue
from bandits.predictors.lce import LCE
from bandits.predictors.natural_gradient_boosting import NGBoost
from bandits.predictors.parametric import Parametric
from bandits.predictors.quantile_forest import QuantileForest
from bandits.predictors.srm import SRM

__all__ = [
    "BNN",
    "LCE",
    "SRM",
    "Abstain",
    "CurveProcess",
    "ErrorShape",
    "Forecast",
    "Forecaster",
    "GaussianProcess",
    "LastSeenValue",
    "Link",
    "NGBoost",
    "Parametric",
    "Predictor",
    "QuantileForest",
]
