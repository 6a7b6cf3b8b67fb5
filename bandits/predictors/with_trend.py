"""A line first: trees know no end beyond those that they have seen, a line goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bandits.forecasts import ErrorShape
from bandits.predictors.features import Design
from bandits.predictors.regressors import Fitted, Regressor, Ridge

__all__ = ["FittedWithTrend", "WithTrend"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FittedWithTrend(Fitted):
    """A line, and what another regression adds to it.

    Args:
        trend: the line.
        rest: fitted to its residuals; knows how far off the sum is. None where the line leaves nothing.
        residuals: `[n]` of the sum.
    """

    trend: Fitted
    rest: Fitted | None
    residuals: Floats

    def predict(self, design: Design) -> Floats:
        """See `Fitted.predict`."""
        line = self.trend.predict(_balanced(design))
        return line if self.rest is None else line + self.rest.predict(design)

    def errors(self, design: Design) -> tuple[Floats, Sequence[ErrorShape]]:
        """See `Fitted.errors`."""
        return Fitted.errors(self, design) if self.rest is None else self.rest.errors(design)


@dataclass(frozen=True, slots=True)
class WithTrend(Regressor):
    """Ridge regression, and another regression of its leave-one-out residuals.

    These are what the line leaves of curves that it has not seen, so the second regression learns, and measures its
    own error, as if every curve were new to both.

    Args:
        rest: the second regression.
        trend: the line; its residuals are leave-one-out. Blocks of inputs count alike in it, however wide they are:
            otherwise TS of a hundred epochs would drown two hyperparameters.

    Source: Zhang, Nettleton, Zhu, "Regression-enhanced random forests" (arXiv 1904.10416), there with the lasso.
    """

    rest: Regressor
    trend: Regressor = Ridge()  # noqa: RUF009 - it has no state

    def fit(self, design: Design, y: Floats, rng: np.random.Generator) -> Fitted:
        """See `Regressor.fit`."""
        trend = self.trend.fit(_balanced(design), y, rng)
        if float(np.ptp(trend.residuals)) == 0.0:
            return FittedWithTrend(trend, None, trend.residuals)
        rest = self.rest.fit(design, trend.residuals, rng)
        return FittedWithTrend(trend, rest, rest.residuals)


def _balanced(design: Design) -> Design:
    """The same inputs, with TS and features of the same total variance."""
    series, static = (block / np.sqrt(max(1, block.shape[1])) for block in (design.series, design.static))
    return replace(design, series=series, static=static)
