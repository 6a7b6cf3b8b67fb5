"""What fresh arms are worth: how good the best end of those will be for which the rest of a budget suffices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.stopping.economic.record import Record

__all__ = ["Prospects", "prospects_of"]

Floats = NDArray[np.float64]

_LEVELS = 40  # at which scores above the bar are looked at
_FARTHEST = 1.0  # an improvement on the bar, in distances of the bar from the median arm
_ROUNDS = 6  # of improving the policy by which fresh arms are stopped
_LEAST_GAP = 1e-12  # between two levels


@dataclass(frozen=True, slots=True, eq=False)
class Prospects:
    """What the epochs left will bring if fresh arms get them, some of which are stopped early.

    Args:
        horizon: T, epochs of a whole training.
        bar: the best end so far, a score.
        middles, widths: `[M]` the ranges of scores above the bar, ascending: their middles and widths.
        rates: `[M]` probabilities that a fresh arm is trained to its end, and ends above the middle of each range.
        cost: how many epochs a fresh arm takes on average, in [1, T].
    """

    horizon: int
    bar: float
    middles: Floats
    widths: Floats
    rates: Floats
    cost: float

    def fresh_arms(self, left: float) -> float:
        """How many fresh arms can begin within `left` epochs and still end; 0 if none can."""
        return 1.0 + (left - self.horizon) / self.cost if left >= self.horizon else 0.0

    def none_above(self, left: float) -> Floats:
        """`[M]` probabilities that no fresh arm will end above the middle of a range, within `left` epochs."""
        return np.asarray(np.exp(-self.fresh_arms(left) * self.rates))

    def worth(self, left: float) -> float:
        """Expected improvement on the bar if fresh arms get all epochs that are left, in score units, >= 0."""
        return float((1.0 - self.none_above(left)) @ self.widths)

    def worth_with(self, ends: Floats, left: float) -> Floats:
        """The same with one more arm, which is trained to its end beforehand.

        Args:
            ends: `[..., q]` equally likely ends of that arm.
            left: epochs left after that.
        """
        below = (ends[..., None] <= self.middles).mean(axis=-2)
        return np.asarray((1.0 - below * self.none_above(left)) @ self.widths)


def prospects_of(record: Record, bar: float, left: float) -> Prospects:
    """Learn from a record what fresh arms promise, and by which policy they are best stopped.

    A fresh arm looks like the arms so far did after their first check. The policy stops an arm whose expected gain is
    below a price for each epoch to go; the price is what an epoch brings with the policy of the round before. The best
    of a few rounds is taken. What a policy loses is the probability that stopped arms would have ended high; so arms
    that were stopped earlier teach as well as others.

    Args:
        record: forecasts of at least one arm.
        bar: the best end so far.
        left: epochs left.
    """
    levels = _levels(record, bar)
    middles, widths = (levels[1:] + levels[:-1]) / 2, np.diff(levels)
    n, T = len(record), record.horizon
    rows = np.arange(n)
    finished = _above(record.ends, middles)
    all_of_them = _above(record.first, middles).mean(axis=0)
    best = Prospects(T, bar, middles, widths, np.maximum(finished.mean(axis=0), all_of_them), float(T))
    found, worth = best, best.worth(left)
    for _ in range(_ROUNDS - 1):
        none_above = found.none_above(left)
        gains = np.interp(record.forecasts, levels, np.concatenate(([0.0], np.cumsum(none_above * widths))))
        price = float((found.rates * none_above) @ widths) / found.cost
        stops = (gains.mean(axis=2) < price * (T - record.epochs)) & (record.epochs < T)
        stopped, at = stops.any(axis=1), stops.argmax(axis=1)
        lost = np.where(stopped[:, None], _above(record.forecasts[rows, at], middles), 0.0).mean(axis=0)
        kept = (finished * ~stopped[:, None]).mean(axis=0)
        cost = float(np.where(stopped, record.epochs[rows, at], T).mean())
        found = Prospects(T, bar, middles, widths, _falling(np.maximum(kept, all_of_them - lost)), cost)
        if found.worth(left) > worth:
            best, worth = found, found.worth(left)
    return best


def _levels(record: Record, bar: float) -> Floats:
    """Scores from the bar up, at which ends are counted, two at least.

    The highest is as far above the bar as the median arm is below it, times `_FARTHEST`: an arm that is forecast to end
    higher counts as one that ends there, since the upper tails of forecasts are the least reliable.
    """
    scores = np.concatenate((record.first.ravel(), record.ends.ravel()))
    lead = bar - float(np.median(record.ends))
    above = scores[scores > bar]
    if lead > 0:
        above = np.minimum(above, bar + _FARTHEST * lead)
    inner: Floats = np.quantile(above, np.linspace(0.0, 1.0, _LEVELS)) if len(above) else np.empty(0)
    levels = np.unique(np.concatenate(([bar], inner)))
    return levels if len(levels) > 1 else np.array([bar, bar + _LEAST_GAP * max(1.0, abs(bar))])


def _falling(rates: Floats) -> Floats:
    """Rates that don't rise with the score, as probabilities of ending above it cannot."""
    return np.minimum.accumulate(rates)


def _above(ends: Floats, middles: Floats) -> Floats:
    """`[n, M]` probabilities that ends `[n, q]` lie above the middles."""
    return np.asarray((ends[:, :, None] > middles).mean(axis=1))
