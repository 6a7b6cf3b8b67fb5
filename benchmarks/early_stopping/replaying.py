"""What a random search spends and finds if arms are dropped where a rule says so: arithmetic only.

Arms are numbered in the order in which they begin, one after the other. Scores: larger is better.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Arms", "Outcome", "first_epochs", "oracle_spends", "replay"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DroppedAt = Callable[[float], Ints]
"""From a bar to the epoch at which each arm is dropped if the bar stays there; `[n]`, 0 for never."""


@dataclass(frozen=True)
class Arms:
    """The arms of one search.

    Args:
        ends: `[n]` scores at the horizon, NaN where a run fails before it.
        lengths: `[n]` how many epochs can be trained: the horizon, or fewer where a run fails.
        burn_in: how many arms train whatever is forecast.
    """

    ends: Floats
    lengths: Ints
    burn_in: int

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def full(self) -> int:
        """Epochs without any stopping."""
        return int(self.lengths.sum())

    @property
    def best(self) -> int:
        """The arm that ends best; the first of several."""
        return int(np.nanargmax(self.ends))

    def of(self, chosen: Ints) -> Arms:
        """Some of the arms, the burn-in among them."""
        return Arms(self.ends[chosen], self.lengths[chosen], self.burn_in)

    def top(self, keep: int) -> Ints:
        """The arms that end best, best first."""
        ranked = np.argsort(-self.ends, kind="stable")  # NaN last
        return ranked[: min(keep, int(np.isfinite(self.ends).sum()))]


@dataclass(frozen=True)
class Outcome:
    """What a search did.

    Args:
        trained: `[n]` epochs.
        dropped: `[n]` whether an arm was dropped.
        returned: the best score of those that trained to the horizon; NaN without any.
    """

    trained: Ints
    dropped: Bools
    returned: float

    @property
    def spent(self) -> int:
        """Epochs."""
        return int(self.trained.sum())


def replay(arms: Arms, dropped_at: DroppedAt, audited: Bools, *, keep: int = 1) -> Outcome:
    """Let arms train one after the other; each is held against the n-th best end before it.

    Args:
        arms: in their order.
        dropped_at: when arms are dropped, by the bar.
        audited: `[n]` arms that go on whatever the rule says.
        keep: n: how many of the best arms are to survive.

    Returns:
        Who trained for how long. The bar changes only when an arm ends above it, so that all arms up to the next such
        one are told at once.
    """
    n = len(arms)
    dropped, trained = np.zeros(n, dtype=np.bool_), arms.lengths.copy()
    best: list[float] = []  # the ends of the best so far, the worst of them first
    at = 0
    while at < n:
        free = at < arms.burn_in or len(best) < keep
        if free:
            stop = at + 1
        else:
            epochs = dropped_at(best[0])[at:]
            gone = (epochs > 0) & ~audited[at:]
            above = np.flatnonzero(~gone & (arms.ends[at:] > best[0]))
            stop = at + int(above[0]) + 1 if above.size else n
            gone = gone[: stop - at]
            dropped[at:stop] = gone
            trained[at:stop] = np.where(gone, epochs[: stop - at], trained[at:stop])
        end = float(arms.ends[stop - 1])
        if not dropped[stop - 1] and math.isfinite(end):
            (heapq.heappush if len(best) < keep else heapq.heappushpop)(best, end)
        at = stop
    ends = arms.ends[~dropped]
    return Outcome(trained, dropped, float(np.nanmax(ends)) if np.isfinite(ends).any() else math.nan)


def oracle_spends(arms: Arms) -> int:
    """The least that any rule spends which keeps every new best: the burn-in, one epoch for every arm that ends no
    better than all before it, and all of the others' epochs."""
    spent, best = 0, -math.inf
    for arm, (end, length) in enumerate(zip(arms.ends.tolist(), arms.lengths.tolist(), strict=True)):
        spent += length if arm < arms.burn_in or end > best else min(1, length)
        if end > best:
            best = end
    return spent


def first_epochs(epochs: Ints, drops: Bools) -> Ints:
    """From verdicts at each check epoch to when an arm is dropped.

    Args:
        epochs: `[K]` the check epochs, ascending.
        drops: `[n, K]`.

    Returns:
        `[n]` the first epoch at which it is; 0 for never.
    """
    return np.where(drops.any(axis=1), epochs[drops.argmax(axis=1)], 0)
