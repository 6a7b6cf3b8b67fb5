"""Scores that a metric can take, judged by the scores that were seen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ScoreRange"]

Floats = NDArray[np.float64]

_OUT_OF_PROPORTION = 1e6  # the largest score, in units of a typical one; larger scores are cut to it
_USUAL = 1e50  # scores beyond this size, or below its inverse, are brought to magnitude 1 first
_LEAST_GAP = 1e-9  # between quantiles, in units of a typical score


@dataclass(frozen=True, slots=True)
class ScoreRange:
    """Bounds of forecasts, and the unit of scores in computations.

    Args:
        low, high: shares in [0, 1] stay there, scores of losses at most 0, positive scores at least 0.
        typical: the median size of a score that is not 0.
        unit: by which scores are divided, > 0; 1 unless they are of unusual size.
    """

    low: float
    high: float
    typical: float
    unit: float

    @classmethod
    def learn(cls, scores: Floats) -> ScoreRange:
        """Learn from `[N]` scores, N >= 1."""
        least, most = float(scores.min()), float(scores.max())
        low = 0.0 if least >= 0 else -math.inf
        high = 1.0 if least >= 0 and most <= 1 else 0.0 if most <= 0 else math.inf
        sizes = np.sort(np.abs(scores[scores != 0]))
        typical = float(sizes[len(sizes) // 2]) if len(sizes) else 1.0
        unit = 1.0 if 1 / _USUAL <= typical <= _USUAL else typical
        return cls(low, high, typical, unit)

    def in_units(self, scores: Floats) -> Floats:
        """Scores to compute with, at most a million times as large as a typical one; any shape."""
        with np.errstate(over="ignore"):
            return np.asarray(np.clip(scores / self.unit, -self._largest, self._largest))

    @property
    def _largest(self) -> float:
        return _OUT_OF_PROPORTION * self.typical / self.unit

    def to_scores(self, quantiles: Floats) -> Floats:
        """Ascending quantiles `[c, N]`, in units, as scores inside the range; they are made to ascend strictly."""
        limit = min(10.0 * self._largest, 1e307 / self.unit) if self.unit > 1 else 10.0 * self._largest
        scores = np.clip(quantiles, -limit, limit) * self.unit
        gap = _LEAST_GAP * self.typical
        ramp = np.arange(scores.shape[1]) * gap
        scores = np.maximum(scores, self.low + ramp) if math.isfinite(self.low) else scores
        scores = np.minimum(scores, self.high - ramp[::-1]) if math.isfinite(self.high) else scores
        return np.asarray(np.maximum.accumulate(scores, axis=1))
