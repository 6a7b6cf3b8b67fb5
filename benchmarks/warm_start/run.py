"""What curves of an earlier study save a new one, and what they cost it where they mislead.

    python -m benchmarks.warm_start [--seeds 10] [--tables NAME ...] [--processes N] [--out FILE] [--update-readme]

Each shipped table is split in two by the seed. 100 complete rows of one half are the earlier study; the other half is
the new one: random search over all its rows, and Hyperband (eta 3, as many outer loops as it has rows for without using
one twice, at most 40), one worker, the default predictor and rule. Sides: no predictor; a predictor without earlier
curves; with them; and with earlier curves that mislead: whole curves given to other rows, the scores of every
epoch given to other rows (so that starts tell nothing of ends), ends that are better by the quartile distance of all
ends (in proportion to the epoch), and, for the two tables of MetaQNN, curves of the other table. "warm, burn-in 5":
random search that trains 5 arms in full before one may be dropped, instead of its default.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandits import EarlyStopper, Hyperband, RandomSearch, run
from bandits.curves import Curve, Trial
from bandits.objectives import SHIPPED_TABLES, CurveTable
from bandits.predictors import SRM
from bandits.rng import rng_for
from bandits.schedulers import Scheduler, State
from bandits.stopping import EarlierCurves
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results

HERE = Path(__file__).resolve().parent

ETA, MOST_LOOPS, EARLIER, WARM_BURN_IN = 3, 40, 100, 5
ALGORITHMS = ("random", "hyperband")
PLAIN, COLD, WARM, WARM_SOONER = "plain", "cold", "warm", "warm, burn-in 5"
OTHER_ROWS, SCRAMBLED, SHIFTED, OTHER_TABLE = "curves of other rows", "scrambled", "shifted ends", "other table"
SIDES = (PLAIN, COLD, WARM, WARM_SOONER, OTHER_ROWS, SCRAMBLED, SHIFTED, OTHER_TABLE)
OTHERS = {"metaqnn_cifar10": "metaqnn_svhn", "metaqnn_svhn": "metaqnn_cifar10"}
PAPER = "up to 7x, Hyperband with the models of an earlier search (Baker et al. 2017, their Figure 8)"


def halves(table: CurveTable, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of the earlier study, complete ones only, and of the new one."""
    order = rng_for(seed, "halves").permutation(len(table))
    first, second = order[: len(table) // 2], order[len(table) // 2 :]
    return first[np.isfinite(table.curves[first]).all(axis=1)], second


def part_of(table: CurveTable, rows: NDArray[np.intp]) -> CurveTable:
    """Some rows of a table as a table."""
    configs = [{name: value for name, value in table.configs[row].items() if name != "row"} for row in rows]
    seconds = None if table.seconds is None else table.seconds[rows]
    return CurveTable.from_arrays(table.curves[rows], configs, metric=table.metric, seconds=seconds, name=table.name)


def earlier_of(side: str, table: CurveTable, new: CurveTable, seed: int) -> EarlierCurves:
    """The earlier study of a side, under the features of the new one."""
    source = CurveTable(OTHERS[table.name]) if side == OTHER_TABLE else table
    rows = halves(source, seed)[0][:EARLIER]
    scores = source.scores[rows]
    rng = rng_for(seed, "mislead")
    if side == OTHER_ROWS:
        scores = scores[rng.permutation(len(scores))]
    elif side == SCRAMBLED:
        scores = np.column_stack([rng.permutation(column) for column in scores.T])
    elif side == SHIFTED:
        low, high = np.quantile(scores[:, -1], (0.25, 0.75))
        scores = scores + (high - low) * np.arange(1, scores.shape[1] + 1) / scores.shape[1]
    names = set(new.feature_names)
    pairs = []
    for number, (row, curve) in enumerate(zip(rows, scores, strict=True), start=1):
        features = {name: value for name, value in source.features(source.configs[row]).items() if name in names}
        pairs.append((Trial(-number, {}, features), Curve(curve)))
    return EarlierCurves(pairs, sources=[side], seed=seed)


def scheduler_of(algorithm: str, stopper: EarlyStopper | None, table: CurveTable, *, sooner: bool) -> Scheduler:
    if algorithm == "random":
        burn_in = {"burn_in": WARM_BURN_IN} if sooner else {}
        return RandomSearch(len(table), table.max_epochs, stopper, **burn_in)
    trials = Hyperband(table.max_epochs, ETA).total_trials
    return Hyperband(table.max_epochs, ETA, max(1, min(MOST_LOOPS, len(table) // trials)), stopper)


def one_run(task: tuple[str, str, str, int]) -> dict[str, Any]:
    name, algorithm, side, seed = task
    table = CurveTable(name)
    new = part_of(table, halves(table, seed)[1])
    warm = side not in (PLAIN, COLD)
    began = time.process_time()
    earlier = earlier_of(side, table, new, seed) if warm else None
    stopper = None if side == PLAIN else EarlyStopper(SRM(), earlier=earlier, seed=seed)
    result = run(scheduler_of(algorithm, stopper, new, sooner=side == WARM_SOONER), new, seed=seed)
    status = None if earlier is None else earlier.status(result.scheduler.training)
    return {
        "table": name,
        "algorithm": algorithm,
        "side": side,
        "seed": seed,
        "trials": len(result.trials),
        "epochs": result.epochs_trained,
        "best": result.best_value,
        "regret": result.regret,
        "dropped": result.count(State.DROPPED),
        "earlier_dropped": None if status is None else bool(status.dropped),
        "held_against": None if status is None else status.checked,
        "earlier": None if status is None else status.sentence(),
        "cpu_seconds": time.process_time() - began,
    }


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--tables", nargs="+", default=list(SHIPPED_TABLES))
    parser.add_argument("--algorithms", nargs="+", default=list(ALGORITHMS), choices=ALGORITHMS)
    parser.add_argument("--sides", nargs="+", default=list(SIDES), choices=SIDES)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path, default=HERE / "results" / "warm_start.json")
    parser.add_argument("--update-readme", action="store_true")
    arguments = parser.parse_args()
    sides = list(dict.fromkeys([PLAIN, COLD, *arguments.sides]))  # what the others are held against
    tasks = [
        (table, algorithm, side, seed)
        for table in arguments.tables
        for algorithm in arguments.algorithms
        for side in sides
        for seed in range(arguments.seeds)
        if (side != OTHER_TABLE or table in OTHERS) and (side != WARM_SOONER or algorithm == "random")
    ]
    with multiprocessing.get_context("spawn").Pool(arguments.processes) as pool:
        runs = []
        for done in pool.imap(one_run, tasks):
            runs.append(done)
            if done["seed"] == arguments.seeds - 1:
                print(done["table"], done["algorithm"], done["side"], f"{done['cpu_seconds']:.1f} s", flush=True)
    rows = summarize(runs)
    text = table_of(rows)
    print(text)
    settings = {"eta": ETA, "earlier": EARLIER, "warm_burn_in": WARM_BURN_IN, "seeds": arguments.seeds, "paper": PAPER}
    payload = {"benchmark": "warm_start", "command": command(), "machine": machine(), "settings": settings}
    write_results(arguments.out, {**payload, "rows": rows, "runs": runs})
    if arguments.update_readme:
        update_readme(HERE / "README.md", "results", text)


def summarize(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row a table, algorithm and side: sums over seeds, and seed by seed against the run without a predictor."""
    by_key = {(r["table"], r["algorithm"], r["side"], r["seed"]): r for r in runs}
    rows = []
    for table, algorithm, side in dict.fromkeys((r["table"], r["algorithm"], r["side"]) for r in runs):
        mine = [r for r in runs if (r["table"], r["algorithm"], r["side"]) == (table, algorithm, side)]
        plain = [by_key[table, algorithm, PLAIN, r["seed"]] for r in mine]
        cold = [by_key[table, algorithm, COLD, r["seed"]] for r in mine]
        worse = [r["regret"] - p["regret"] for r, p in zip(mine, plain, strict=True)]
        spent = sum(r["epochs"] for r in mine)
        parted = [r["held_against"] for r in mine if r["earlier_dropped"]]
        rows.append(
            {
                "table": table,
                "algorithm": algorithm,
                "side": side,
                "seeds": len(mine),
                "epochs": spent / len(mine),
                "speed_up": sum(p["epochs"] for p in plain) / spent,
                "over_cold": sum(c["epochs"] for c in cold) / spent,
                "same_best": sum(r["best"] == p["best"] for r, p in zip(mine, plain, strict=True)),
                "regret_change": statistics.mean(worse),
                "regret_change_se": statistics.stdev(worse) / len(worse) ** 0.5 if len(worse) > 1 else 0.0,
                "earlier_dropped": None if mine[0]["earlier_dropped"] is None else len(parted),
                "dropped_after": statistics.median(parted) if parted else None,
                "cpu_seconds": statistics.mean(r["cpu_seconds"] for r in mine),
            }
        )
    return rows


def table_of(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| table | algorithm | earlier curves | epochs | speed-up | over cold | same best as plain "
        "| regret change ± se | earlier curves dropped (after, median) | CPU s |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        first = row["side"] == PLAIN
        parted = "" if row["earlier_dropped"] is None else f"{row['earlier_dropped']}/{row['seeds']}"
        after = "" if row["dropped_after"] is None else f" ({row['dropped_after']:g})"
        lines.append(
            f"| {row['table'] if first else ''} | {row['algorithm'] if first else ''} | {row['side']} "
            f"| {row['epochs']:,.0f} | {row['speed_up']:.2f}x | {row['over_cold']:.2f}x "
            f"| {row['same_best']}/{row['seeds']} | {row['regret_change']:+.2g} ± {row['regret_change_se']:.1g} "
            f"| {parted}{after} | {row['cpu_seconds']:.1f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
