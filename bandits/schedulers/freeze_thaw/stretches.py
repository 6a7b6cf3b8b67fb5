"""Check epochs: where an arm pauses, and is compared with all others."""

from __future__ import annotations

import math
from bisect import bisect_left

__all__ = ["RATIO", "Stretches"]

RATIO = 1.3  # a check epoch, divided by the one before, where epochs are far enough apart


class Stretches:
    """The epochs 1 = g_1 < g_2 < ... < g_K = R at which arms pause, each about 1.3 times the one before.

    Args:
        max_epochs: R.
        least: the shortest stretch from one pause to the next, >= 1; the last one may be shorter.

    Example:
        >>> Stretches(20).epochs
        (1, 2, 3, 4, 6, 8, 11, 15, 20)
        >>> Stretches(20).next_stop(8), Stretches(20, least=5).next_stop(8)
        (11, 15)
    """

    def __init__(self, max_epochs: int, least: int = 1) -> None:
        epochs = [1]
        while epochs[-1] < max_epochs:
            epochs.append(min(max(epochs[-1] + 1, math.ceil(epochs[-1] * RATIO)), max_epochs))
        self.epochs = tuple(epochs)
        self._least = least

    def next_stop(self, epoch: int) -> int:
        """Where an arm that has trained `epoch` epochs, fewer than R, pauses next."""
        return self.epochs[min(bisect_left(self.epochs, epoch + self._least), len(self.epochs) - 1)]

    def index(self, epoch: int) -> int:
        """Which check epoch this is, from 0."""
        return bisect_left(self.epochs, epoch)
