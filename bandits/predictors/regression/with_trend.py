"""A line first, then another regression: trees cannot forecast an end beyond those that they have seen, a line can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.forecasts import ErrorShape
from bandits.predictors.features import Design
from bandits.predictors.regression.gaussian_process import AdditiveProcess
from bandits.predictors.regression.kernel_regression import KernelRegression
from bandits.predictors.regression.regressors import Fitted, FittedWithErrors, Regressor, root_mean_square

__all__ = ["FittedWithTrend", "WithTrend"]

Floats = NDArray[np.float64]


_LINE = KernelRegression(AdditiveProcess(anchored=False, blocks=("series", "static"), local=False, robust=False))


@dataclass(frozen=True, slots=True)
class FittedWithTrend(FittedWithErrors):
    """A line, and what another regression adds to it.

    Args:
        trend: the line.
        rest: fitted to the line's residuals; it states the error of the sum.
        usual: variance that the line's error has, on average, among the training curves.
        residuals: `[n]` residuals of the sum.
    """

    trend: Fitted
    rest: Fitted
    usual: float
    residuals: Floats

    def predict_with_error(self, design: Design) -> tuple[Floats, Floats, Sequence[ErrorShape]]:
        """See `Fitted.predict_with_error`. Far from all training curves, the line's own error is added."""
        trend, line, _ = self.trend.predict_with_error(design)
        rest, stds, shapes = self.rest.predict_with_error(design)
        return trend + rest, np.hypot(stds, np.sqrt(np.maximum(line**2 - self.usual, 0.0))), shapes


@dataclass(frozen=True, slots=True)
class WithTrend(Regressor):
    """Linear regression, and another regression of its leave-one-out residuals.

    These are the line's errors on curves that it has not seen. So the second regression learns, and measures its own
    error, as if every curve were new to both. The line is chosen by marginal likelihood. TS and features count alike,
    whatever their numbers of columns.

    Args:
        rest: the second regression.
        trend: the line; its residuals are leave-one-out.

    Source: Zhang, Nettleton, Zhu, "Regression-enhanced random forests" (arXiv 1904.10416), there with the lasso.
    """

    rest: Regressor
    trend: Regressor = _LINE

    def fit(self, design: Design, y: Floats, rng: np.random.Generator) -> Fitted:
        """See `Regressor.fit`."""
        trend = self.trend.fit(design, y, rng)
        if float(np.ptp(trend.residuals)) == 0.0:
            return trend
        rest = self.rest.fit(design, trend.residuals, rng)
        line, _ = trend.errors(design)
        return FittedWithTrend(trend, rest, root_mean_square(line) ** 2, rest.residuals)
