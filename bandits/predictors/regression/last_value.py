"""Forecasts moved towards "the last score, and what such arms still gain", as far as that has told the ends of others.

Where most arms rest on one level, small differences between them last, and the last score ranks them better than any
regression whose error is larger than these differences. Whether that is so depends on the level: arms that still rise
are another matter. So both the gain and the weight of the last score are learnt from training curves whose last scores
have nearby ranks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LastValue"]

Floats = NDArray[np.float64]

_GAINS_NEARBY = 0.2  # ranks, as a share of all, from which a gain is learnt: one standard deviation
_WEIGHTS_NEARBY = 0.1  # likewise, for the weight of the last score
_ONE_RANK = 0.5  # is added to both, for a few curves
_ELSEWHERE = 5e-5  # the least that a curve counts, however far its rank
_WEIGHTS = np.linspace(0.0, 1.0, 11)
_CAP = 5.0  # errors are cut off at so many times the usual sum of both errors nearby
_TINY = np.finfo(float).tiny


@dataclass(frozen=True, slots=True)
class LastValue:
    """Two functions of the last score, in straight lines between knots: what is added to it, and its weight.

    Args:
        knots: `[k]` last scores, strictly ascending.
        gains: `[k]` typical gains from there to the horizon.
        weights: `[k]` in [0, 1]; 0 leaves a forecast as it is.
    """

    knots: Floats
    gains: Floats
    weights: Floats

    @classmethod
    def learn(cls, last: Floats, ends: Floats, left_out: Floats) -> tuple[LastValue, Floats]:
        """Learn from training curves.

        A gain is the median of those nearby. A weight is the one with the smallest mean absolute error nearby, where
        each curve's gain and forecast are leave-one-out. Medians and absolute errors ask where an arm ends most
        likely: so among arms that are stuck, those few that go on later do not raise the forecasts of all.

        Args:
            last: `[n]` last scores, in the units of the ends; those of complete curves come first.
            ends: `[n]` scores at the horizon, or what stands in for them.
            left_out: `[c]` leave-one-out forecasts of the complete curves.

        Returns:
            The functions, and the `[c]` leave-one-out forecasts that they lead to.
        """
        c = len(left_out)
        knots = np.unique(last)
        nearness = _Nearness(last, _GAINS_NEARBY)
        gains = _weighted_medians(nearness.of(knots), ends - last)
        anchors = last[:c] + _weighted_medians(nearness.of_others(c), ends - last)
        nearness = _Nearness(last[:c], _WEIGHTS_NEARBY)
        others = nearness.of_others(c)
        usual = _weighted_medians(others, np.abs(ends[:c] - anchors) + np.abs(ends[:c] - left_out))
        moved = left_out + _WEIGHTS[:, np.newaxis] * (anchors - left_out)
        errors = np.minimum(np.abs(ends[:c] - moved) / np.maximum(usual, _TINY), _CAP)
        weights = _WEIGHTS[(nearness.of(knots) @ errors.T).argmin(axis=1)]
        weights_left_out = _WEIGHTS[(others @ errors.T).argmin(axis=1)]
        return cls(knots, gains, weights), left_out + weights_left_out * (anchors - left_out)

    def move(self, last: Floats, forecasts: Floats) -> Floats:
        """Forecasts `[m]` or `[m, c]` of arms with the `[m]` last scores, moved."""
        anchors, weights = last + np.interp(last, self.knots, self.gains), np.interp(last, self.knots, self.weights)
        if forecasts.ndim > 1:
            anchors, weights = anchors[:, np.newaxis], weights[:, np.newaxis]
        return np.asarray(forecasts + weights * (anchors - forecasts))


class _Nearness:
    """How much each of n curves counts for an arm: by the difference of the ranks of their last scores."""

    def __init__(self, last: Floats, share: float) -> None:
        self._ascending = np.sort(last)
        self._ranks = self._ranks_of(last)
        self._width = share * len(last) + _ONE_RANK

    def of(self, last: Floats) -> Floats:
        """`[m, n]` for arms with `[m]` last scores."""
        apart = (self._ranks_of(last)[:, np.newaxis] - self._ranks) / self._width
        return np.asarray(np.exp(-0.5 * apart**2) + _ELSEWHERE)

    def of_others(self, c: int) -> Floats:
        """`[c, n]` for the first c of the n curves themselves; no curve counts for itself."""
        near = np.exp(-0.5 * ((self._ranks[:c, np.newaxis] - self._ranks) / self._width) ** 2) + _ELSEWHERE
        near[np.arange(c), np.arange(c)] = 0.0
        return near

    def _ranks_of(self, last: Floats) -> Floats:
        """The middle of the ranks of equal ones."""
        return (np.searchsorted(self._ascending, last, "left") + np.searchsorted(self._ascending, last, "right")) / 2.0


def _weighted_medians(weights: Floats, values: Floats) -> Floats:
    """`[m]` medians of `[n]` values with `[m, n]` weights; the lower one of two."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[:, order], axis=1)
    places = (below < below[:, -1:] / 2.0).sum(axis=1)
    return np.asarray(values[order][np.minimum(places, len(values) - 1)])
