"""What a rule with a budget knows when it judges an arm."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bandits.stopping.economic.prospects import Prospects, prospects_of
from bandits.stopping.economic.record import Floats, Record
from bandits.stopping.economic.sharpening import Sharpness

__all__ = ["FreshArms", "Situation", "Spending"]

_ROUNDING = 1e-6  # 2.3 trainings of 10 epochs are 23, not 22
_PROMISING = 1 / 3  # the share of arms that look promising at first
_STEPS = 4  # in which a training's worth of epochs is counted when the value of fresh arms is learnt


@dataclass(frozen=True, slots=True)
class Spending:
    """What a search has used so far.

    Args:
        epochs: trained by all arms, the one that is judged included.
        complete: how many arms are trained to their end.
    """

    epochs: int
    complete: int

    def left(self, budget: float, horizon: int) -> int:
        """Epochs left of a budget in full trainings of `horizon` epochs, >= 0."""
        return max(math.floor(budget * horizon + _ROUNDING) - self.epochs, 0)


class FreshArms:
    """What fresh arms are worth by one record; the last answer is kept.

    Args:
        record: forecasts of the arms so far.
        known: how many arms had passed the first check when it was made.

    Attributes:
        sharpness: how much forecasts sharpen from check to check, by the same record.
    """

    def __init__(self, record: Record, known: int) -> None:
        self.record, self.known = record, known
        self.sharpness = Sharpness(record)
        self._known: tuple[tuple[float, int], Prospects] | None = None

    def prospects(self, bar: float, left: int) -> Prospects:
        """What fresh arms promise above a bar, with the policy that is best for about as many epochs as are left."""
        T = self.record.horizon
        quarters = max(math.ceil(_STEPS * left / T), _STEPS)
        if self._known is None or self._known[0] != (bar, quarters):
            self._known = (bar, quarters), prospects_of(self.record, bar, quarters * T / _STEPS)
        return self._known[1]


@dataclass(frozen=True, slots=True, eq=False)
class Situation:
    """An arm, and the search around it.

    Args:
        horizon: T, epochs of a whole training.
        epochs: how many of them the arm has trained.
        bar: the best end so far, a score.
        spending: of the search so far.
        first: `[q]` equally likely ends of the arm by the forecast after its first check.
        fresh: what is known of fresh arms.
    """

    horizon: int
    epochs: int
    bar: float
    spending: Spending
    first: Floats
    fresh: FreshArms

    def is_promising_at_first(self) -> bool:
        """Whether the arm's first forecast is in the best third of those of all arms."""
        others = np.median(self.fresh.record.first, axis=1)
        return bool(np.median(self.first) >= np.quantile(others, 1.0 - _PROMISING))
