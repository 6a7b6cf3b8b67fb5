"""What early stopping saves, what it loses, and whether it is wrong as often as it says.

    python -m benchmarks.early_stopping [--predictors NAME ...] [--tables NAME ...] [--burn-ins 10 20 40 100]
        [--orderings 100] [--orderings-elsewhere 20] [--resume] [--redo NAME ...] [--out FILE] [--update-readme]

Forecasts are made once for each table, order, burn-in and predictor; every rule and level is replayed on them. See
README.md beside this file. What is done is kept in a file beside the results: `--resume` doesn't repeat it, but for the
predictors that `--redo` names. Results are told of everything in that file. `--report-only` runs nothing.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bandits.errors import MissingDependency
from benchmarks.early_stopping.figure import draw
from benchmarks.early_stopping.measuring import BOUND_BURN_IN, HALVES, SPLITS, Task, measure
from benchmarks.early_stopping.report import PARTS
from benchmarks.early_stopping.sides import BOUND_CURVES, CONFIDENCES, CONSTANTS, KEEPS, RISKS, SIDES
from benchmarks.early_stopping.summary import bounds, summarise
from benchmarks.early_stopping.tables import groups
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results

HERE = Path(__file__).resolve().parent

BURN_INS = (10, 20, 40, 100)


def tasks_of(arguments: argparse.Namespace) -> list[Task]:
    """What the command line asks for."""
    tasks = []
    for name in arguments.predictors:
        side = SIDES[name]
        for table, group in groups().items():
            if group not in side.groups or table not in (arguments.tables or groups()):
                continue
            if side.tables is not None and table not in side.tables:
                continue
            for burn_in in side.burn_ins:
                if burn_in not in arguments.burn_ins:
                    continue
                orderings = arguments.orderings if burn_in == BOUND_BURN_IN else arguments.orderings_elsewhere
                numbers = range(min(orderings, arguments.orderings, side.orderings or orderings))
                tasks += [Task(name, table, burn_in, n) for n in sorted(numbers, key=lambda n: (n % SPLITS, n))]
    return tasks


def main() -> None:
    parser = argument_parser(__doc__)
    default = [name for name in SIDES if name not in ("lce", "srm-svr-rbf")]
    parser.add_argument("--predictors", nargs="+", choices=list(SIDES), default=default, metavar="NAME")
    parser.add_argument("--tables", nargs="+", choices=list(groups()), metavar="NAME")
    parser.add_argument("--burn-ins", nargs="+", type=int, choices=BURN_INS, default=BURN_INS)
    parser.add_argument("--orderings", type=int, default=100)
    parser.add_argument("--orderings-elsewhere", type=int, default=20, help="at other burn-ins than 40")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--resume", action="store_true", help="keep what an earlier call has measured")
    parser.add_argument("--redo", nargs="+", choices=list(SIDES), default=[], metavar="NAME")
    parser.add_argument("--report-only", action="store_true")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "early_stopping.json")
    parser.add_argument("--update-readme", action="store_true")
    arguments = parser.parse_args()
    kept = arguments.out.with_suffix(".runs.jsonl")
    tasks = [] if arguments.report_only else tasks_of(arguments)
    resume = arguments.resume or arguments.report_only
    runs = gather(tasks, kept, measure_one, resume=resume, redo=arguments.redo, processes=arguments.processes)
    rows, in_hindsight = summarise(runs), bounds(runs)
    settings = {
        "risks": RISKS,
        "confidences": CONFIDENCES,
        "keeps": KEEPS,
        "constants": CONSTANTS,
        "curves_of_the_bound": BOUND_CURVES,
        "halves": HALVES,
        "orderings": arguments.orderings,
        "orderings_elsewhere": arguments.orderings_elsewhere,
    }
    seconds = {name: round(sum(r["cpu_seconds"] for r in runs if r["side"] == name), 1) for name in SIDES}
    payload = {"benchmark": "early_stopping", "command": command(), "machine": machine(), "settings": settings}
    told = {"bounds": [rounded(row) for row in in_hindsight], "rows": [rounded(row) for row in rows]}
    write_results(arguments.out, {**payload, "cpu_seconds": seconds, **told})
    for marker, tell in PARTS.items():
        text = tell(rows, in_hindsight)
        print(f"\n## {marker}\n\n{text}")
        if arguments.update_readme:
            update_readme(HERE / "README.md", marker, text)
    print(f"\nCPU seconds: {seconds}")
    draw(rows, in_hindsight, arguments.out.with_suffix(".png"))


def rounded(value: Any) -> Any:
    """The same with five digits, which is more than is known."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    return float(f"{value:.5g}") if isinstance(value, float) else value


def measure_one(task: Task) -> dict[str, Any]:
    try:
        return measure(task)
    except MissingDependency as reason:
        return {**asdict(task), "missing": str(reason)}


def gather(
    tasks: Sequence[Task],
    kept: Path,
    work: Callable[[Task], dict[str, Any]],
    *,
    resume: bool,
    redo: Sequence[str] = (),
    processes: int = 2,
) -> list[dict[str, Any]]:
    """Do what has not been done, and keep each result in a file, one a line, as soon as it is there.

    Returns:
        Everything that the file holds now, sorted.
    """
    found = {_key(run): run for run in _lines(kept) if run["side"] not in redo} if resume else {}
    left = [task for task in tasks if _key(asdict(task)) not in found]
    kept.parent.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    fresh = kept.with_suffix(".part")
    with fresh.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(run) + "\n" for run in found.values())
    fresh.replace(kept)
    with kept.open("a", encoding="utf-8") as file:
        for done in _done(left, work, processes):
            if "missing" in done:
                print(f"{done['side']} is left out: {done['missing']}", file=sys.stderr)
                break
            file.write(json.dumps(done) + "\n")
            file.flush()
            last, found[_key(done)] = len(found), done
            if len(found) // 100 > last // 100:
                print(f"{len(found)}: {_key(done)}, {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    return [found[key] for key in sorted(found)]


def _done(left: Sequence[Task], work: Callable[[Task], dict[str, Any]], processes: int) -> Iterator[dict[str, Any]]:
    if processes == 1:
        yield from map(work, left)
    elif left:
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            yield from pool.imap(work, left, chunksize=5)


def _key(run: dict[str, Any]) -> tuple[str, str, int, int]:
    return run["side"], run["table"], run["burn_in"], run["ordering"]


def _lines(kept: Path) -> Iterator[dict[str, Any]]:
    """Results of earlier calls; a line that was cut short is not one."""
    for line in kept.read_text(encoding="utf-8").splitlines() if kept.exists() else ():
        try:
            yield json.loads(line)
        except ValueError:
            continue


if __name__ == "__main__":
    main()
