"""What Optuna studies have found after the same number of epochs: with our pruner, with each of Optuna's, with none.

    python -m benchmarks.optuna_pruner.quality [--tables NAME ...] [--sides NAME ...] [--samplings random tpe]
        [--seeds 20] [--budget 40] [--minutes M] [--resume] [--redo SIDE ...] [--report-only] [--out FILE]
        [--update-readme]

Trials are rows of the tables of real curves that come with the package; see README.md beside this file. Finished
studies are kept in a file beside the results: `--resume` doesn't repeat them, but for those of the sides that `--redo`
names. Results are told of everything in that file, for the tables and sides named, of the seeds that all of them have.
One process.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from optuna.exceptions import ExperimentalWarning

from bandits.integrations.optuna import PruningWarning
from bandits.objectives import SHIPPED_TABLES, CurveTable
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results
from benchmarks.optuna_pruner.quality_report import complete_seeds, markdown, summarise, told
from benchmarks.optuna_pruner.quality_sides import DEFAULT, KNOW_BUDGET, NAMES, SIDES
from benchmarks.optuna_pruner.quality_study import SAMPLINGS, Ended, Sampling, spend

HERE = Path(__file__).resolve().parent

BUDGET = 40  # full trainings; told at half of it too
BLOCK = 5  # seeds that are done for one sampling before the other's turn


class Task(NamedTuple):
    """One study."""

    sampling: Sampling
    table: str
    side: str
    seed: int


def measure(task: Task, budget: int) -> dict[str, Any]:
    """Run one study; one for each budget that is told, if the pruner is told the budget.

    Args:
        task: which.
        budget: how many full trainings it may spend.
    """
    began = time.process_time()
    table = _table(task.table)
    longest = budgets_of(budget)[-1]
    ended = {b: _spent(task, table, b) for b in (budgets_of(budget) if task.side in KNOW_BUDGET else (longest,))}
    return {
        **task._asdict(),
        "budget": budget,
        "epochs": table.max_epochs,
        "told": [told(ended.get(b, ended[longest]), table, b * table.max_epochs) for b in budgets_of(budget)],
        "cpu_seconds": round(time.process_time() - began, 3),
    }


def _spent(task: Task, table: CurveTable, budget: int) -> list[Ended]:
    """How the trials of a study ended that spent a budget, in full trainings."""
    pruner = SIDES[task.side](table.max_epochs, task.seed, budget)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PruningWarning)  # the budget is spent on purpose
        return spend(table, pruner, task.sampling, budget=budget * table.max_epochs, seed=task.seed)


@cache
def _table(name: str) -> CurveTable:
    return CurveTable(name)


def budgets_of(budget: int) -> tuple[int, int]:
    """Where results are told: at half of the budget and at its end."""
    return budget // 2, budget


def tasks_of(samplings: Sequence[Sampling], tables: Sequence[str], sides: Sequence[str], seeds: int) -> list[Task]:
    """Seed by seed, so that a run that is cut short has compared everybody under the seeds that it has done."""
    blocks = [range(first, min(first + BLOCK, seeds)) for first in range(0, seeds, BLOCK)]
    return [
        Task(sampling, table, side, seed)
        for block in blocks
        for sampling in samplings
        for seed in block
        for table in tables
        for side in sides
    ]


def gather(
    tasks: Sequence[Task], kept: Path, budget: int, *, resume: bool, redo: Sequence[str], minutes: float
) -> list[dict[str, Any]]:
    """Run the studies that have not been run, and keep each in a file, one a line, as soon as it is done.

    Returns:
        Everything of this budget that the file holds now, in the order of the seeds.
    """
    known = [run for run in _lines(kept) if run["budget"] == budget and run["side"] not in redo] if resume else []
    found = {_key(run): run for run in known}
    until = time.monotonic() + 60 * minutes
    kept.parent.mkdir(parents=True, exist_ok=True)
    fresh = kept.with_suffix(".part")
    fresh.write_text("".join(json.dumps(run) + "\n" for run in found.values()), encoding="utf-8")
    fresh.replace(kept)
    with kept.open("a", encoding="utf-8") as file:
        for task in tasks:
            if task in found:
                continue
            if time.monotonic() > until:
                print(f"out of time before {task}", file=sys.stderr)
                break
            found[task] = measure(task, budget)
            file.write(json.dumps(found[task]) + "\n")
            file.flush()
            print(*task, found[task]["cpu_seconds"], file=sys.stderr, flush=True)
    return [found[key] for key in sorted(found, key=_place)]


def _key(run: dict[str, Any]) -> Task:
    return Task(run["sampling"], run["table"], run["side"], run["seed"])


def _place(task: Task) -> tuple[int, str, int, int]:
    return SAMPLINGS.index(task.sampling), task.table, list(NAMES).index(task.side), task.seed


def _lines(kept: Path) -> Iterator[dict[str, Any]]:
    """Studies of earlier calls; a line that was cut short is not one."""
    for line in kept.read_text(encoding="utf-8").splitlines() if kept.exists() else ():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def main(arguments: Sequence[str] | None = None) -> None:
    """Run, report, and write."""
    parser = argument_parser(__doc__)
    parser.add_argument("--tables", nargs="+", choices=SHIPPED_TABLES, default=SHIPPED_TABLES, metavar="NAME")
    parser.add_argument("--sides", nargs="+", choices=list(SIDES), default=DEFAULT, metavar="NAME")
    parser.add_argument("--samplings", nargs="+", choices=SAMPLINGS, default=SAMPLINGS)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--budget", type=int, default=BUDGET, help="full trainings; half of it is told as well")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no study after so many")
    parser.add_argument("--resume", action="store_true", help="keep what an earlier call has measured")
    parser.add_argument("--redo", nargs="+", choices=list(SIDES), default=[], metavar="SIDE")
    parser.add_argument("--report-only", action="store_true")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "quality.json")
    parser.add_argument("--update-readme", action="store_true")
    chosen = parser.parse_args(arguments)
    warnings.simplefilter("ignore", ExperimentalWarning)  # WilcoxonPruner is one
    tasks = [] if chosen.report_only else tasks_of(chosen.samplings, chosen.tables, chosen.sides, chosen.seeds)
    kept = chosen.out.with_suffix(".runs.jsonl")
    resume = chosen.resume or chosen.report_only
    runs = gather(tasks, kept, chosen.budget, resume=resume, redo=chosen.redo, minutes=chosen.minutes)
    runs = [run for run in runs if run["side"] in chosen.sides and run["table"] in chosen.tables]
    rows = summarise(runs, budgets_of(chosen.budget))
    settings = {
        "budgets": budgets_of(chosen.budget),
        "seeds": {sampling: len(complete_seeds(runs, sampling)) for sampling in SAMPLINGS},
        "cpu_seconds": {side: round(sum(r["cpu_seconds"] for r in runs if r["side"] == side), 1) for side in NAMES},
    }
    payload = {"benchmark": "optuna_pruner quality", "command": command(), "machine": machine(), "settings": settings}
    write_results(chosen.out, {**payload, "rows": [_rounded(row) for row in rows]})
    text = markdown(rows)
    print(text)
    if chosen.update_readme:
        update_readme(HERE / "README.md", "quality", text)


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    """The same with five digits, which is more than is known."""
    return {key: float(f"{value:.5g}") if isinstance(value, float) else value for key, value in row.items()}


if __name__ == "__main__":
    main()
