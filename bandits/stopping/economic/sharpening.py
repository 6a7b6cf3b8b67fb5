"""How much sharper an arm's forecast will be after some more epochs: the value of a later look."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from bandits.stopping.economic.prospects import Prospects
from bandits.stopping.economic.record import PROBABILITIES, Record

__all__ = ["Sharpness", "worth_of_looking_later"]

Floats = NDArray[np.float64]

_LOOKS = 4  # of the next check epochs, at which the arm may still be stopped
_PRIOR_ARMS = 2  # the prior counts as so many arms
_LEAST, _MOST = 0.05, 0.999  # by which a spread is multiplied
_NODES, _SHARES = np.polynomial.hermite_e.hermegauss(9)
_SHARES = _SHARES / _SHARES.sum()
_NORMAL = np.asarray(ndtri(PROBABILITIES))


class Sharpness:
    """How the spread of forecasts falls from one check epoch to a later one.

    Args:
        record: forecasts of the arms so far.
    """

    def __init__(self, record: Record) -> None:
        self._record = record
        self._spreads = np.ptp(record.forecasts[:, :, 1:-1], axis=2)  # without the outermost ends
        self._known: dict[tuple[int, int], float] = {}

    def remaining_spread(self, epoch: int, later: int) -> float:
        """The spread of a forecast after a later check epoch, divided by that after an earlier one, in (0, 1).

        It is the median over the arms that passed both. While there are few, it is near that of a curve whose changes
        are as large from each epoch to its double.
        """
        if (epoch, later) not in self._known:
            self._known[epoch, later] = min(max(self._learnt(epoch, later), _LEAST), _MOST)
        return self._known[epoch, later]

    def _learnt(self, epoch: int, later: int) -> float:
        T = self._record.horizon
        prior = math.sqrt(math.log((T + 1) / later) / math.log((T + 1) / epoch))
        first, second = (self._record.epochs == t for t in (epoch, later))
        rows = np.flatnonzero(first.any(axis=1) & second.any(axis=1))
        if not len(rows):
            return prior
        before, after = (self._spreads[rows, at[rows].argmax(axis=1)] for at in (first, second))
        middle = min(float(np.median(after / np.maximum(before, 1e-300))), 1.0)
        return (len(rows) * middle + _PRIOR_ARMS * prior) / (len(rows) + _PRIOR_ARMS)


def worth_of_looking_later(
    sharpness: Sharpness, fresh: Prospects, ends: Floats, *, epoch: int, checks: Sequence[int], left: int
) -> float:
    """Expected improvement if the arm goes on to a later check, and is stopped there if fresh arms are worth more.

    Args:
        sharpness: how forecasts sharpen.
        fresh: what fresh arms promise.
        ends: `[q]` equally likely ends of the arm, by its forecast now.
        epoch: epochs of the arm.
        checks: the later check epochs, ascending.
        left: epochs left now.

    Returns:
        That of the best of the next check epochs; 0 if there is none from which the budget suffices.
    """
    T, best = fresh.horizon, 0.0
    for later in checks[:_LOOKS]:
        left_then = left - (later - epoch)
        if left_then < T:
            break
        told = 1.0 - sharpness.remaining_spread(epoch, later) ** 2
        z = math.sqrt(told) * _NODES[:, None] + math.sqrt(1.0 - told) * _NORMAL
        goes_on = fresh.worth_with(np.interp(z, _NORMAL, ends), left_then - (T - later))
        best = max(best, float(_SHARES @ np.maximum(goes_on, fresh.worth(left_then))))
    return best
