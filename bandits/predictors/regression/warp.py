"""Inputs whose influence is bounded: a value far from the others counts by its logarithm only."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bandits.predictors.features import Design

__all__ = ["Warp"]

Floats = NDArray[np.float64]

_FAR_OUT = 3.0  # robust standard deviations from which on `Warp` counts by the logarithm
_GAUSSIAN_QUARTILES = 1.349  # standard deviations between a Gaussian's quartiles
_MOSTLY_CONSTANT = 0.05  # of the ordinary spread: a robust one below it cannot be trusted
_SMALLEST = 1e-12  # spread of a constant column, in units of standardised inputs


@dataclass(frozen=True, slots=True)
class Warp:
    """Bounds the influence of far values: beyond three robust standard deviations, distances count by their logarithm.

    Columns are centred at their median and divided by their interquartile range (as a Gaussian's standard
    deviation), so that a few diverged runs do not press all others together. That range may be less than a twentieth of
    the ordinary standard deviation: most of a column is one value, or one run is far larger than all others. Then the
    ordinary one is used.

    Args:
        blocks: names of the blocks of a `Design` that are warped; the others stay as they are.
        centres, spreads: `[p]` of each block.
    """

    blocks: tuple[str, ...]
    centres: tuple[Floats, ...]
    spreads: tuple[Floats, ...]

    @classmethod
    def learn(cls, design: Design, blocks: tuple[str, ...]) -> Warp:
        """Measure the columns of the training set."""
        columns = [getattr(design, block) for block in blocks]
        centres = tuple(np.median(X, axis=0) for X in columns)
        return cls(blocks, centres, tuple(cls._spread(X) for X in columns))

    @staticmethod
    def _spread(X: Floats) -> Floats:
        """`[p]` robust standard deviations; the ordinary one where they are too small."""
        low, high = np.quantile(X, (0.25, 0.75), axis=0)
        robust, ordinary = (high - low) / _GAUSSIAN_QUARTILES, X.std(axis=0)
        return np.asarray(np.where(robust > _MOSTLY_CONSTANT * ordinary, robust, np.maximum(ordinary, _SMALLEST)))

    def apply(self, design: Design) -> Design:
        """The design with its blocks warped."""
        return replace(design, **{block: self.bent(design, block) for block in self.blocks})

    def bent(self, design: Design, block: str) -> Floats:
        """One of its blocks, warped."""
        place = self.blocks.index(block)
        return self._bend((getattr(design, block) - self.centres[place]) / self.spreads[place])

    @staticmethod
    def _bend(z: Floats) -> Floats:
        far = np.maximum(np.abs(z) - _FAR_OUT, 0.0)
        return np.where(far > 0.0, np.sign(z) * (_FAR_OUT + np.log1p(far)), z)
