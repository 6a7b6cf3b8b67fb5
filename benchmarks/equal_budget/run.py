"""Who has found what after the same number of epochs: schedulers, Optuna's pruners, and predictors.

    python -m benchmarks.equal_budget [--tables NAME ...] [--sides NAME ...] [--seeds 20] [--budget 200]
                                          [--resume] [--redo SIDE ...] [--out FILE] [--update-readme]

Every side draws the same configurations in the same order under one seed, and trains until its epochs are spent; see
README.md beside this file. Finished runs are kept in a file beside the results: `--resume` doesn't repeat them, but for
those of the sides that `--redo` names.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bandits.objectives import SHIPPED_TABLES, CurveTable
from benchmarks.equal_budget.figure import draw
from benchmarks.equal_budget.replay import replay, replay_optuna
from benchmarks.equal_budget.report import against_plain, markdown, summarise
from benchmarks.equal_budget.sides import BURN_IN, DEFAULT, ETA, SIDES, TOP, TOP_OF, missing
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results
from benchmarks.stress.families import STRESS, sampler_for

HERE = Path(__file__).resolve().parent

BUDGET = 40  # full trainings: the primary one
ARMS = 1000  # of a stress table

Task = tuple[str, str, int, int]


def one_run(task: Task) -> dict[str, Any]:
    table_name, side_name, seed, budget = task
    began = time.process_time()
    stress = table_name in STRESS
    table = STRESS[table_name](ARMS, seed) if stress else CurveTable(table_name)  # a stress table is new for each seed
    sampler = sampler_for(table, seed)
    side = SIDES[side_name]
    epochs = budget * table.max_epochs * side.factor
    if side.pruner is not None:
        trajectory, tried = replay_optuna(side.pruner(table.max_epochs), table, sampler, budget=epochs, seed=seed)
    else:
        trajectory, tried = replay(side.build, table, sampler, budget=epochs, seed=seed)
    ends = table.scores[:, -1]
    return {
        "table": table_name,
        "group": "stress" if stress else "shipped",
        "side": side_name,
        "seed": seed,
        "budget": budget,
        "epochs": table.max_epochs,
        "best": float(np.nanmax(ends)),
        "median": float(np.nanmedian(ends)),
        "spent": trajectory.spent,
        "tried": tried,
        "steps": [[spent, *(None if s != s else s for s in scores)] for spent, *scores in trajectory.steps],
        "cpu_seconds": round(time.process_time() - began, 3),
    }


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--tables", nargs="+", choices=[*SHIPPED_TABLES, *STRESS], metavar="NAME")
    parser.add_argument("--sides", nargs="+", choices=list(SIDES), default=list(DEFAULT), metavar="NAME")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--budget", type=int, default=200, help="full trainings; results are told at 40 as well")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--redo", nargs="+", choices=list(SIDES), default=[], metavar="NAME")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "equal_budget.json")
    parser.add_argument("--update-readme", action="store_true")
    arguments = parser.parse_args()
    tables = arguments.tables or [*SHIPPED_TABLES, *STRESS]
    sides = [side for side in arguments.sides if not missing(side)]
    for side in set(arguments.sides) - set(sides):
        print(f"{side} is left out: the library has no {SIDES[side].algorithm}")
    tasks = [(t, side, seed, arguments.budget) for t in tables for side in sides for seed in range(arguments.seeds)]
    kept = arguments.out.with_suffix(".runs.jsonl")
    runs = measure(tasks, kept, resume=arguments.resume, redo=arguments.redo, processes=arguments.processes)
    budgets = [b for b in (BUDGET, arguments.budget) if b <= arguments.budget]
    budgets = list(dict.fromkeys(budgets))
    rows = summarise(runs, budgets)
    text = markdown(rows, budgets)
    print(text)
    settings = {
        "budgets": budgets,
        "eta": ETA,
        "burn_in": BURN_IN,
        "top": [TOP, TOP_OF],
        "arms": ARMS,
        "seeds": arguments.seeds,
    }
    payload = {"benchmark": "equal_budget", "command": command(), "machine": machine(), "settings": settings}
    changes = {str(budget): against_plain(rows, place) for place, budget in enumerate(budgets)}
    write_results(arguments.out, {**payload, "against_plain": changes, "rows": rows})
    draw(rows, arguments.out.with_suffix(".png"))
    if arguments.update_readme:
        update_readme(HERE / "README.md", "results", text)


def measure(
    tasks: Sequence[Task], kept: Path, *, resume: bool, redo: Sequence[str], processes: int | None
) -> list[dict[str, Any]]:
    """Run what has not been run, and keep every run in a file, one a line, as soon as it is done."""
    known = _known(kept) if resume else {}
    wanted = {task[:3]: task for task in tasks}
    found: dict[tuple[str, str, int], dict[str, Any]] = {
        key: run
        for key, run in known.items()
        if key in wanted and run["budget"] == wanted[key][3] and run["side"] not in redo
    }
    left = [task for key, task in wanted.items() if key not in found]
    kept.parent.mkdir(parents=True, exist_ok=True)
    others = [run for key, run in known.items() if run["side"] not in redo and (key in found or key not in wanted)]
    with kept.open("w", encoding="utf-8") as file:
        for run in others:
            file.write(json.dumps(run) + "\n")
        file.flush()
        seconds: dict[tuple[str, str], list[float]] = {}
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            for done in pool.imap(one_run, left):
                file.write(json.dumps(done) + "\n")
                file.flush()
                key = done["table"], done["side"]
                found[*key, done["seed"]] = done
                seconds.setdefault(key, []).append(done["cpu_seconds"])
                if len(seconds[key]) == sum(task[:2] == key for task in left):
                    print(*key, f"{sum(seconds[key]):.1f} CPU s", flush=True)
    return [found[key] for key in wanted]


def _known(kept: Path) -> dict[tuple[str, str, int], dict[str, Any]]:
    """Runs of earlier calls; a line that was cut short is not one."""
    runs = {}
    for line in kept.read_text(encoding="utf-8").splitlines() if kept.exists() else ():
        try:
            run = json.loads(line)
        except ValueError:
            continue
        runs[run["table"], run["side"], run["seed"]] = run
    return runs


if __name__ == "__main__":
    main()
