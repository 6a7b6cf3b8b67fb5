"""One process over whole curves, of arms that stopped anywhere: `CurveProcess` and its parts."""

from bandits.predictors.curve_process.predictor import CurveProcess

__all__ = ["CurveProcess"]
