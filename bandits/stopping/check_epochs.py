"""The epochs after which an arm is compared with the bar."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

__all__ = ["every_epoch", "sparse"]

_GROWTH = 1.25


def every_epoch(horizon: int, first: int = 1) -> Sequence[int]:
    """All epochs from `first` to the one before the horizon, as in Baker et al. (2017)."""
    return range(first, max(first, horizon))


@cache
def sparse(horizon: int, first: int = 1) -> Sequence[int]:
    """Epochs from `first` to the horizon at growing distances: a quarter of the epochs trained so far.

    One epoch among many tells little, but every check may err, and needs its own fit.

    Example:
        >>> sparse(30)
        (1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25)
    """
    epochs, epoch = [], first
    while epoch < horizon:
        epochs.append(epoch)
        epoch = max(epoch + 1, int(_GROWTH * epoch + 0.5))
    return tuple(epochs)
