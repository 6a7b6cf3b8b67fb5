"""Forecasts of configurations that have not begun: what a fresh arm is worth, and which of several is taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from bandits.curves import Trial

__all__ = ["FreshForecasts"]

Floats = NDArray[np.float64]
Numbers = tuple[Floats, Floats]  # medians and spreads of forecasts

_LEAST_ARMS = 4
_RECENT = 40  # arms; forecasts made when less was known say little about those of now
_SURE = 1.645  # standard errors by which a rank correlation must exceed 0


class FreshForecasts:
    """What is forecast of arms before their first epoch.

    Forecasts from features alone choose among proposals only while they prove themselves: the forecasts made before the
    first epoch must rank the last 40 arms as their curves do now (a rank correlation above 0 by 1.645 standard errors),
    and must not rank the longer half of these curves the other way round.

    Attributes:
        known: forecasts of the arms there are, as they were before their first epoch.
        offered: the proposals that were not taken last time.
    """

    def __init__(self) -> None:
        nothing = np.zeros(0)
        self.known: Numbers = (nothing, nothing)
        self.offered: list[Trial] = []
        self._offered: Numbers = (nothing, nothing)
        self._foretold: dict[int, float] = {}
        self._trusted = False

    def renew(self, known: Numbers, offered: Numbers) -> None:
        """Take the forecasts of another fit, for the arms there are and for those that are offered."""
        self.known, self._offered = known, offered

    def judge(self, epochs: Callable[[int], int], standing: Callable[[int], float]) -> None:
        """Check the forecasts made before the first epoch.

        Args:
            epochs: how many epochs an arm has.
            standing: what its curve alone says of its end.
        """
        recent = [i for i in self._foretold if epochs(i)][-_RECENT:]
        longest = sorted(recent, key=lambda i: (-epochs(i), i))[: len(recent) // 2]
        rhos = [_rank_correlation([(self._foretold[i], standing(i)) for i in ids]) for ids in (recent, longest)]
        self._trusted = bool(np.arctanh(rhos[0]) * np.sqrt(max(len(recent) - 3, 0)) > _SURE and rhos[1] > 0)

    def take(self, trials: Sequence[Trial], numbers: Numbers, worths: Floats) -> int:
        """Which of several proposals is begun: the one worth most, or the first while forecasts are not trusted."""
        chosen = int(worths.argmax()) if self._trusted else 0
        others = [i for i in range(len(trials)) if i != chosen]
        self._foretold[trials[chosen].id] = float(numbers[0][chosen])
        self.offered = [trials[i] for i in others]
        self._offered = (numbers[0][others], numbers[1][others])
        return chosen

    def like_the_next(self) -> tuple[Numbers, bool]:
        """Forecasts for the next fresh arm; and whether one of them may be chosen, or any of them may come."""
        if self._trusted and self.offered:
            return self._offered, True
        return self.known, False


def _rank_correlation(pairs: Sequence[tuple[float, float]]) -> float:
    """Between -1 and 1, exclusive; 0 where there is nothing to rank."""
    one, other = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    if len(pairs) < _LEAST_ARMS or min(one) == max(one) or min(other) == max(other):
        return 0.0
    return float(np.clip(spearmanr(one, other).statistic, -0.999, 0.999))
