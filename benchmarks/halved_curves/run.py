"""Forecasts of 60 arms as successive halving leaves them, none of them complete. See README.md beside this file."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Forecast
from bandits.objectives import CurveTable
from bandits.predictors import CurveProcess
from bandits.rng import rng_for
from benchmarks.halved_curves.families import FAMILIES
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results
from benchmarks.stress.families import STRESS

HERE = Path(__file__).resolve().parent
SHIPPED = (
    *("alexnet_imagenet", "deep_resnets_cifar10", "deep_resnets_tinyimagenet", "lstm_ptb"),
    *("metaqnn_cifar10", "metaqnn_svhn", "nas_bench_nlp_wikitext2", "lstm_shakespeare"),
)
MADE = (*STRESS, *FAMILIES)
ARMS, SURVIVORS, TOP, SEED = 60, (24, 10, 3), 5, 0

Arm = tuple[Trial, Curve]


def load(name: str) -> list[Arm]:
    """The complete rows of a shipped table or of a made-up family."""
    if name in FAMILIES:
        scores, features = FAMILIES[name]()
        named = [{f"x{j}": float(value) for j, value in enumerate(row)} for row in features]
        return [(Trial(i, {}, named[i]), Curve(row)) for i, row in enumerate(scores)]
    table = STRESS[name](300, SEED) if name in STRESS else CurveTable(name)
    rows = np.flatnonzero(np.isfinite(table.curves).all(axis=1)).tolist()
    return [(Trial(row, {}, table.features(table.configs[row])), Curve(table.scores[row])) for row in rows]


def halved(arms: Sequence[Arm]) -> list[Arm]:
    """Of 60 arms 36 stop at about T/25, 14 at T/9, 7 at T/3 and 3 at 0.8 T, the worst of those left each time."""
    horizon = arms[0][1].tau
    stops = max(1, round(horizon / 25)), max(2, round(horizon / 9)), max(3, round(horizon / 3)), round(0.8 * horizon)
    reached = np.full(len(arms), stops[0])
    alive = np.arange(len(arms))
    for kept, seen, goes_to in zip(SURVIVORS, stops, stops[1:], strict=False):
        scores = np.array([arms[i][1].scores[seen - 1] for i in alive.tolist()])
        alive = alive[np.argsort(-scores, kind="stable")[:kept]]
        reached[alive] = goes_to
    return [(trial, curve.prefix(int(tau))) for (trial, curve), tau in zip(arms, reached, strict=True)]


def measure(arms: Sequence[Arm], split: int) -> dict[str, float]:
    """One split: what the process says of 60 arms, and what their last values say."""
    order = rng_for(SEED, "halved", split).permutation(len(arms))[:ARMS]
    chosen = [arms[i] for i in order]
    seen, ends = halved(chosen), np.array([curve.scores[-1] for _, curve in chosen])
    history, horizon = History.from_curves(seen), chosen[0][1].tau
    rng = rng_for(SEED, "fit", split)
    start = time.process_time()
    forecaster = CurveProcess().fit(history, horizon=horizon, rng=rng)
    fitted = time.process_time()
    CurveProcess().refit(forecaster, history, horizon=horizon, rng=rng)
    refitted = time.process_time()
    forecasts = [answer for answer in forecaster.forecast_many(seen) if isinstance(answer, Forecast)]
    means = np.array([forecast.mean for forecast in forecasts])
    low, high = np.array([forecast.interval(0.9) for forecast in forecasts]).T
    last = np.array([curve.scores[-1] for _, curve in seen])
    spread = float(np.subtract(*np.percentile(ends, [75, 25]))) + 1e-12
    return {
        "spearman": _spearman(means, ends),
        "spearman_last": _spearman(last, ends),
        "recall": _recall(means, ends),
        "recall_last": _recall(last, ends),
        "coverage": float(np.mean((low <= ends) & (ends <= high))),
        "width": float(np.median(high - low)) / spread,
        "error": float(np.median(np.abs(means - ends))) / spread,
        "fit_seconds": fitted - start,
        "refit_seconds": refitted - fitted,
    }


def _spearman(said: np.ndarray, ends: np.ndarray) -> float:
    return float(spearmanr(said, ends)[0]) if np.ptp(said) > 0 else 0.0


def _recall(said: np.ndarray, ends: np.ndarray) -> float:
    best = [set(np.argsort(-scores, kind="stable")[:TOP].tolist()) for scores in (said, ends)]
    return len(best[0] & best[1]) / TOP


def report(rows: Sequence[dict[str, Any]]) -> str:
    """A line for each table, and the mean of them."""
    lines = [
        "| table | Spearman | last value | top 5 found | last value "
        "| in the 90 % interval | width | error | CPU s, fit | refit |",
        "|---|" + "---:|" * 9,
    ]
    numbers = [key for key in rows[0] if key != "table"]
    mean = {"table": "**mean**", **{key: float(np.mean([row[key] for row in rows])) for key in numbers}}
    lines += [
        f"| {row['table']} | {row['spearman']:.2f} | {row['spearman_last']:.2f} | {row['recall']:.2f} "
        f"| {row['recall_last']:.2f} | {row['coverage']:.0%} | {row['width']:.2f} | {row['error']:.2f} "
        f"| {row['fit_seconds']:.2f} | {row['refit_seconds']:.3f} |"
        for row in (*rows, mean)
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--tables", nargs="+", default=[*SHIPPED, *MADE], choices=[*SHIPPED, *MADE], metavar="NAME")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "halved_curves.json")
    parser.add_argument("--update-readme", action="store_true")
    arguments = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for name in arguments.tables:
        arms = load(name)
        splits = [measure(arms, split) for split in range(arguments.splits)]
        rows.append({"table": name, **{key: float(np.mean([row[key] for row in splits])) for key in splits[0]}})
        print(report(rows[-1:]).splitlines()[2], flush=True)
    payload = {"benchmark": "halved_curves", "command": command(), "seed": SEED, "splits": arguments.splits}
    write_results(arguments.out, {**payload, "machine": machine(), "rows": rows})
    for group, names in (("shipped", SHIPPED), ("made", MADE)):
        found = [row for row in rows if row["table"] in names]
        if found:
            print(report(found))
            if arguments.update_readme:
                update_readme(HERE / "README.md", group, report(found))


if __name__ == "__main__":
    main()
