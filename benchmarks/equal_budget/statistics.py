"""Means of regrets over orders and tables, and paired differences, with their standard errors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.equal_budget.case import TABLES, group_of
from benchmarks.equal_budget.results_file import Key, Measured, read
from benchmarks.equal_budget.sides import LEADER, SIDES

__all__ = ["Estimate", "Results", "Rival"]

Floats = NDArray[np.float64]
ALLOWED = 3.0  # points that the leader may be behind the best rival of a table, besides two standard errors


class Estimate(NamedTuple):
    """A mean over tables, of means over orders.

    Args:
        mean: of regrets in %, or of differences in points.
        error: its standard error over the orders; NaN if a table was measured under one order.
        tables: how many tables are in it.
        orders: the fewest orders of a table.
    """

    mean: float
    error: float
    tables: int
    orders: int


class Rival(NamedTuple):
    """The best of the others on a table, and the leader's regret minus its regret."""

    side: str
    difference: Estimate

    @property
    def ahead(self) -> bool:
        """Whether it is better by more than two standard errors of the paired difference."""
        return self.difference.mean > 2 * self.difference.error

    @property
    def far_ahead(self) -> bool:
        """Whether it is better by more than that and `ALLOWED` points."""
        return self.difference.mean > ALLOWED + 2 * self.difference.error


class Results:
    """Everything that was measured.

    Args:
        measured: by side.

    Attributes:
        sides, tables, budgets: which there are, in their order.
    """

    def __init__(self, measured: Mapping[str, Mapping[Key, Measured]]) -> None:
        self.measured = {side: dict(measured[side]) for side in SIDES if measured.get(side)}
        keys = {key for found in self.measured.values() for key in found}
        self.sides = list(self.measured)
        self.tables = [table for table in TABLES if any(key.table == table for key in keys)]
        self.budgets = sorted({key.budget for key in keys})

    @classmethod
    def of(cls, folder: Path) -> Results:
        """Those of a folder's files."""
        return cls({side: read(folder, side) for side in SIDES})

    def group(self, group: str) -> list[str]:
        """The tables of a group."""
        return [table for table in self.tables if group_of(table) == group]

    def regrets(self, side: str, table: str, budget: int) -> dict[int, float]:
        """Regret by order."""
        found = self.measured.get(side, {})
        return {key.order: found[key].regret for key in found if (key.table, key.budget) == (table, budget)}

    def regret(self, side: str, tables: Sequence[str], budget: int) -> Estimate | None:
        """Mean regret over those of the tables on which a side was measured; None if there are none."""
        return _over([np.array(list(self.regrets(side, table, budget).values())) for table in tables])

    def difference(self, side: str, other: str, tables: Sequence[str], budget: int) -> Estimate | None:
        """Mean of one side's regret minus another's under the same orders; None if they share none."""
        return _over([self._paired(side, other, table, budget) for table in tables])

    def cpu_seconds(self, side: str, tables: Sequence[str], budget: int) -> list[float]:
        """Mean CPU seconds of a search on each of the tables on which a side was measured."""
        found = self.measured.get(side, {})
        seconds = [
            [found[key].cpu_seconds for key in found if (key.table, key.budget) == (table, budget)] for table in tables
        ]
        return [_mean(each) for each in seconds if each]

    def best_rival(self, table: str, budget: int, leader: str = LEADER) -> Rival | None:
        """The simple method or peer with the lowest mean regret under the leader's orders; None without one."""
        rivals = [
            Rival(side, difference)
            for side in self.sides
            if SIDES[side].kind in ("simple", "peers") and side != leader
            if (difference := self.difference(leader, side, [table], budget)) is not None
        ]
        return max(rivals, key=lambda rival: rival.difference.mean, default=None)

    def hindsight(self, tables: Sequence[str], budget: int) -> Estimate | None:
        """Mean regret of the simple methods and peers, the best of them on each table."""
        best = [
            min(found, key=lambda estimate: estimate.mean)
            for table in tables
            if (
                found := [
                    estimate
                    for side in self.sides
                    if SIDES[side].kind in ("simple", "peers")
                    if (estimate := self.regret(side, [table], budget)) is not None
                ]
            )
        ]
        if not best:
            return None
        error = math.sqrt(sum(each.error**2 for each in best)) / len(best)
        return Estimate(_mean([each.mean for each in best]), error, len(best), min(each.orders for each in best))

    def _paired(self, side: str, other: str, table: str, budget: int) -> Floats:
        mine, theirs = self.regrets(side, table, budget), self.regrets(other, table, budget)
        return np.array([mine[order] - theirs[order] for order in sorted(mine.keys() & theirs.keys())])


def _over(by_table: Sequence[Floats]) -> Estimate | None:
    """The mean of the tables' means; orders of different tables are independent of each other."""
    known = [values for values in by_table if values.size]
    if not known:
        return None
    variances = [values.var(ddof=1) / values.size if values.size > 1 else math.nan for values in known]
    error = math.sqrt(sum(variances)) / len(known)
    return Estimate(_mean([values.mean() for values in known]), error, len(known), min(v.size for v in known))


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))
