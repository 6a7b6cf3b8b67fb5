"""How well a quarter of a learning curve tells its end, on every shipped table. See README.md beside this file."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread a process, and as many processes as cores
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # bandits, where it is not installed
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import machine, update_readme, write_results

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Forecast, Link
from bandits.objectives import CurveTable
from bandits.predictors import SRM, LastSeenValue, Predictor
from bandits.rng import rng_for

HERE = Path(__file__).resolve().parent
TRAINING_CURVES = 100
SHARE = 0.25  # of the curve that is seen
SEED = 0
DRAWS = 1000  # of the random search, as in the paper
FOREST_DRAWS = 8  # a forest takes a hundred times as long to fit
TOLERANCE = 1.5  # R2 points within which a figure of the paper counts as reproduced

MODELS = ("auto", "svr_rbf", "svr_linear", "forest", "ols", "ridge", "last seen value")


@dataclass(frozen=True)
class Case:
    """One row of the results: a table, how it is read, and what the paper says of it (R2 x100 by model)."""

    title: str
    table: str
    options: tuple[tuple[str, str], ...] = ()
    link: str = "auto"
    paper: tuple[tuple[str, float], ...] = ()


TINY = (("svr_rbf", 85.78), ("svr_linear", 91.8), ("forest", 91.37), ("ols", 90.15))
LSTM = (("svr_rbf", 83.29), ("svr_linear", 98.59), ("forest", 91.38), ("ols", 89.8))

CASES = (
    Case(
        "MetaQNN CIFAR-10",
        "metaqnn_cifar10",
        paper=(("svr_rbf", 94.22), ("svr_linear", 94.44), ("forest", 92.27), ("ols", 93.22)),
    ),
    Case("MetaQNN SVHN", "metaqnn_svhn"),
    Case("Deep ResNets CIFAR-10", "deep_resnets_cifar10"),
    Case("Deep ResNets TinyImageNet", "deep_resnets_tinyimagenet", paper=TINY),
    Case("the same, failed runs removed", "deep_resnets_tinyimagenet", options=(("failed", "drop"),), paper=TINY),
    Case("LSTM PTB, raw perplexity", "lstm_ptb", link="IDENTITY", paper=LSTM),
    Case("the same, log perplexity inside", "lstm_ptb", link="LOG_LOSS", paper=LSTM),
    Case("AlexNet ImageNet", "alexnet_imagenet"),
    Case("NAS-Bench-NLP WikiText-2", "nas_bench_nlp_wikitext2"),
)


@cache
def load(case: Case) -> tuple[CurveTable, np.ndarray]:
    """A table and the rows that are used: those that were measured to their end without a gap."""
    table = CurveTable(case.table, **dict(case.options))
    return table, np.flatnonzero(np.isfinite(table.curves).all(axis=1))


def predictor_of(model: str, link_name: str, draws: int) -> Predictor:
    """The predictor under test."""
    link = "auto" if link_name == "auto" else Link[link_name]
    if model == "last seen value":
        return LastSeenValue(link=link)
    return SRM(model, link=link, draws=min(draws, FOREST_DRAWS) if model == "forest" else draws)


def measure(job: tuple[Case, str, int, int]) -> dict[str, Any]:
    """Fit one model on one split and forecast every other arm."""
    case, model, split, draws = job
    table, rows = load(case)
    horizon = table.max_epochs
    tau = max(1, round(SHARE * horizon))
    shuffled = rng_for(SEED, "split", split).permutation(rows)
    arms = [
        (Trial(int(row), table.configs[row], table.features(table.configs[row])), Curve(table.scores[row]))
        for row in shuffled
    ]
    history = History.from_curves(arms[:TRAINING_CURVES])
    test = arms[TRAINING_CURVES:]
    forecaster = predictor_of(model, case.link, draws).fit(history, horizon=horizon, rng=rng_for(SEED, model, split))
    start = time.process_time()
    answers = forecaster.forecast_many([(trial, curve.prefix(tau)) for trial, curve in test])
    seconds = time.process_time() - start
    pairs = [
        (f, float(curve.scores[-1])) for f, (_, curve) in zip(answers, test, strict=True) if isinstance(f, Forecast)
    ]
    forecast = np.array([table.metric.restore(f.mean) for f, _ in pairs])
    truth = np.array([table.metric.restore(score) for _, score in pairs])
    position = np.array([f.prob_at_most(score) for f, score in pairs])  # uniform if the forecasts are calibrated
    return {
        "case": case.title,
        "table": case.table,
        "model": model,
        "split": split,
        "rows": len(rows),
        "tau": tau,
        "horizon": horizon,
        "link": pairs[0][0].link.name,
        "r2": 100.0 * (1.0 - float(((truth - forecast) ** 2).sum() / ((truth - truth.mean()) ** 2).sum())),
        "spearman": float(spearmanr(truth, forecast).statistic),
        "better_than_95": 100.0 * float((position > 0.95).mean()),
        "worse_than_5": 100.0 * float((position < 0.05).mean()),
        "abstained": len(test) - len(pairs),
        "seconds": seconds,
    }


def mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """Mean and its standard error."""
    error = float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0
    return float(np.mean(values)), error


def summarise(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row a case and model, in the order of `CASES` and `MODELS`."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for run in runs:
        groups[run["case"], run["model"]].append(run)
    rows = []
    for case in CASES:
        for model in MODELS:
            group = groups.get((case.title, model))
            if not group:
                continue
            row = {key: group[0][key] for key in ("case", "table", "model", "rows", "tau", "horizon", "link")}
            for key in ("r2", "spearman", "better_than_95", "worse_than_5", "seconds"):
                row[key], row[f"{key}_se"] = mean_and_error([run[key] for run in group])
            row["paper"] = dict(case.paper).get(model)
            row["n"] = len(group)
            rows.append(row)
    return rows


def grid(rows: Sequence[dict[str, Any]], cell: Any, paper: bool = False) -> str:
    """A Markdown table: a line a case, a column a model."""
    lines = ["| table (rows, tau of T) | " + " | ".join(MODELS) + " |", "|---" * (len(MODELS) + 1) + "|"]
    for case in CASES:
        found = {row["model"]: row for row in rows if row["case"] == case.title}
        if not found:
            continue
        any_row = next(iter(found.values()))
        head = f"{case.title} ({any_row['rows']}, {any_row['tau']} of {any_row['horizon']})"
        cells = [cell(found[model]) if model in found else "" for model in MODELS]
        lines.append(f"| {head} | " + " | ".join(cells) + " |")
        if paper and case.paper:
            said = dict(case.paper)
            lines.append("| *paper* | " + " | ".join(f"*{said[m]}*" if m in said else "" for m in MODELS) + " |")
    return "\n".join(lines)


def verdicts(rows: Sequence[dict[str, Any]]) -> str:
    """Which figures of the paper reproduce, in words."""
    lines = []
    for case in CASES:
        known = [row for row in rows if row["case"] == case.title and row["paper"] is not None]
        if not known:
            continue
        parts = [f"{row['model']} {row['r2'] - row['paper']:+.1f}" for row in known]
        missed = [row["model"] for row in known if abs(row["r2"] - row["paper"]) > TOLERANCE]
        verdict = f"{', '.join(missed)} not reproduced" if missed else "reproduced"
        lines.append(f"- {case.title}: **{verdict}** (ours minus the paper's: {', '.join(parts)})")
    return "\n".join(lines)


def report(rows: Sequence[dict[str, Any]], splits: int, draws: int) -> str:
    """Everything that goes into the README."""
    r2 = grid(rows, lambda row: f"{row['r2']:.1f} ± {row['r2_se']:.1f}", paper=True)
    rho = grid(rows, lambda row: f"{row['spearman']:.3f}")
    tails = grid(rows, lambda row: f"{row['better_than_95']:.1f} / {row['worse_than_5']:.1f}")
    seconds = grid(rows, lambda row: f"{row['seconds']:.3f}")
    return "\n\n".join(
        [
            f"R2 x100, mean ± standard error over {splits} splits ({draws} draws, forests {min(draws, FOREST_DRAWS)}):",
            r2,
            f"Figures of the paper, reproduced within {TOLERANCE} points or not:",
            verdicts(rows),
            "Spearman's rank correlation of forecast and truth:",
            rho,
            "Percent of arms that ended better than their forecast's 95 % quantile / worse than its 5 % quantile "
            "(calibrated: 5.0 / 5.0):",
            tails,
            "CPU seconds for one fit and all forecasts of a split:",
            seconds,
        ]
    )


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "prediction.json", help="where the JSON goes")
    parser.add_argument("--tables", nargs="*", help="only these tables")
    parser.add_argument("--models", nargs="*", choices=MODELS, default=MODELS, help="only these models")
    parser.add_argument("--draws", type=int, default=DRAWS, help="draws of the random search")
    parser.add_argument("--splits", type=int, default=10, help="random splits into training and test arms")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="how many processes work")
    parser.add_argument("--update-readme", action="store_true", help="put the tables into README.md")
    arguments = parser.parse_args()

    cases = [case for case in CASES if not arguments.tables or case.table in arguments.tables]
    jobs = [
        (c, model, s, arguments.draws) for c in cases for model in arguments.models for s in range(arguments.splits)
    ]
    start = time.perf_counter()
    with Pool(arguments.processes) as pool:
        runs = pool.map(measure, jobs, chunksize=1)
    rows = summarise(runs)
    text = report(rows, arguments.splits, arguments.draws)
    print(text)
    settings = {
        "training_curves": TRAINING_CURVES,
        "share": SHARE,
        "seed": SEED,
        "splits": arguments.splits,
        "draws": arguments.draws,
        "forest_draws": min(arguments.draws, FOREST_DRAWS),
    }
    payload = {"benchmark": "prediction", "command": sys.argv, "machine": machine(), "settings": settings}
    wall = round(time.perf_counter() - start, 1)
    write_results(arguments.out, {**payload, "seconds": wall, "rows": rows, "runs": runs})
    if arguments.update_readme:
        update_readme(HERE / "README.md", "results", text)


if __name__ == "__main__":
    main()
