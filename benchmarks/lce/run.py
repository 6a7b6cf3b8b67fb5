"""What LCE costs, and whether its intervals hold what they promise. See README.md beside this file."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread a process
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # bandits, where it is not installed
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from common import machine, update_readme, write_results
from mixtures import draw

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Abstain
from bandits.predictors.lce import LCE
from bandits.rng import rng_for

HERE = Path(__file__).resolve().parent
HORIZON = 100
SEEN = (10, 25, 50)  # epochs, in turn
LEVELS = (0.5, 0.8, 0.9, 0.95)
SEED = 0


@dataclass(frozen=True)
class Case:
    """Settings of LCE, and how many curves they are tried on."""

    title: str
    settings: Mapping[str, Any]
    curves: int


CASES = (
    Case("default: 100 walkers, 2500 steps", {}, 201),
    Case("every epoch counts alike", {"recency": 1.0}, 60),
    Case("families never fall", {"rising": "everywhere"}, 30),
    Case("4 times the steps", {"steps": 10000, "burn_in": 2000}, 15),
)


@dataclass(frozen=True)
class Outcome:
    """One forecast held against what came.

    Args:
        seen: epochs that the forecast saw.
        below: forecast probability of a score at most the one that came: uniform if forecasts are right.
        error: forecast median minus the score that came.
        last_error: last score seen minus the score that came.
        std: of the forecast.
        cpu_seconds: processor time of the forecast.
    """

    seen: int
    below: float
    error: float
    last_error: float
    std: float
    cpu_seconds: float


def one(settings: Mapping[str, Any], index: int) -> Outcome | str:
    """Forecast the end of one synthetic curve; a reason where LCE abstains."""
    made = draw(HORIZON, rng_for(SEED, "curve", index))
    seen, final = SEEN[index % len(SEEN)], float(made.scores[-1])
    forecaster = LCE(**settings).fit(History(), horizon=HORIZON, rng=rng_for(SEED, "fit"))
    started = time.process_time()
    forecast = forecaster.forecast(Trial(index), Curve(made.scores[:seen]))
    seconds = time.process_time() - started
    if isinstance(forecast, Abstain):
        return forecast.reason
    last = float(made.scores[seen - 1])
    return Outcome(seen, forecast.prob_at_most(final), forecast.mean - final, last - final, forecast.std, seconds)


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Coverage of central intervals, errors and cost of some forecasts."""
    below = np.array([outcome.below for outcome in outcomes])
    errors = np.array([outcome.error for outcome in outcomes])
    last = np.array([outcome.last_error for outcome in outcomes])
    return {
        "curves": len(outcomes),
        "coverage": {f"{level:g}": round(float(np.mean(np.abs(below - 0.5) <= level / 2)), 3) for level in LEVELS},
        "came_below_5_percent": round(float(np.mean(below <= 0.05)), 3),
        "came_above_95_percent": round(float(np.mean(below > 0.95)), 3),
        "median_absolute_error": round(float(np.median(np.abs(errors))), 4),
        "rmse": round(float(np.sqrt(np.mean(errors**2))), 4),
        "rmse_last_seen_value": round(float(np.sqrt(np.mean(last**2))), 4),
        "median_std": round(float(np.median([outcome.std for outcome in outcomes])), 4),
        "cpu_seconds_median": round(float(np.median([outcome.cpu_seconds for outcome in outcomes])), 2),
        "cpu_seconds_largest": round(max(outcome.cpu_seconds for outcome in outcomes), 2),
    }


def run(case: Case, curves: int, processes: int) -> dict[str, Any]:
    """All curves of one case."""
    with Pool(processes) as pool:
        answers = pool.map(partial(one, dict(case.settings)), range(curves), chunksize=1)
    outcomes = [answer for answer in answers if isinstance(answer, Outcome)]
    by_seen = {str(seen): summary([o for o in outcomes if o.seen == seen]) for seen in SEEN}
    return {
        "title": case.title,
        "settings": dict(case.settings),
        "abstained": [answer for answer in answers if isinstance(answer, str)],
        "all": summary(outcomes),
        "by_epochs_seen": by_seen,
        "outcomes": [asdict(outcome) for outcome in outcomes],
    }


def table(results: Sequence[Mapping[str, Any]]) -> str:
    """The README's table."""
    lines = [
        "| settings | epochs seen | curves | 50 % | 80 % | 90 % | 95 % | median error | RMSE | RMSE of last seen"
        " | median std | CPU s |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for result in results:
        for seen, row in [*result["by_epochs_seen"].items(), ("all", result["all"])]:
            covered = " | ".join(f"{100 * share:.0f}" for share in row["coverage"].values())
            lines.append(
                f"| {result['title']} | {seen} | {row['curves']} | {covered} | {row['median_absolute_error']:.4f}"
                f" | {row['rmse']:.4f} | {row['rmse_last_seen_value']:.4f} | {row['median_std']:.4f}"
                f" | {row['cpu_seconds_median']:.2f} |"
            )
    return "\n".join(lines)


def main() -> None:
    """Run every case, or the first `--curves` curves of each; write results and the README's table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--curves", type=int, help="fewer curves a case, for a look; nothing is written")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--cases", type=int, default=len(CASES), help="only the first so many cases")
    parser.add_argument("--update-readme", action="store_true", help="put the table into README.md")
    arguments = parser.parse_args()
    results = []
    for case in CASES[: arguments.cases]:
        results.append(run(case, min(case.curves, arguments.curves or case.curves), arguments.processes))
        print(table(results[-1:]), flush=True)
    if arguments.curves is None:
        write_results(
            HERE / "results" / "lce.json",
            {
                "machine": machine(),
                "horizon": HORIZON,
                "seed": SEED,
                "processes": arguments.processes,
                "cases": results,
            },
        )
    if arguments.update_readme:
        update_readme(HERE / "README.md", "coverage", table(results))


if __name__ == "__main__":
    main()
