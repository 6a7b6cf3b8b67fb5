"""Which method finds the best configuration for a budget: ours, simple ones, and those of other libraries.

    python -m benchmarks.equal_budget [--sides NAME ...] [--tables NAME ...] [--budgets 5 10 20 40 100]
        [--orders 20 | --orders 5-9] [--jobs 1] [--again] [--report-only] [--results FOLDER] [--update-readme] [--quick]

Searches that the results folder has are not repeated, unless `--again` forgets them first. Sides can be named by their
kind: forecasts, simple, peers, bounds. The report is of everything in the folder. See README.md beside this file.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.equal_budget.case import TABLES
from benchmarks.equal_budget.figure import draw
from benchmarks.equal_budget.measure import measure
from benchmarks.equal_budget.report import markdown, summary
from benchmarks.equal_budget.sides import KINDS, SIDES, why_missing
from benchmarks.equal_budget.statistics import Results
from benchmarks.lib.common import argument_parser, update_readme

HERE = Path(__file__).resolve().parent

BUDGETS = (5, 10, 20, 40, 100)
ORDERS = 20
QUICK = {
    "sides": ["freeze-thaw", "random", "hyperband", "optuna hyperband", "syne-tune hyperband"],
    "tables": ["metaqnn_svhn", "lstm_shakespeare"],
    "budgets": [5, 10],
    "orders": range(2),
}


def orders_of(text: str) -> range:
    """Orders 0 to n - 1 from "n", or those from "first-last"."""
    first, dash, last = text.partition("-")
    return range(int(first), int(last) + 1) if dash else range(int(first))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is missing, and report."""
    parser = argument_parser(__doc__)
    parser.add_argument("--sides", nargs="+", choices=[*KINDS, *SIDES], default=list(SIDES), metavar="NAME")
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=list(TABLES), metavar="NAME")
    parser.add_argument("--budgets", nargs="+", type=int, default=list(BUDGETS), help="in full trainings")
    parser.add_argument("--orders", type=orders_of, default=range(ORDERS), help="of the rows: how many, or first-last")
    parser.add_argument("--jobs", type=int, default=1, help="searches that run at a time")
    parser.add_argument("--again", action="store_true", help="measure anew what is asked for")
    parser.add_argument("--report-only", action="store_true")
    parser.add_argument("--results", type=Path, help="folder of the results; the repository's own by default")
    parser.add_argument("--update-readme", action="store_true")
    parser.add_argument("--quick", action="store_true", help="few sides, tables and orders, in a folder of their own")
    chosen = parser.parse_args(arguments)
    if chosen.quick:
        parser.set_defaults(**QUICK)
        chosen = parser.parse_args(arguments)
    folder = chosen.results or (Path(tempfile.mkdtemp()) if chosen.quick else HERE / "results")
    if not chosen.report_only:
        _measure(chosen, folder)
    results = Results.of(folder)
    if not results.sides:
        sys.exit(f"{folder} has no results.")
    text = markdown(results)
    print(text)
    draw(results, folder / "equal_budget.png")
    if chosen.update_readme:
        update_readme(HERE / "README.md", "results", text)
        update_readme(HERE.parents[1] / "README.md", "budget", summary(results))


def _measure(chosen: argparse.Namespace, folder: Path) -> None:
    """Measure the sides that can be measured here, and say which cannot."""
    named = [side for side in SIDES if side in chosen.sides or SIDES[side].kind in chosen.sides]
    for side in named:
        if why_missing(side):
            print(why_missing(side), file=sys.stderr)
    sides = [side for side in named if not why_missing(side)]
    budgets = sorted(set(chosen.budgets))
    jobs = min(chosen.jobs, os.cpu_count() or 1)
    measure(folder, sides, chosen.tables, budgets, chosen.orders, jobs=jobs, again=chosen.again)


if __name__ == "__main__":
    main()
