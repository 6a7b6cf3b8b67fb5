"""What forecasts cost: the paper's random search beside scikit-learn's, and the default model.

See README.md beside this file.

python -m benchmarks.prediction_cost [--quick] [--parts search default memory] [--out FILE] [--update-readme]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Forecast
from bandits.objectives import CurveTable
from bandits.predictors import SRM
from bandits.predictors.base import Forecaster
from bandits.rng import rng_for
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results
from benchmarks.prediction_cost.report import report
from benchmarks.prediction_cost.search import CASES, search
from benchmarks.unseen.synthetic import power_laws

HERE = Path(__file__).resolve().parent

PARTS = ("search", "default", "memory")
SIZES = (100, 300, 1000)  # training curves of the default model
BATCH = 1000  # arms forecast at once
LONG = 500  # epochs of the synthetic curves
REPEATS = 5


def tables() -> list[tuple[str, CurveTable]]:
    """Where the default model is timed: a shipped table, and long made-up curves."""
    return [
        ("MetaQNN SVHN", CurveTable("metaqnn_svhn")),
        (f"made-up power laws, {LONG} epochs", power_laws(max(SIZES) + 100, epochs=LONG)),
    ]


def arms_of(table: CurveTable, count: int) -> list[tuple[Trial, Curve]]:
    """The first arms of a random order."""
    rows = rng_for(0, "order").permutation(len(table.configs))[:count]
    return [(Trial(int(r), table.configs[r], table.features(table.configs[r])), Curve(table.scores[r])) for r in rows]


def timed(work: Callable[[], Any], repeats: int) -> float:
    """CPU seconds, best of some repeats."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def first_answer(history: History, horizon: int, arm: tuple[Trial, Curve]) -> None:
    """Fit the default model from scratch, and read one forecast with its interval."""
    read(SRM().fit(history, horizon=horizon, rng=rng_for(0, "fit")), arm)


def next_answer(before: Forecaster, history: History, horizon: int, arm: tuple[Trial, Curve]) -> None:
    """The same from an earlier fit, after one more curve."""
    read(SRM().refit(before, history, horizon=horizon, rng=rng_for(0, "refit")), arm)


def read(forecaster: Forecaster, arm: tuple[Trial, Curve]) -> None:
    """A forecast and its interval."""
    answer = forecaster.forecast(*arm)
    assert isinstance(answer, Forecast), answer
    answer.interval(0.9)


def default_model(sizes: Sequence[int], repeats: int) -> list[dict[str, Any]]:
    """Fit, refit after one more curve, and forecast, at a quarter of the curve; one row a table and size."""
    rows = []
    for title, table in tables():
        horizon = table.max_epochs
        tau = max(1, round(horizon / 4))
        for size in sizes:
            arms = arms_of(table, size + 1)
            history, longer = History.from_curves(arms[:size]), History.from_curves(arms)
            asked = arms[size][0], arms[size][1].prefix(tau)
            batch = [(trial, curve.prefix(tau)) for trial, curve in (arms_of(table, len(table.configs)) * 2)[:BATCH]]
            forecaster = SRM().fit(history, horizon=horizon, rng=rng_for(0, "fit"))
            forecaster.forecast(*asked)
            fit, refit, many, one = (
                timed(work, repeats)
                for work in (
                    lambda h=history, a=asked, end=horizon: first_answer(h, end, a),
                    lambda f=forecaster, h=longer, a=asked, end=horizon: next_answer(f, h, end, a),
                    lambda f=forecaster, b=batch: [answer.interval(0.9) for answer in f.forecast_many(b)],
                    lambda f=forecaster, a=asked: read(f, a),
                )
            )
            row = {"table": title, "curves": size, "tau": tau, "horizon": horizon, "fit_s": fit}
            row |= {"refit_share": refit / fit, "ms_in_batch": 1000 * many / BATCH, "ms_alone": 1000 * one}
            rows.append(row)
            print(row, flush=True)
    return rows


def memory_here(curves: int) -> dict[str, float]:
    """MiB that this process grows by: for the history, and at most while the default model fits and forecasts."""
    warm_up = power_laws(40, epochs=20)
    first_answer(
        History.from_curves(arms_of(warm_up, 40)),
        20,
        (Trial(99, {}, arms_of(warm_up, 1)[0][0].features), Curve(np.array([0.3, 0.4]))),
    )
    table = power_laws(curves + 1, epochs=LONG)
    arms = arms_of(table, curves + 1)
    bare = resident()
    history = History.from_curves(arms[:curves])
    before = resident()
    first_answer(history, LONG, (arms[-1][0], arms[-1][1].prefix(LONG // 4)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 / 2**20 if sys.platform == "darwin" else 1 / 2**10)
    return {"curves": curves, "epochs": LONG, "history_mib": before - bare, "fit_mib": max(0.0, peak - before)}


def resident() -> float:
    """MiB of this process in memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def memory(curves: int) -> dict[str, float]:
    """`memory_here` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.prediction_cost", "--memory-of", str(curves)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def main() -> None:
    """Run what the command line asks for."""
    parser = argument_parser(__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--draws", type=int, default=1000, help="settings that both searches try")
    parser.add_argument("--splits", type=int, default=3, help="random splits; each side searches once on each")
    parser.add_argument("--quick", action="store_true", help="60 draws, one split, 100 curves: to see that it works")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "prediction_cost.json")
    parser.add_argument("--update-readme", action="store_true", help="put the tables into README.md")
    parser.add_argument("--memory-of", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.memory_of:
        print(json.dumps(memory_here(arguments.memory_of)))
        return
    warnings.simplefilter("ignore")  # scikit-learn says of each fit that reached its limit of iterations
    draws, splits = (60, 1) if arguments.quick else (arguments.draws, arguments.splits)
    settings = {"draws": draws, "splits": splits, "batch": BATCH, "repeats": REPEATS}
    payload: dict[str, Any] = {"benchmark": "prediction_cost", "command": command(), "machine": machine()}
    payload |= {"settings": settings, "search": [], "default": [], "memory": {}}
    if "default" in arguments.parts:
        payload["default"] = default_model(SIZES[:1] if arguments.quick else SIZES, REPEATS)
    if "memory" in arguments.parts:
        payload["memory"] = memory(SIZES[0] if arguments.quick else SIZES[-1])
        print(payload["memory"], flush=True)
    if "search" in arguments.parts:
        for case in CASES:
            for kernel in ("rbf", "linear"):
                payload["search"].append(search(case, kernel, draws, splits))
                print(payload["search"][-1], flush=True)
                write_results(arguments.out, payload)
    write_results(arguments.out, payload)
    text = report(payload)
    print(text)
    if arguments.update_readme:
        update_readme(HERE / "README.md", "results", text)


if __name__ == "__main__":
    main()
