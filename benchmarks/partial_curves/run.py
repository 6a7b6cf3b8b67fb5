"""What curves that stopped early teach, as the searches leave them behind. See README.md beside this file."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Forecast
from bandits.objectives import SHIPPED_TABLES, CurveTable
from bandits.predictors import SRM
from bandits.rng import rng_for
from benchmarks.lib import scoring
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results

HERE = Path(__file__).resolve().parent

Arm = tuple[Trial, Curve]

SHARES = (0.05, 0.10, 0.25)  # of the curve that is seen
ARMS = 130  # that a search meets, at most
TEST_ARMS = 300  # others, that are forecast, at most
SEED = 0
FIRST_SPLIT = 10  # those before were looked at while settings were chosen
UNSEEN = HERE.parent / "unseen" / "tables"
RECORDED = sorted(path.name.removesuffix(".csv.gz") for path in UNSEEN.glob("*.csv.gz"))
SIDES = {
    "random": "the curves of arms that nothing stopped",
    "complete": "these, and the survivors",
    "partial": "these, and the curves that stopped",
    "all": "every arm trained to its end",
}
BASE = "complete"


def stopped_by_forecasts(arms: Sequence[Arm], horizon: int) -> tuple[list[Arm], list[Arm], list[Arm]]:
    """20 arms train to their end; of 100 others the least promising stop, most of them early.

    Returns:
        The 20, the survivors, and the curves that stopped.
    """
    complete, alive = list(arms[:20]), list(arms[20:120])
    forecaster = SRM(partial=False).fit(History.from_curves(complete), horizon=horizon, rng=rng_for(SEED, "dropping"))
    shares = {1: 30, 2: 20, 3: 15, 5: 10, round(0.25 * horizon): 10, round(0.5 * horizon): 5}
    stopped: list[Arm] = []
    for tau, drops in sorted(shares.items()):
        answers = forecaster.forecast_many([(trial, curve.prefix(tau)) for trial, curve in alive])
        promise = [
            answer.mean if isinstance(answer, Forecast) else float(curve.scores[tau - 1])
            for answer, (_, curve) in zip(answers, alive, strict=True)
        ]
        alive = _cut(alive, promise, len(alive) - drops, tau, stopped)
    return complete, alive, stopped


def halved(arms: Sequence[Arm], horizon: int) -> tuple[list[Arm], list[Arm], list[Arm]]:
    """10 arms train to their end (the last bracket of Hyperband); of two brackets of 60, 20 go beyond a ninth of the
    epochs, and 7 beyond a third."""
    survivors: list[Arm] = []
    stopped: list[Arm] = []
    for start in (10, 70):
        alive = list(arms[start : start + 60])
        for tau, kept in ((max(1, round(horizon / 9)), 20), (round(horizon / 3), 7)):
            alive = _cut(alive, [float(curve.scores[tau - 1]) for _, curve in alive], kept, tau, stopped)
        survivors += alive
    return list(arms[:10]), survivors, stopped


def _cut(alive: list[Arm], promise: Sequence[float], kept: int, tau: int, stopped: list[Arm]) -> list[Arm]:
    """The `kept` most promising, in their order; the others are added to `stopped`, cut at `tau`."""
    order = np.argsort(promise, kind="stable")
    stopped += [(alive[i][0], alive[i][1].prefix(tau)) for i in order[: len(alive) - kept]]
    return [alive[i] for i in sorted(order[len(alive) - kept :])]


SCENES: Mapping[str, Callable[[Sequence[Arm], int], tuple[list[Arm], list[Arm], list[Arm]]]] = {
    "forecasts": stopped_by_forecasts,
    "halving": halved,
}


@cache
def load(name: str) -> tuple[CurveTable, np.ndarray, scoring.Yardstick]:
    """A table, the rows that were measured to their end without a gap, and what is far on it."""
    table = CurveTable(name if name in SHIPPED_TABLES else UNSEEN / f"{name}.csv.gz")
    rows = np.flatnonzero(np.isfinite(table.curves).all(axis=1))
    return table, rows, scoring.yardstick_of(table.scores[rows, -1])


def measure(name: str, split: int) -> list[dict[str, Any]]:
    """Both scenes on one split of one table: every side learns, and forecasts the same arms."""
    table, rows, yardstick = load(name)
    horizon = table.max_epochs
    arms = [
        (Trial(int(row), table.configs[row], table.features(table.configs[row])), Curve(table.scores[row]))
        for row in rng_for(SEED, "split", split).permutation(rows)
    ]
    test = arms[ARMS : ARMS + TEST_ARMS]
    truth = np.array([curve.scores[-1] for _, curve in test])
    results = []
    for scene, stop in SCENES.items():
        free, survivors, stopped = stop(arms, horizon)
        whole = {trial.id: (trial, curve) for trial, curve in arms[:ARMS]}
        learnt = {
            "random": free,
            "complete": free + survivors,
            "partial": free + survivors + stopped,
            "all": free + survivors + [whole[trial.id] for trial, _ in stopped],
        }
        for side, curves in learnt.items():
            history = History.from_curves(curves)
            forecaster = SRM().fit(history, horizon=horizon, rng=rng_for(SEED, "fit", split))
            seconds = 0.0
            for share in SHARES:
                tau = max(1, round(share * horizon))
                start = time.process_time()
                forecaster.forecast(test[0][0], test[0][1].prefix(tau))
                seconds += time.process_time() - start
                answers = forecaster.forecast_many([(trial, curve.prefix(tau)) for trial, curve in test])
                told = np.array([isinstance(answer, Forecast) for answer in answers])
                result = {"table": name, "split": split, "scene": scene, "side": side, "share": share}
                forecasts = [answer for answer in answers if isinstance(answer, Forecast)]
                if len(forecasts) < 0.9 * len(test):
                    continue
                results.append({**result, "seconds": seconds, **scores(forecasts, truth[told], yardstick)})
    return results


def scores(forecasts: Sequence[Forecast], truth: np.ndarray, yardstick: scoring.Yardstick) -> dict[str, float]:
    """CRPS in units of the table's interquartile range; R2, of scores cut at three such units beyond the quartiles;
    shares of arms above the forecast's 90 % and 99 % quantiles."""
    means = np.clip([forecast.mean for forecast in forecasts], yardstick.low, yardstick.high)
    cut = np.clip(truth, yardstick.low, yardstick.high)
    said = np.clip(scoring.quantiles(forecasts, scoring.GRID), yardstick.low, yardstick.high)
    losses = 2.0 * ((cut[:, None] < said) - scoring.GRID) * (said - cut[:, None])
    tails = scoring.quantiles(forecasts, (0.9, 0.99))
    return {
        "crps": float(losses.mean()) / yardstick.unit,
        "r2": 1.0 - float(((means - cut) ** 2).mean() / cut.var()),
        "above_90": float((truth > tails[:, 0]).mean()),
        "above_99": float((truth > tails[:, 1]).mean()),
    }


def summarise(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row for each table, scene, share and side: means over splits, and CRPS against the complete curves alone."""
    summary = []
    cells = {(row["table"], row["scene"], row["share"], row["side"], row["split"]): row for row in rows}
    for table, scene, share, side in dict.fromkeys(key[:4] for key in cells):
        splits = sorted({key[4] for key in cells if key[:4] == (table, scene, share, side)})
        splits = [split for split in splits if (table, scene, share, BASE, split) in cells]
        mine = [cells[table, scene, share, side, split] for split in splits]
        base = [cells[table, scene, share, BASE, split] for split in splits]
        logs = [math.log(a["crps"] / b["crps"]) for a, b in zip(mine, base, strict=True)]
        if not logs:
            continue
        measures = ("crps", "r2", "above_90", "above_99", "seconds")
        means = {measure: float(np.mean([row[measure] for row in mine])) for measure in measures}
        error = float(np.std(logs) / math.sqrt(max(1, len(logs) - 1)))
        where = {"table": table, "scene": scene, "share": share, "side": side, "splits": len(splits)}
        summary.append({**where, **means, "log_ratio": float(np.mean(logs)), "log_ratio_error": error})
    return summary


def overall(rows: list[dict[str, Any]]) -> str:
    """Means over tables."""
    lines = [
        "| stopped by | seen | learnt from | CRPS | against complete ± se | R2 | above 90 % | above 99 % | CPU s |",
        "|---|---:|---|---:|---:|---:|---:|---:|---:|",
    ]
    for scene in SCENES:
        for share in SHARES:
            for side in SIDES:
                some = [row for row in rows if (row["scene"], row["share"], row["side"]) == (scene, share, side)]
                logs = np.array([row["log_ratio"] for row in some])
                error = float(logs.std(ddof=1)) / math.sqrt(len(logs)) if len(logs) > 1 else 0.0
                mean = {key: float(np.mean([row[key] for row in some])) for key in some[0] if key in _SHOWN}
                change = "-" if side == BASE else f"{100 * math.expm1(logs.mean()):+.1f}% ± {100 * error:.1f}"
                lines.append(
                    f"| {scene} | {share:.0%} | {side} | {mean['crps']:.3f} | {change} | {mean['r2']:.3f} "
                    f"| {mean['above_90']:.1%} | {mean['above_99']:.2%} | {mean['seconds']:.2f} |"
                )
    return "\n".join(lines)


_SHOWN = ("crps", "r2", "above_90", "above_99", "seconds")


def by_table(rows: list[dict[str, Any]]) -> str:
    """CRPS with the curves that stopped, against the complete ones alone."""
    columns = [(scene, share) for scene in SCENES for share in SHARES]
    lines = ["| table | " + " | ".join(f"{scene}, {share:.0%}" for scene, share in columns) + " |"]
    lines.append("|---|" + "---:|" * len(columns))
    for table in dict.fromkeys(row["table"] for row in rows):
        found = {(row["scene"], row["share"]): row for row in rows if (row["table"], row["side"]) == (table, "partial")}
        shown = [
            f"{100 * math.expm1(found[column]['log_ratio']):+.1f}% ± {100 * found[column]['log_ratio_error']:.1f}"
            if column in found
            else "-"
            for column in columns
        ]
        lines.append(f"| {table} | " + " | ".join(shown) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--tables", nargs="+", default=[*SHIPPED_TABLES, *RECORDED])
    parser.add_argument("--out", type=Path, default=HERE / "results" / "partial_curves.json")
    parser.add_argument("--update-readme", action="store_true")
    arguments = parser.parse_args()
    began = time.process_time()
    rows = []
    for table in arguments.tables:
        for split in range(FIRST_SPLIT, FIRST_SPLIT + arguments.splits):
            rows += measure(table, split)
        print(f"{table:28} {time.process_time() - began:6.0f} CPU s", flush=True)
    summary = summarise(rows)
    payload = {"benchmark": "partial_curves", "command": command(), "seed": SEED, "splits": arguments.splits}
    seconds = round(time.process_time() - began)
    write_results(arguments.out, {**payload, "cpu_seconds": seconds, "machine": machine(), "rows": summary})
    print(overall(summary), by_table(summary), sep="\n\n")
    if arguments.update_readme:
        update_readme(HERE / "README.md", "overall", overall(summary))
        update_readme(HERE / "README.md", "tables", by_table(summary))


if __name__ == "__main__":
    main()
