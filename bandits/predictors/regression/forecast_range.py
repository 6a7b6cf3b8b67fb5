"""Where forecasts stay: within the range of the metric, and not far below all ends that were ever measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.forecasts import Link
from bandits.predictors.features import apply_link
from bandits.predictors.score_range import ScoreRange
from bandits.predictors.score_scale import ScoreScale

__all__ = ["ForecastRange"]

Floats = NDArray[np.float64]

_REACH = 3.0  # how far below the training ends, in distances from their median to the worst


@dataclass(frozen=True, slots=True)
class ForecastRange:
    """Bounds of forecasts, on the scale of a regression.

    Args:
        low: the worst forecast of an arm whose last score is not yet worse.
        high: the best score that the metric can take.
    """

    low: float
    high: float

    @classmethod
    def learn(cls, scores: Floats, link: Link, scale: ScoreScale) -> ForecastRange:
        """Learn from `[n, T]` training scores in the link's domain.

        The reach below is measured in scores. Three times as far on a logarithmic scale could be the fourth power of a
        loss.

        Args:
            scores: of the training curves.
            link, scale: how scores become those of the regression.
        """
        known = ScoreRange.learn(scores.ravel())
        worst, middle = float(scores[:, -1].min()), float(np.median(scores[:, -1]))
        low = max(known.low, worst - _REACH * (middle - worst))
        bounds = scale.apply(apply_link(link, np.array([low, known.high])))
        return cls(float(bounds[0]), float(bounds[1]))

    def clip(self, forecasts: Floats, last: Floats) -> Floats:
        """`[m]` forecasts of arms with the `[m]` last scores, kept in range; all on the scale."""
        return np.asarray(np.minimum(np.maximum(forecasts, np.minimum(self.low, last)), self.high))
