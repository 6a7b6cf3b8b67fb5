"""Scores as numbers of magnitude 1, among which a few explosions do not hide the differences of all others."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.forecasts import ErrorShape

__all__ = ["ScoreScale"]

Floats = NDArray[np.float64]

_FAR_BELOW = 5.0  # robust standard deviations below the median, from which on distances count by their logarithm
_GAUSSIAN_QUARTILES = 1.349  # standard deviations between a Gaussian's quartiles
_LEAST_SPREAD = 1e-9  # of the largest score: a smaller robust spread is rounding noise
_LARGEST_LOG = 600.0  # exp of more overflows soon
_RARE = -3.0  # a normal quantile: what lies below the border with a smaller probability is not worth the time
_LAST_KNOT = 20.0  # logarithm of the distance beyond the border at which a distribution of errors has its last knot


@dataclass(frozen=True, slots=True)
class ScoreScale:
    """An increasing map of scores, in proportion down to a border and by the logarithm of the distance below it.

    Args:
        centre: the score that becomes 0.
        spread: a distance of scores, > 0.
        border: in spreads from the centre; scores below it are bent. -inf bends none.
        unit: by which the result is divided, > 0.
    """

    centre: float
    spread: float
    border: float
    unit: float

    @classmethod
    def proportional(cls, scores: Floats) -> ScoreScale:
        """Divide by the largest magnitude of `[n, T]` scores."""
        return cls(0.0, float(np.abs(scores).max()) or 1.0, -np.inf, 1.0)

    @classmethod
    def robust(cls, scores: Floats) -> ScoreScale:
        """Count in robust standard deviations of `[n, T]` scores, and bend what lies more than five below the median.

        If no score does, or if half of all scores are equal, the scale is in proportion. Scores far above the median
        are not bent: these are the arms that a search is after.
        """
        low, centre, high = (float(value) for value in np.quantile(scores, (0.25, 0.5, 0.75)))
        spread = (high - low) / _GAUSSIAN_QUARTILES
        least = float(scores.min())
        with np.errstate(over="ignore"):
            far = centre - least > _FAR_BELOW * spread
        if not far or not _LEAST_SPREAD * float(np.abs(scores).max()) < spread < np.inf:
            return cls.proportional(scores)
        bent = cls(centre, spread, -_FAR_BELOW, 1.0)
        return cls(centre, spread, -_FAR_BELOW, float(np.abs(bent.apply(scores)).max()))

    @property
    def bends(self) -> bool:
        """Whether it is more than a shift and a stretch."""
        return self.border > -np.inf

    def apply(self, scores: Floats) -> Floats:
        """From scores to the scale; any shape."""
        z = (scores - self.centre) / self.spread
        if not self.bends:
            return np.asarray(z)
        beyond = np.maximum(self.border - z, 0.0)
        return np.asarray(np.where(beyond > 0.0, self.border - np.log1p(beyond), z) / self.unit)

    def restore(self, values: Floats) -> Floats:
        """From the scale to scores; any shape."""
        if not self.bends:
            return np.asarray(values * self.spread)
        z = values * self.unit
        beyond = np.clip(self.border - z, 0.0, _LARGEST_LOG)
        return np.asarray(self.centre + self.spread * np.where(beyond > 0.0, self.border - np.expm1(beyond), z))

    def slope(self, values: Floats) -> Floats:
        """How many scores one step on the scale is worth, at `[m]` values."""
        if not self.bends:
            return np.full(len(values), self.spread)
        beyond = np.clip(self.border - values * self.unit, 0.0, _LARGEST_LOG)
        return np.asarray(self.spread * self.unit * np.exp(beyond))

    def restore_shape(self, value: float, std: float, shape: ErrorShape) -> ErrorShape:
        """The shape of an error in scores, from its shape on the scale.

        Args:
            value, std: centre and standard deviation of the error on the scale.
            shape: in units of this standard deviation.

        Returns:
            The shape in units of `std * slope(value)`. Knots that lie too far out are left out: the first line of a
            shape has no end.
        """
        first = bisect_left(shape.normal, _RARE)
        if not self.bends or value + std * shape.errors[min(first, len(shape.errors) - 1)] >= self.border / self.unit:
            return shape
        places = value + std * np.array(shape.errors)
        kept = places * self.unit >= self.border - _LAST_KNOT
        centre, slope = self.restore(np.array([value])), self.slope(np.array([value]))
        errors = (self.restore(places) - centre) / (std * slope)
        kept &= np.concatenate((errors[1:] > errors[:-1], [True]))
        if kept.sum() < 2:
            return shape
        return ErrorShape(tuple(np.array(shape.normal)[kept].tolist()), tuple(errors[kept].tolist()))
