"""How well the start of a learning curve tells its end, on every shipped table. See README.md beside this file.

python -m benchmarks.prediction [--quick] [--parts ...] [--tables ...] [--models ...] [--fractions ...]
                                    [--splits N] [--processes N] [--resume] [--update-readme]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from multiprocessing import Pool
from pathlib import Path
from typing import Any

from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results
from benchmarks.prediction.cases import ABLATION, CASES, DEPTHS, MODELS, SEED, SHARES, SLOW, TRAINING_CURVES, Case, load
from benchmarks.prediction.figure import draw, points
from benchmarks.prediction.measuring import Job, measure
from benchmarks.prediction.tables import report, summarise

HERE = Path(__file__).resolve().parent

PARTS = ("models", "ablation", "depth", "figure")
DRAWS = 1000  # of the random search, as in the paper
FOREST_DRAWS = 4  # a forest takes a hundred times as long to fit,
FOREST_SPLITS = 3  # so it gets fewer splits too, and a quarter of the curve only
COMMON_ARMS = 6  # of the first split: all that the slow predictors forecast, and what the figure compares
QUARTER = (0.25,)


def jobs_of(arguments: argparse.Namespace) -> list[Job]:
    """Everything that the command line asks for; the slow ones last."""
    cases = [case for case in CASES if not arguments.tables or case.table in arguments.tables]
    shares, draws, splits = tuple(arguments.fractions), arguments.draws, range(arguments.splits)
    jobs: list[Job] = []
    if "models" in arguments.parts or "figure" in arguments.parts:
        for case in cases:
            for model in arguments.models:
                if model == "forest":
                    few = range(min(FOREST_SPLITS, arguments.splits))
                    jobs += [Job(case, model, s, QUARTER, min(draws, FOREST_DRAWS)) for s in few]
                elif model not in SLOW:
                    jobs += [Job(case, model, s, shares, draws, common=arguments.common) for s in splits]
    if "ablation" in arguments.parts:
        for case in cases:
            chosen = [inputs for inputs in ABLATION if has(case, inputs)]
            jobs += [Job(case, "svr_rbf", s, QUARTER, draws, inputs=i) for i in chosen for s in splits]
    if "depth" in arguments.parts:
        models = [m for m in arguments.models if m not in ("forest", "last seen value", *SLOW)]
        jobs += [
            Job(case, model, s, QUARTER, draws, depth=depth)
            for case in cases
            for depth in DEPTHS
            for model in models
            for s in splits
            if case.depths
        ]
    if "figure" in arguments.parts:
        slow = [model for model in arguments.models if model in SLOW]
        jobs += [
            Job(case, model, 0, shares, draws, common=arguments.common)
            for case in cases
            if case.figure
            for model in slow
        ]
    return jobs


def has(case: Case, inputs: str) -> bool:
    """Whether the inputs are there and not the whole, which the models have anyway."""
    table, _ = load(case)
    parts = inputs.split("+")
    return inputs != "TS+AP+HP" and not ("AP" in parts and not table.ap) and not ("HP" in parts and not table.hp)


def run(jobs: list[Job], processes: int, partial: Path, resume: bool) -> list[dict[str, Any]]:
    """Do the jobs; each result is put down as it comes, so that `resume` finds it."""
    done: dict[str, list[dict[str, Any]]] = {}
    if resume and partial.exists():
        done = dict(json.loads(line) for line in partial.read_text(encoding="utf-8").splitlines())
    elif partial.exists():
        partial.unlink()
    waiting = [job for job in jobs if job.key not in done]
    partial.parent.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    with partial.open("a", encoding="utf-8") as file, Pool(processes) as pool:
        for number, (key, results) in enumerate(pool.imap_unordered(measure, waiting), start=1):
            done[key] = results
            file.write(json.dumps([key, results]) + "\n")
            file.flush()
            if number % 100 == 0 or number == len(waiting):
                print(
                    f"{number} of {len(waiting)} jobs, {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True
                )
    return [result for job in jobs for result in done[job.key]]


def main() -> None:
    """Run what the command line asks for."""
    parser = argument_parser(__doc__)
    everything = (*MODELS, *SLOW)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--tables", nargs="+", choices=sorted({case.table for case in CASES}), help="only these")
    parser.add_argument("--models", nargs="+", choices=everything, default=everything, help="only these")
    parser.add_argument("--fractions", nargs="+", type=float, default=SHARES, help="of the curve that are seen")
    parser.add_argument("--splits", type=int, default=10, help="random splits into training and test arms")
    parser.add_argument("--draws", type=int, default=DRAWS, help="draws of the random search")
    parser.add_argument("--common", type=int, default=COMMON_ARMS, help="test arms that the slow predictors forecast")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="how many processes work")
    parser.add_argument("--quick", action="store_true", help="30 draws, one split, two arms: to see that it works")
    parser.add_argument("--resume", action="store_true", help="go on where a run was interrupted")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "prediction.json", help="where the JSON goes")
    parser.add_argument("--update-readme", action="store_true", help="put the tables into README.md")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.draws, arguments.splits, arguments.common = 30, 1, 2

    start = time.perf_counter()
    partial = arguments.out.with_suffix(".partial.jsonl")
    rows = summarise(run(jobs_of(arguments), arguments.processes, partial, arguments.resume))
    text = report(rows)
    print(text)
    settings = {
        "training_curves": TRAINING_CURVES,
        "fractions": list(arguments.fractions),
        "seed": SEED,
        "splits": arguments.splits,
        "draws": arguments.draws,
        "forest_draws": min(arguments.draws, FOREST_DRAWS),
        "forest_splits": min(arguments.splits, FOREST_SPLITS),
        "common_arms": arguments.common,
    }
    payload: dict[str, Any] = {
        "benchmark": "prediction",
        "command": command(),
        "machine": machine(),
        "settings": settings,
    }
    payload |= {"seconds": round(time.perf_counter() - start, 1), "rows": rows}
    if "figure" in arguments.parts:
        payload["figure"] = points(rows)
        draw(payload["figure"], arguments.out.with_name("error_over_fraction.png"))
    write_results(arguments.out, payload)
    partial.unlink()
    if arguments.update_readme:
        update_readme(HERE / "README.md", "results", text)


if __name__ == "__main__":
    main()
