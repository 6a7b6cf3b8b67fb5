"""Means of regrets over orders and tables, and paired differences, with their standard errors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.equal_budget.case import TABLES, group_of
from benchmarks.equal_budget.results_file import Key, Measured, read
from benchmarks.equal_budget.sides import LEADER, SIDES

__all__ = ["ALLOWED", "Estimate", "Results", "Rival"]

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
        self._found: dict[str, dict[tuple[str, int], dict[int, Measured]]] = {}
        for side in (side for side in SIDES if measured.get(side)):
            places = self._found[side] = {}
            for key, found in measured[side].items():
                places.setdefault((key.table, key.budget), {})[key.order] = found
        where = {place for places in self._found.values() for place in places}
        self.sides = list(self._found)
        self.tables = [table for table in TABLES if any(table == at for at, _ in where)]
        self.budgets = sorted({budget for _, budget in where})

    @classmethod
    def of(cls, folder: Path) -> Results:
        """Those of a folder's files."""
        return cls({side: read(folder, side) for side in SIDES})

    def group(self, group: str) -> list[str]:
        """The tables of a group."""
        return [table for table in self.tables if group_of(table) == group]

    def orders(self, budget: int) -> int:
        """The most orders under which a side was measured on a table."""
        numbers = (len(found) for places in self._found.values() for at, found in places.items() if at[1] == budget)
        return max(numbers, default=0)

    def _measured(self, side: str, table: str, budget: int) -> Mapping[int, Measured]:
        """By order."""
        return self._found.get(side, {}).get((table, budget), {})

    def regret(self, side: str, tables: Sequence[str], budget: int) -> Estimate | None:
        """Mean regret over those of the tables on which a side was measured; None if there are none."""
        return _over([_regrets(self._measured(side, table, budget).values()) for table in tables])

    def difference(self, side: str, other: str, tables: Sequence[str], budget: int) -> Estimate | None:
        """Mean of one side's regret minus another's under the same orders; None if they share none."""
        return _over([self._paired(side, other, table, budget) for table in tables])

    def cpu_seconds(self, side: str, tables: Sequence[str], budget: int) -> list[float]:
        """Mean CPU seconds of a search on each of the tables on which a side was measured."""
        found = (self._measured(side, table, budget).values() for table in tables)
        return [_mean([each.cpu_seconds for each in searches]) for searches in found if searches]

    def best_rival(self, table: str, budget: int, leader: str = LEADER) -> Rival | None:
        """The simple method or peer with the lowest mean regret under the leader's orders; None without one.

        One that shares less than half of these orders does not count: it could be the best by luck.
        """
        enough = len(self._measured(leader, table, budget)) / 2
        rivals = [
            Rival(side, difference)
            for side in self._rivals()
            if (difference := self.difference(leader, side, [table], budget)) is not None
            if difference.orders >= enough
        ]
        return max(rivals, key=lambda rival: rival.difference.mean, default=None)

    def hindsight(self, tables: Sequence[str], budget: int) -> Estimate | None:
        """Mean regret of the simple methods and peers with at least half of the orders, the best on each table."""
        enough = self.orders(budget) / 2
        best: list[Estimate] = []
        for table in tables:
            known = (self.regret(side, [table], budget) for side in self._rivals())
            found = [estimate for estimate in known if estimate is not None and estimate.orders >= enough]
            best += sorted(found)[:1]
        if not best:
            return None
        error = math.sqrt(sum(each.error**2 for each in best)) / len(best)
        return Estimate(_mean([each.mean for each in best]), error, len(best), min(each.orders for each in best))

    def _rivals(self) -> list[str]:
        return [side for side in self.sides if SIDES[side].kind in ("simple", "peers")]

    def _paired(self, side: str, other: str, table: str, budget: int) -> Floats:
        mine, theirs = self._measured(side, table, budget), self._measured(other, table, budget)
        orders = sorted(mine.keys() & theirs.keys())
        return _regrets([mine[order] for order in orders]) - _regrets([theirs[order] for order in orders])


def _regrets(measured: Iterable[Measured]) -> Floats:
    return np.array([each.regret for each in measured])


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
