"""One scale for all training curves: on it they lie between 0.1 and 0.9, except a few that lie far away."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.causes import Cause
from bandits.forecasts import Abstain, Link
from bandits.predictors.features import apply_link
from bandits.predictors.linked_scale import LinkedScale

__all__ = ["CommonScale"]

Floats = NDArray[np.float64]

_MARGIN = 0.1  # space at both ends for arms that are better or worse than any training curve
_CORE = (0.1, 0.9)  # quantiles between which the bulk of all scores lies
_FENCE = 3.0  # a score this many widths of the bulk away from the bulk does not stretch the scale
_CONSTANT = 1e-12  # a span up to this, relative to the curves' magnitude, is rounding noise


@dataclass(frozen=True, slots=True)
class CommonScale(LinkedScale):
    """The scale that all curves of a training set share."""

    @classmethod
    def learn(cls, scores: Floats, link: Link) -> CommonScale | Abstain:
        """The scale of training scores, or why there is none.

        A loss of 1e34 among losses of 4 would squeeze all others into one point. So scores too far from the bulk do not
        stretch the scale. Too far is three times the distance between the 10 % and 90 % quantiles of the scores.

        Args:
            scores: `[n]`, of all curves and epochs; n >= 1.
            link: is applied to the scores first.
        """
        values = apply_link(link, scores)
        if not np.isfinite(values).all():
            return Abstain(
                "the logarithm of the loss was asked for, but a training curve has a loss <= 0", Cause.UNUSABLE_SCORES
            )
        low, high = float(values.min()), float(values.max())
        first, last = np.quantile(values, _CORE, method="nearest").tolist()
        if last > first:
            reach = _FENCE * (last - first)
            low, high = max(low, first - reach), min(high, last + reach)
        unit = (high - low) / (1.0 - 2.0 * _MARGIN)  # Python's floats overflow to inf without a warning
        if not (math.isfinite(unit) and math.isfinite(low - unit)):
            return Abstain("the scores of the training curves are too large to compute with", Cause.UNUSABLE_SCORES)
        if high - low <= _CONSTANT * max(abs(low), abs(high)):
            return Abstain(
                "all scores of the training curves are the same, so errors cannot be estimated", Cause.CURVES_ALIKE
            )
        return cls(link, low - _MARGIN * unit, unit)
