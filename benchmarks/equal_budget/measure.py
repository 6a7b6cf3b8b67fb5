"""Runs searches, several at a time, and keeps what each came to as soon as it is done."""

from __future__ import annotations

import multiprocessing
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from optuna.exceptions import ExperimentalWarning

from bandits.objectives import CurveTable
from benchmarks.equal_budget.case import Case, table_of
from benchmarks.equal_budget.results_file import Key, Measured, forget, keep, read
from benchmarks.equal_budget.sides import SIDES
from benchmarks.lib.regret import regret

__all__ = ["Task", "measure", "search", "tasks_of", "wanted"]

FROM_LARGE, ORDERS_OF_LARGE = 100, 10  # budgets of so many trainings are measured under so many orders


class Task(NamedTuple):
    """One search: its side, table and order, and the budgets at which it is read."""

    side: str
    table: str
    order: int
    budgets: tuple[int, ...]


def wanted(side: str, tables: Iterable[str], budgets: Iterable[int], orders: Iterable[int]) -> list[Key]:
    """What there is to be measured of a side."""
    return [
        Key(table, budget, order)
        for table in tables
        for budget in budgets
        for order in orders
        if budget <= SIDES[side].largest and (budget < FROM_LARGE or order < ORDERS_OF_LARGE)
    ]


def tasks_of(side: str, keys: Iterable[Key]) -> list[Task]:
    """The searches that measure these keys: one a budget if a side knows its budget; else one for all of them."""
    budgets: dict[tuple[str, int], list[int]] = defaultdict(list)
    for key in keys:
        budgets[key.table, key.order].append(key.budget)
    return [
        Task(side, table, order, told)
        for (table, order), all_of_them in budgets.items()
        for told in ([(b,) for b in all_of_them] if SIDES[side].knows_budget else [tuple(sorted(all_of_them))])
    ]


def search(task: Task) -> tuple[Task, dict[Key, Measured]]:
    """Run one search."""
    warnings.simplefilter("ignore", ExperimentalWarning)
    case = Case(_table(task.table, task.order), task.order, task.budgets)
    readings = SIDES[task.side].search(case)
    return task, {
        Key(task.table, budget, task.order): Measured(
            round(regret(case.table, reading.row), 3), reading.tried, round(reading.cpu_seconds, 2)
        )
        for budget, reading in zip(task.budgets, readings, strict=True)
    }


@lru_cache(maxsize=20)
def _table(name: str, order: int) -> CurveTable:
    return table_of(name, order)


def measure(
    folder: Path,
    sides: Sequence[str],
    tables: Sequence[str],
    budgets: Sequence[int],
    orders: Sequence[int],
    *,
    jobs: int,
    again: bool,
) -> None:
    """Measure what is not known yet, one order after the other.

    Args:
        folder: of the files with results.
        sides, tables, budgets, orders: what is wanted.
        jobs: how many searches run at a time, each in a process of its own; 1 runs them here.
        again: forget what is known of them first.
    """
    tasks: list[Task] = []
    for side in sides:
        keys = wanted(side, tables, budgets, orders)
        if again:
            forget(folder, side, keys)
        known = read(folder, side)
        tasks += tasks_of(side, [key for key in keys if key not in known])
    tasks.sort(key=lambda task: (task.order, sides.index(task.side), tables.index(task.table)))
    for number, (task, measured) in enumerate(_searches(tasks, jobs), start=1):
        keep(folder, task.side, measured)
        regrets = ", ".join(f"{key.budget}: {found.regret:.1f} %" for key, found in measured.items())
        seconds = max(found.cpu_seconds for found in measured.values())
        where = f"{task.side}, {task.table}, order {task.order}"
        print(f"{number} of {len(tasks)}: {where}: {regrets}; {seconds:.1f} CPU s", file=sys.stderr, flush=True)


def _searches(tasks: Sequence[Task], jobs: int) -> Iterator[tuple[Task, dict[Key, Measured]]]:
    if jobs == 1:
        yield from map(search, tasks)
        return
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap_unordered(search, tasks)
