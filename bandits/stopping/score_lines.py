"""Nonconformity scores of forecasts, from which a conformal threshold is computed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from bandits.stopping.calibration_set import CalibrationSet

__all__ = ["ScoreLines"]

Floats = NDArray[np.float64]

_LINE_CONFIDENCE = 0.95  # one-sided, that a line does not lie higher than is assumed
_REACH = 0.25  # how far beyond the best curve of the record a line is trusted, in distances from the median to it
_ALONE = 1e-9  # a curve with a leverage that is closer to 1 has a line of its own


@dataclass(frozen=True, slots=True)
class ScoreLines:
    """Errors of forecasts as a line over the ends of arms, for each check epoch; and scores, which tell how far single
    curves lie above the lines.

    Args:
        growth: `[K]` divisors of the errors at each check epoch: late errors count less.
        centre, spread: mean of the ends, and the sum of their squared distances from it.
        heights, slopes: `[K]` height at the centre, and slope >= 0, of each line.
        scatter: standard deviation of the errors about the lines.
        scores: `[n]` the nonconformity score of each curve, the largest of its check epochs; ascending.
        reach: ends are cut at this value.
        raised: how many standard errors the lines are raised.
    """

    growth: Floats
    centre: float
    spread: float
    heights: Floats
    slopes: Floats
    scatter: float
    scores: Floats
    reach: float
    raised: float

    @classmethod
    def fit(cls, calibration: CalibrationSet) -> ScoreLines:
        """Learn from 5 curves or more."""
        ends, errors = calibration.ends, calibration.errors
        n = len(ends)
        horizon_shares = np.array(calibration.epochs) / calibration.horizon
        centre = float(ends.mean())
        away = ends - centre
        spread = float(away @ away) if ends.max() > ends.min() else 0.0
        heights = errors.mean(axis=0)
        slopes = np.maximum(away @ errors / spread, 0.0) if spread > 0 else np.zeros(len(heights))
        residuals = errors - heights - np.outer(away, slopes)
        scatter = float(np.median(np.sqrt((residuals**2).sum(axis=0) / (n - 2))))
        leverage = 1.0 / n + (away**2 / spread if spread > 0 else np.zeros(n))
        growth = 1.0 + horizon_shares
        alone = 1.0 - leverage <= _ALONE  # a line that goes through it, and no other curve to compare it with
        left_out = residuals / (np.where(alone, 1.0, 1.0 - leverage) * np.sqrt(1.0 + leverage))[:, np.newaxis]
        left_out[alone] = math.inf
        best = float(ends.max())
        return cls(
            growth=growth,
            centre=centre,
            spread=spread,
            heights=heights,
            slopes=slopes,
            scatter=scatter,
            scores=np.sort((left_out / growth).max(axis=1)),
            reach=best + _REACH * (best - float(np.median(ends))),
            raised=float(t.ppf(_LINE_CONFIDENCE, n - 2)),
        )

    def nonconformity(self, column: int, errors: Floats | float, ends: Floats | float) -> Floats:
        """The scores of arms that end at `ends`, with forecasts that lie `errors` standard deviations below."""
        line, unit = self._raised_line(column, ends)
        return np.asarray((errors - line) / unit)

    def threshold(self, column: int, ends: Floats | float, risk: float) -> Floats:
        """How many standard deviations a forecast may lie below an arm's end before the arm is dropped."""
        line, unit = self._raised_line(column, ends)
        return line + self.conformal_threshold(risk) * unit

    def _raised_line(self, column: int, ends: Floats | float) -> tuple[Floats, Floats]:
        """The upper end of the line's interval at `ends`, and the errors beyond it that count as 1."""
        away = np.minimum(ends, self.reach) - self.centre
        leverage = 1.0 / len(self.scores) + (away**2 / self.spread if self.spread > 0 else 0.0)
        line = self.heights[column] + self.slopes[column] * away + self.raised * self.scatter * np.sqrt(leverage)
        return np.asarray(line), np.asarray(self.growth[column] * np.sqrt(1.0 + leverage))

    def conformal_threshold(self, risk: float) -> float:
        """The score that at most the share `risk` of arms reaches at some check epoch; inf if there is none."""
        beyond = math.floor(risk * (len(self.scores) + 1) + 1e-9)  # one of them is the arm itself
        return float(self.scores[-beyond]) if beyond >= 1 else math.inf

    def share(self, score: float) -> float:
        """P(an arm has this score or a larger one at some check epoch), at most."""
        n = len(self.scores)
        if math.isnan(score):  # numbers too large to compute with
            return 1.0
        return float(1 + n - np.searchsorted(self.scores, score, side="left")) / (n + 1)
