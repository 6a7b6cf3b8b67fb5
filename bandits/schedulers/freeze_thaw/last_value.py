"""The forecast where no predictor has one: the last value, plus what other arms gained from there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Curve, Trial
from bandits.forecasts import Abstain, Forecast

__all__ = ["LastValueGrowth"]

Floats = NDArray[np.float64]
_PRIOR_ARMS = 2  # the prior counts as so many arms that did not change


class LastValueGrowth:
    """Continues a curve by the median change of other curves from check epoch to check epoch.

    The error of a step comes from the median distance of the changes from their median. A step that hardly any arm has
    taken has the error of the step before. Larger scores are better, as everywhere.

    Args:
        curves: of all arms, `[tau]` each.
        epochs: the check epochs, from 1 to R.
    """

    def __init__(self, curves: Sequence[Floats], epochs: Sequence[int]) -> None:
        self._epochs = epochs
        firsts = np.array([curve[0] for curve in curves if len(curve)])
        typical = float(np.std(firsts)) if len(firsts) else 0.0
        growth, variance = [0.0], [0.0]
        for before, after in pairwise(epochs):
            changes = np.array([curve[after - 1] - curve[before - 1] for curve in curves if len(curve) >= after])
            change = 0.0
            if len(changes):
                change = float(np.median(changes)) * len(changes) / (len(changes) + _PRIOR_ARMS)
            if len(changes) > _PRIOR_ARMS:
                typical = 0.5 * typical + 0.5 * 1.4826 * float(np.median(np.abs(changes - change)))
            growth.append(growth[-1] + change)
            variance.append(variance[-1] + typical * typical)
        self._growth, self._variance = np.array(growth), np.array(variance)

    def forecast_many(self, arms: Sequence[tuple[Trial, Curve]]) -> list[Forecast | Abstain]:
        """Forecast arms of one epoch or more."""
        return [self.forecast(curve) for _, curve in arms]

    def forecast(self, curve: Curve) -> Forecast:
        """Forecast one arm's end; the curve has one epoch or more."""
        gained, spread = (float(np.interp(curve.tau, self._epochs, known)) for known in (self._growth, self._variance))
        mean = float(curve.scores[-1]) + float(self._growth[-1]) - gained
        std = float(np.sqrt(max(float(self._variance[-1]) - spread, 0.0)))
        horizon = self._epochs[-1]
        if not (np.isfinite(mean) and np.isfinite(std)):
            return Forecast(float(curve.scores[-1]), 0.0, horizon)
        return Forecast(mean, std, horizon)
