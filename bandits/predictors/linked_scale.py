"""Scores on a unit scale: a link, then a shift and a stretch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.forecasts import Link
from bandits.predictors.features import apply_link, invert_link

__all__ = ["LinkedScale"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LinkedScale:
    """An increasing map from scores to a unit scale: y = (link(score) - origin) / unit.

    Args:
        link: is applied to the scores first.
        origin: the value on the link's scale that becomes 0.
        unit: the distance on the link's scale that becomes 1, > 0.
    """

    link: Link
    origin: float
    unit: float

    def to_unit(self, scores: Floats) -> Floats:
        """From scores to the unit scale; any shape. Not finite for scores outside the link's domain or too large."""
        with np.errstate(all="ignore"):
            return np.asarray((apply_link(self.link, scores) - self.origin) / self.unit, dtype=np.float64)

    def to_scores(self, y: Floats) -> Floats:
        """From the unit scale to scores; any shape. Not finite where the score would be too large."""
        with np.errstate(all="ignore"):
            return np.asarray(invert_link(self.link, self.origin + self.unit * y), dtype=np.float64)
