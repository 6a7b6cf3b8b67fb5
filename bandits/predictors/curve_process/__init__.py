"""One Gaussian process over whole curves; arms may have stopped anywhere: `CurveProcess` and its parts."""

from bandits.predictors.curve_process.predictor import CurveProcess

__all__ = ["CurveProcess"]
