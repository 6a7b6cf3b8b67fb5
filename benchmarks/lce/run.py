"""What LCE costs, whether its intervals hold what they promise, and how it does on real curves. See README.md."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Abstain
from bandits.predictors.lce import LCE
from bandits.rng import rng_for
from benchmarks.lce.mixtures import draw
from benchmarks.lce.tables import TABLES, report, table_rows
from benchmarks.lib.common import argument_parser, machine, update_readme, write_results

HERE = Path(__file__).resolve().parent

HORIZON = 100
SEEN = (10, 25, 50)  # epochs, in turn
LEVELS = (0.5, 0.8, 0.9, 0.95)
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
SEED = 0
PAPER = {"steps": 2500, "burn_in": 500}
LONG = {"steps": 10_000, "burn_in": 2000, "thin": 100}


@dataclass(frozen=True)
class Case:
    """Settings of LCE, and how many curves they are tried on."""

    title: str
    settings: Mapping[str, Any]
    curves: int


CASES = (
    Case("default: 100 walkers, 1000 steps", {}, 201),
    Case("100 walkers, 2500 steps", PAPER, 30),
    Case("every epoch counts alike", {"recency": 1.0}, 30),
    Case("100 walkers, 10 000 steps", LONG, 9),
)


@dataclass(frozen=True)
class Outcome:
    """One forecast held against what came.

    Args:
        index: of the curve.
        seen: epochs that the forecast saw.
        below: forecast probability of a score at most the one that came: uniform if forecasts are right.
        error: forecast median minus the score that came.
        last_error: last score seen minus the score that came.
        std: of the forecast.
        quantiles: of the forecast, at `QUANTILES`.
        cpu_seconds: processor time of the forecast.
    """

    index: int
    seen: int
    below: float
    error: float
    last_error: float
    std: float
    quantiles: list[float] = field(repr=False)
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
    quantiles = [round(forecast.quantile(level), 5) for level in QUANTILES]
    below = forecast.prob_at_most(final)
    return Outcome(index, seen, below, forecast.mean - final, last - final, forecast.std, quantiles, seconds)


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Coverage of central intervals, errors and cost of some forecasts."""
    below = np.array([outcome.below for outcome in outcomes])
    errors = np.array([outcome.error for outcome in outcomes])
    last = np.array([outcome.last_error for outcome in outcomes])
    seconds = np.array([outcome.cpu_seconds for outcome in outcomes])
    return {
        "curves": len(outcomes),
        "coverage": {f"{level:g}": round(float(np.mean(np.abs(below - 0.5) <= level / 2)), 3) for level in LEVELS},
        "came_below_5_percent": round(float(np.mean(below <= 0.05)), 3),
        "came_above_95_percent": round(float(np.mean(below > 0.95)), 3),
        "median_absolute_error": round(float(np.median(np.abs(errors))), 4),
        "mean_error": round(float(np.mean(errors)), 4),
        "rmse": round(float(np.sqrt(np.mean(errors**2))), 4),
        "rmse_last_seen_value": round(float(np.sqrt(np.mean(last**2))), 4),
        "median_std": round(float(np.median([outcome.std for outcome in outcomes])), 4),
        "cpu_seconds_median": round(float(np.median(seconds)), 2),
        "cpu_seconds_p99": round(float(np.quantile(seconds, 0.99)), 2),
        "cpu_seconds_largest": round(float(seconds.max()), 2),
    }


def mapped(function: Any, items: Sequence[Any], processes: int) -> list[Any]:
    """`map`, in this process or in several."""
    if processes == 1:
        return [function(item) for item in items]
    with Pool(processes) as pool:
        return pool.map(function, items, chunksize=1)


def run(case: Case, curves: int, processes: int) -> dict[str, Any]:
    """All curves of one case."""
    answers = mapped(partial(one, dict(case.settings)), range(curves), processes)
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


def coverage(results: Sequence[Mapping[str, Any]]) -> str:
    """The README's table of coverage and cost."""
    lines = [
        "| settings | epochs seen | curves | 50 % | 80 % | 90 % | 95 % | median error | mean error | RMSE"
        " | RMSE of last seen | median std | CPU s: median | 99 % |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for result in results:
        for seen, row in [*result["by_epochs_seen"].items(), ("all", result["all"])]:
            covered = " | ".join(f"{100 * share:.0f}" for share in row["coverage"].values())
            lines.append(
                f"| {result['title']} | {seen} | {row['curves']} | {covered} | {row['median_absolute_error']:.4f}"
                f" | {row['mean_error']:+.4f} | {row['rmse']:.4f} | {row['rmse_last_seen_value']:.4f}"
                f" | {row['median_std']:.4f} | {row['cpu_seconds_median']:.2f} | {row['cpu_seconds_p99']:.2f} |"
            )
    return "\n".join(lines)


def agreement(results: Sequence[Mapping[str, Any]]) -> str:
    """Quantiles of each case against those of the last, the longest chain, on the curves that both saw."""
    longest = {outcome["index"]: outcome for outcome in results[-1]["outcomes"]}
    levels = " | ".join(f"{100 * level:.0f} %" for level in QUANTILES)
    lines = [f"| settings | curves | {levels} |", "|---|---:|" + "---:|" * len(QUANTILES)]
    for result in results[:-1]:
        if "recency" in result["settings"]:
            continue
        pairs = [(o, longest[o["index"]]) for o in result["outcomes"] if o["index"] in longest]
        off = [np.abs(np.subtract(a["quantiles"], b["quantiles"])) / b["std"] for a, b in pairs]
        cells = " | ".join(f"{share:.2f}" for share in np.mean(off, axis=0))
        lines.append(f"| {result['title']} | {len(pairs)} | {cells} |")
    return "\n".join(lines)


def main() -> None:
    """Run every case and table; write results and, if asked, the README's tables."""
    parser = argument_parser(__doc__)
    parser.add_argument("--quick", action="store_true", help="three curves a case, three arms a table; writes nothing")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--update-readme", action="store_true", help="put the tables into README.md")
    arguments = parser.parse_args()
    results = []
    for case in CASES:
        results.append(run(case, 3 if arguments.quick else case.curves, arguments.processes))
        print(coverage(results[-1:]), flush=True)
    print(agreement(results), flush=True)
    found = mapped(partial(table_rows, 3 if arguments.quick else None), TABLES, arguments.processes)
    rows = [row for several in found for row in several]
    print(report(rows), flush=True)
    if arguments.quick:
        return
    about = {"machine": machine(), "horizon": HORIZON, "seed": SEED, "processes": arguments.processes}
    write_results(HERE / "results" / "lce.json", about | {"cases": results, "tables": rows})
    if arguments.update_readme:
        update_readme(HERE / "README.md", "coverage", coverage(results))
        update_readme(HERE / "README.md", "agreement", agreement(results))
        update_readme(HERE / "README.md", "tables", report(rows))


if __name__ == "__main__":
    main()
