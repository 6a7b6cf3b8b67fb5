"""Epochs at which curves are compared: dense at the start, since curves change most there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["TimeGrid"]

Floats = NDArray[np.float64]

_RATIO = 1.3  # an epoch of the grid, divided by the one before


@dataclass(frozen=True, slots=True)
class TimeGrid:
    """Epochs 1, 2, 3, 4, 5, 7, ..., horizon: each 1.3 times the one before, or one more.

    Args:
        epochs: `[K]` ascending, the last one is the horizon.
    """

    epochs: NDArray[np.intp]

    @classmethod
    def up_to(cls, horizon: int) -> TimeGrid:
        """The grid for a horizon >= 1."""
        epochs = [1]
        while epochs[-1] < horizon:
            epochs.append(min(horizon, max(epochs[-1] + 1, round(epochs[-1] * _RATIO))))
        return cls(np.array(epochs, dtype=np.intp))

    @property
    def horizon(self) -> int:
        """The last epoch."""
        return int(self.epochs[-1])

    def __len__(self) -> int:
        return len(self.epochs)

    def places(self, epochs: NDArray[np.intp]) -> Floats:
        """Logarithms of epochs >= 1, divided by the logarithm of the horizon: in [0, 1]."""
        return np.asarray(np.log(epochs) / max(np.log(self.horizon), 1e-12), dtype=np.float64)

    def passed(self, tau: int) -> int:
        """How many epochs of the grid a curve of `tau` epochs has."""
        return int(np.searchsorted(self.epochs, tau, side="right"))

    def medians(self, scores: Floats) -> Floats:
        """`[k]` medians of a curve that ends on the grid: up to each epoch of the grid, since the one before."""
        ends = self.epochs[: self.passed(len(scores))].tolist()
        return np.array([_median(scores[start:end]) for start, end in zip([0, *ends], ends, strict=False)])

    def last_median(self, scores: Floats) -> float:
        """The median of the scores after the curve's last epoch on the grid before its end."""
        return _median(scores[self._start(len(scores)) :])

    def _start(self, tau: int) -> int:
        before = int(np.searchsorted(self.epochs, tau, side="left"))
        return int(self.epochs[before - 1]) if before else 0

    def position(self, tau: int) -> float:
        """Where an epoch lies on the grid: 0 at its first, K - 1 at its last; -1 for tau = 0."""
        if tau < 1:
            return -1.0
        return float(np.interp(np.log(tau), np.log(self.epochs), np.arange(len(self.epochs))))


def _median(scores: Floats) -> float:
    """The upper median (a mean of two could overflow); of fewer than three scores, the last."""
    if len(scores) < 3:
        return float(scores[-1])
    return float(np.partition(scores, len(scores) // 2)[len(scores) // 2])
