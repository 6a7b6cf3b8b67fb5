"""One search: what is searched, how many epochs it may spend, and whom it would return after them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from bandits.objectives import SHIPPED_TABLES, CurveTable
from benchmarks.stress.families import STRESS

__all__ = ["GROUPS", "TABLES", "Account", "Case", "Reading", "group_of", "table_of"]

ARMS = 1000  # of a stress table
TABLES = (*SHIPPED_TABLES, *STRESS)
GROUPS = ("shipped", "stress")


@dataclass(frozen=True)
class Case:
    """A table, an order of its rows, and the budgets after which a side is asked for its best row.

    Args:
        table: what is searched.
        order: number of the order in which rows are offered; also the seed of a side.
        budgets: full trainings, ascending. A side that knows its budget gets one at a time.
    """

    table: CurveTable
    order: int
    budgets: tuple[int, ...]

    def account(self, factor: int = 1) -> Account:
        """A fresh account of the epochs of a search that may spend `factor` times the budgets."""
        return Account([budget * factor * self.table.max_epochs for budget in self.budgets])


@dataclass(frozen=True)
class Reading:
    """What a search has come to when a budget is spent.

    Args:
        row: what it would return; None for nothing.
        tried: configurations that it has begun to train.
        cpu_seconds: of this process since the search began.
    """

    row: int | None
    tried: int
    cpu_seconds: float


class Account:
    """Charges a search for its epochs, and takes a reading whenever a budget is spent.

    Args:
        budgets: epochs, ascending.

    Attributes:
        spent: epochs that were trained, among them those in which a training failed.
        readings: one a budget, as soon as it is spent.
    """

    def __init__(self, budgets: Sequence[int]) -> None:
        self.budgets = tuple(budgets)
        self.spent = 0
        self.readings: list[Reading] = []
        self._began = time.process_time()

    @property
    def over(self) -> bool:
        """Whether the last budget is spent."""
        return len(self.readings) == len(self.budgets)

    def charge(self, row: int | None, tried: int, cpu_seconds: float | None = None) -> None:
        """Charge one epoch.

        Args:
            row: what the search would return after it.
            tried: configurations that have begun to train.
            cpu_seconds: of the search so far, if it runs in another process.
        """
        self.spent += 1
        if not self.over and self.spent == self.budgets[len(self.readings)]:
            self._read(row, tried, cpu_seconds)

    def close(self, row: int | None, tried: int, cpu_seconds: float | None = None) -> list[Reading]:
        """End a search that spends no more; it returns the same row at all budgets that are left."""
        while not self.over:
            self._read(row, tried, cpu_seconds)
        return self.readings

    def _read(self, row: int | None, tried: int, cpu_seconds: float | None) -> None:
        seconds = time.process_time() - self._began if cpu_seconds is None else cpu_seconds
        self.readings.append(Reading(row, tried, seconds))


def group_of(table: str) -> str:
    """Whether a table is shipped or made up."""
    return "stress" if table in STRESS else "shipped"


def table_of(name: str, order: int) -> CurveTable:
    """A table by name; a made-up one is a new one for each order."""
    return STRESS[name](ARMS, order) if name in STRESS else CurveTable(name)
