"""How honest forecasts are about their errors: every predictor, table and prefix. See README.md beside this file."""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from bandits.config.registry import load as find
from bandits.config.registry import names
from bandits.curves import Curve, History, Trial
from bandits.errors import MissingDependency, UnknownPlugin
from bandits.forecasts import Forecast
from bandits.objectives import SHIPPED_TABLES, CurveTable
from bandits.rng import rng_for
from benchmarks.calibration.report import draw, report
from benchmarks.lib import scoring
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results
from benchmarks.stress.plateaus import PLATEAUS
from benchmarks.unseen.synthetic import FAMILIES

HERE = Path(__file__).resolve().parent

SHARES = (0.10, 0.25, 0.50, 0.75)  # of the curve that is seen
TRAINING_CURVES = 100
BEST = 0.1  # share of the test arms that counts as the best
SEED = 0
MADE_UP_ARMS = 500  # of each synthetic family
UNSEEN = HERE.parent / "unseen" / "tables"


@dataclass(frozen=True)
class Setting:
    """A predictor under test, by its name in the registry.

    Args:
        name: in the registry.
        arguments: beyond those that the name implies.
        curves: sizes of the training set.
        shares: prefixes that are asked about.
        arms: how many test arms are forecast; None for all.
        splits: at most so many.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    curves: tuple[int, ...] = (TRAINING_CURVES,)
    shares: tuple[float, ...] = SHARES
    arms: int | None = None
    splits: int = 1000


SETTINGS = (
    Setting("srm", curves=(20, 50, 100)),
    Setting("srm-svr-rbf"),
    Setting("srm-svr-linear"),
    Setting("srm-forest", splits=2),  # seconds a fit
    Setting("srm-ols"),
    Setting("srm-ridge"),
    Setting("gaussian-process"),
    Setting("quantile-forest", splits=2),
    Setting("ngboost", splits=2),
    Setting("pow3", splits=2),
    Setting("last-seen-value"),
    Setting("lce", shares=(0.25,), arms=30, splits=1),  # seconds a forecast
    Setting("bnn", shares=(0.25,), arms=30, splits=1),  # likewise
)
"""What is measured unless the command line says otherwise; any other name of the registry can be asked for."""
DEFAULT = "srm"
QUICK = ("srm", "srm-ridge", "last-seen-value")


def tables() -> dict[str, str]:
    """Every table by name, and its group: shipped, recorded, made up or plateaus."""
    recorded = sorted(path.name.removesuffix(".csv.gz") for path in UNSEEN.glob("*.csv.gz"))
    return {
        **dict.fromkeys(SHIPPED_TABLES, "shipped"),
        **dict.fromkeys(recorded, "recorded"),
        **dict.fromkeys(FAMILIES, "made up"),
        **dict.fromkeys(PLATEAUS, "plateaus"),
    }


@cache
def load(name: str) -> tuple[CurveTable, np.ndarray, scoring.Yardstick]:
    """A table, the rows that were measured to their end without a gap, and what is far on it."""
    made_up = {**FAMILIES, **PLATEAUS}
    if name in made_up:
        table = made_up[name](MADE_UP_ARMS, SEED)
    else:
        table = CurveTable(name if name in SHIPPED_TABLES else UNSEEN / f"{name}.csv.gz")
    rows = np.flatnonzero(np.isfinite(table.curves).all(axis=1))
    return table, rows, scoring.yardstick_of(table.scores[rows, -1])


@dataclass(frozen=True)
class Job:
    """One fit for each prefix: a predictor on a split of a table."""

    setting: Setting
    table: str
    curves: int
    split: int


def measure(job: Job) -> list[dict[str, Any]]:
    """Fit on the split's training curves, forecast its test arms at every prefix, and score."""
    table, rows, yardstick = load(job.table)
    shuffled = rng_for(SEED, "split", job.split).permutation(rows)
    arms = [
        (Trial(int(row), table.configs[row], table.features(table.configs[row])), Curve(table.scores[row]))
        for row in shuffled
    ]
    history = History.from_curves(arms[: job.curves])
    test = arms[TRAINING_CURVES:]  # the same arms, however many curves are learnt from
    test = test[: job.setting.arms]
    truth = np.array([curve.scores[-1] for _, curve in test])
    predictor = find("predictors", job.setting.name)(**job.setting.arguments)
    forecaster = None
    results = []
    for share in job.setting.shares:
        tau = max(1, round(share * table.max_epochs))
        start = time.process_time()
        if forecaster is None:
            fit_rng = rng_for(SEED, job.setting.name, job.split)
            forecaster = predictor.fit(history, horizon=table.max_epochs, rng=fit_rng)
        answers = forecaster.forecast_many([(trial, curve.prefix(tau)) for trial, curve in test])
        seconds = time.process_time() - start
        told = np.array([isinstance(answer, Forecast) for answer in answers])
        reasons = {answer.reason for answer in answers if not isinstance(answer, Forecast)}
        results.append(
            {
                "predictor": job.setting.name,
                "curves": job.curves,
                "table": job.table,
                "share": share,
                "split": job.split,
                "rows": len(rows),
                "tau": tau,
                "horizon": table.max_epochs,
                "arms": len(test),
                "abstained": 100.0 * float((~told).mean()),
                "reason": min(reasons, default=""),
                "seconds": seconds,
                **_scores([a for a in answers if isinstance(a, Forecast)], truth[told], yardstick, job.split),
            }
        )
    return results


def _scores(
    forecasts: Sequence[Forecast], truth: np.ndarray, yardstick: scoring.Yardstick, split: int
) -> dict[str, list[float] | float]:
    """Percentages, by `scoring.LEVELS` and `scoring.TAILS`; empty where there is no forecast."""
    if not forecasts:
        return {}
    top = scoring.best(truth, BEST)
    promising = scoring.best(np.array([forecast.mean for forecast in forecasts]), BEST)
    covered = 100.0 * scoring.coverage(forecasts, truth)
    above = 100.0 * scoring.exceedance(forecasts, truth)
    rng = rng_for(SEED, "if right", split)
    return {
        "coverage": covered.mean(axis=0),
        "coverage_best": covered[top].mean(axis=0),
        "coverage_best_if_right": 100.0 * scoring.coverage_of_best_if_right(forecasts, rng, share=BEST),
        "coverage_promising": covered[promising].mean(axis=0),
        "above": above.mean(axis=0),
        "above_best": above[top].mean(axis=0),
        "above_best_if_right": 100.0 * scoring.exceedance_of_best_if_right(forecasts, rng, share=BEST),
        "log_density": float(scoring.log_density(forecasts, truth, yardstick).mean()),
        "crps": float(scoring.crps(forecasts, truth, yardstick).mean()),
        "width": float(scoring.width(forecasts, yardstick).mean()),
        "rank": rank_correlation(np.array([forecast.mean for forecast in forecasts]), truth),
    }


def rank_correlation(means: np.ndarray, truth: np.ndarray) -> float:
    """Spearman's correlation; 0 where all forecasts are the same."""
    return float(spearmanr(means, truth).statistic) if np.ptp(means) > 0 and np.ptp(truth) > 0 else 0.0


CELL = ("predictor", "curves", "table", "share")
ARRAYS = (
    "coverage",
    "coverage_best",
    "coverage_best_if_right",
    "coverage_promising",
    "above",
    "above_best",
    "above_best_if_right",
)
NUMBERS = ("log_density", "crps", "width", "rank")


def summarise(runs: Sequence[dict[str, Any]], groups: Mapping[str, str]) -> list[dict[str, Any]]:
    """One row a predictor, training size, table and prefix: means over splits; for the default, standard errors too."""
    cells: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for run in runs:
        cells[tuple(run[key] for key in CELL)].append(run)
    rows = []
    for cell in cells.values():
        first, scored = cell[0], [run for run in cell if "crps" in run]
        row = {key: first[key] for key in (*CELL, "rows", "tau", "horizon", "arms", "reason")}
        row |= {"group": groups[first["table"]], "splits": len(cell), "scored": len(scored)}
        for key in ("abstained", "seconds"):
            row[key] = round(float(np.mean([run[key] for run in cell])), 4)
        for key in ARRAYS if scored else ():
            values = np.array([run[key] for run in scored])
            row[key] = [round(float(value), 2) for value in values.mean(axis=0)]
            if key in ("coverage", "coverage_best") and len(scored) > 1 and first["predictor"] == DEFAULT:
                errors = values.std(axis=0, ddof=1) / np.sqrt(len(scored))
                row[f"{key}_se"] = [round(float(error), 2) for error in errors]
        for key in NUMBERS if scored else ():
            row[key] = round(float(np.mean([run[key] for run in scored])), 4)
        rows.append(row)
    return rows


def _available(setting: Setting) -> bool:
    try:
        find("predictors", setting.name)(**setting.arguments)
    except (MissingDependency, UnknownPlugin) as reason:
        print(f"{setting.name} is left out: {reason}", file=sys.stderr)
        return False
    return True


def main() -> None:
    """Run what the command line asks for."""
    groups = tables()
    known = {setting.name: setting for setting in SETTINGS}
    others = [name for name in names("predictors") if name not in known]
    parser = argument_parser(__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "calibration.json", help="where the JSON goes")
    parser.add_argument("--tables", nargs="*", choices=groups, help="only these tables", metavar="TABLE")
    choices = [*known, *others]
    parser.add_argument("--predictors", nargs="*", choices=choices, default=list(known), help="these", metavar="NAME")
    parser.add_argument("--splits", type=int, default=10, help="random splits into training and test arms")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="how many processes work")
    parser.add_argument("--quick", action="store_true", help=f"2 splits, no more predictors than {', '.join(QUICK)}")
    parser.add_argument("--update-readme", action="store_true", help="put the tables into README.md")
    arguments = parser.parse_args()

    splits = min(arguments.splits, 2) if arguments.quick else arguments.splits
    asked = [name for name in arguments.predictors if not arguments.quick or name in QUICK or name in others]
    if left := [name for name in others if name not in asked]:
        print(f"not asked for: {', '.join(left)}", file=sys.stderr)
    settings = [known.get(name, Setting(name)) for name in asked]
    settings = [setting for setting in settings if _available(setting)]
    jobs = [
        Job(setting, table, curves, split)
        for setting in settings
        for table in groups
        if not arguments.tables or table in arguments.tables
        for curves in setting.curves
        for split in range(min(splits, setting.splits))
    ]
    start = time.perf_counter()
    if arguments.processes == 1:
        answers = [measure(job) for job in jobs]
    else:
        with Pool(arguments.processes) as pool:
            answers = pool.map(measure, jobs, chunksize=1)
    runs = [run for answer in answers for run in answer]
    rows = summarise(runs, groups)
    payload = {
        "benchmark": "calibration",
        "command": command(),
        "machine": machine(),
        "settings": {
            "levels": scoring.LEVELS,
            "tails": scoring.TAILS,
            "shares": SHARES,
            "best": BEST,
            "seed": SEED,
            "splits": splits,
            "made_up_arms": MADE_UP_ARMS,
        },
        "seconds": round(time.perf_counter() - start, 1),
        "cpu_seconds_of_forecasts": round(sum(run["seconds"] for run in runs), 1),
    }
    write_results(arguments.out, {**payload, "rows": rows})
    text = report(rows, default=DEFAULT, curves=TRAINING_CURVES)
    print(text)
    draw(rows, arguments.out.with_suffix(".png"), default=DEFAULT, curves=TRAINING_CURVES)
    if arguments.update_readme:
        update_readme(HERE / "README.md", "results", text)


if __name__ == "__main__":
    main()
