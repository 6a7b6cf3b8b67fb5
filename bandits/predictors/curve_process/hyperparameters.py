"""Hyperparameters of the process, and their prior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["WIDEST", "Hyperparameters", "prior"]

Floats = NDArray[np.float64]

# Medians and spreads (of logarithms) before any observation, in units of a scale and shares of the logarithm of the
# horizon: common part and its length, shared part and its length, own part and its length, offset, noise.
_MEDIANS = (0.5, 1.0, 0.7, 1.0, 0.4, 0.6, 0.7, 0.1)
_SPREADS = (1.0, 0.7, 1.0, 0.7, 1.0, 0.7, 1.0, 1.2)
_LENGTH = 0.6  # of one feature; for p of them, times sqrt(p)
WIDEST = 3.0
"""How many spreads from the median hyperparameters may lie."""


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """The eight numbers, and a length scale for each feature, that `theta` holds as logarithms, in this order."""

    common: float
    common_length: float
    shared: float
    shared_length: float
    own: float
    own_length: float
    offset: float
    noise: float
    lengths: Floats

    @classmethod
    def of(cls, theta: Floats) -> Hyperparameters:
        """Read them from `[8 + p]` logarithms."""
        values = np.exp(theta)
        common, common_length, shared, shared_length, own, own_length, offset, noise = values[:8].tolist()
        return cls(common, common_length, shared, shared_length, own, own_length, offset, noise, values[8:])


def prior(features: int) -> tuple[Floats, Floats]:
    """Means and standard deviations of the logarithms of hyperparameters: `[8 + features]` each."""
    lengths = np.full(features, np.log(_LENGTH) + 0.5 * np.log(max(features, 1)))
    return np.concatenate((np.log(_MEDIANS), lengths)), np.concatenate((_SPREADS, np.ones(features)))
