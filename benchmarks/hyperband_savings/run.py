"""What a predictor saves inside Hyperband, on every shipped table.

    python -m benchmarks.hyperband_savings [--seeds 20] [--tables NAME ...] [--out FILE] [--update-readme]

Hyperband with R = the table's length, eta 3, as many outer loops as the table has rows for without using one twice (at
most 40, the paper's figure), one worker. The same seed with plain Hyperband, `srm` and the default rule, the same
looking ahead, `srm` with the paper's rule at its confidence for f-Hyperband, `last-seen-value` with the default rule,
and an oracle that knows the rung's end: inside rungs, no predictor that is never wrong saves more. The curves that a
predictor learns from are part of the run, and charged.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import time
from pathlib import Path
from typing import Any

from bandits import EarlyStopper, Hyperband, ProbabilityRule, RiskControlledRule, run
from bandits.objectives import SHIPPED_TABLES, CurveTable
from bandits.predictors import SRM, LastSeenValue, Predictor
from bandits.runtime.result import Result
from bandits.schedulers import State
from bandits.stopping import StoppingRule
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results
from benchmarks.lib.oracle import Oracle

HERE = Path(__file__).resolve().parent

ETA, MOST_LOOPS = 3, 40
PAPER = 0.95  # its confidence for f-Hyperband
SIDES = ("plain", "srm", "srm, looking ahead", "srm, confidence 0.95", "last-seen-value", "oracle")
LOOKING_AHEAD = "srm, looking ahead"


def one_run(task: tuple[str, str, int]) -> dict[str, Any]:
    table_name, side, seed = task
    table = CurveTable(table_name)
    sides: dict[str, tuple[Predictor, StoppingRule]] = {
        "srm": (SRM(), RiskControlledRule()),
        LOOKING_AHEAD: (SRM(), RiskControlledRule()),
        "srm, confidence 0.95": (SRM(), ProbabilityRule(PAPER)),
        "last-seen-value": (LastSeenValue(), RiskControlledRule()),
        "oracle": (Oracle(table), ProbabilityRule(PAPER)),
    }
    stopper = None
    if side != "plain":
        predictor, rule = sides[side]
        stopper = EarlyStopper(predictor, rule, seed=seed)
    loops = min(MOST_LOOPS, len(table) // Hyperband(table.max_epochs, ETA).total_trials)
    began = time.process_time()
    scheduler = Hyperband(table.max_epochs, ETA, loops, stopper, look_ahead=side == LOOKING_AHEAD)
    result = run(scheduler, table, seed=seed)
    return {
        "table": table_name,
        "side": side,
        "seed": seed,
        "loops": loops,
        "trials": len(result.trials),
        "epochs": result.epochs_trained,
        "late_epochs": late_epochs(result, loops),
        "seconds": result.seconds,
        "best": result.best_value,
        "regret": result.regret,
        "dropped": result.count(State.DROPPED),
        "failed": result.count(State.FAILED),
        "promotions": sum(rung.promoted for bracket in result.brackets for rung in bracket.rungs),
        "cpu_seconds": time.process_time() - began,
    }


def late_epochs(result: Result, loops: int) -> int:
    """Epochs of the second half of the loops, when curves to learn from exist."""
    first = len(result.brackets) // loops * (loops // 2)
    return sum(arm.epochs for arm in result.scheduler.arms.values() if arm.bracket >= first)


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--tables", nargs="+", default=list(SHIPPED_TABLES))
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=list(SIDES), metavar="NAME")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path, default=HERE / "results" / "hyperband_savings.json")
    parser.add_argument("--add", action="store_true", help="keep what the file holds of other tables")
    parser.add_argument("--update-readme", action="store_true")
    arguments = parser.parse_args()
    tasks = [(t, side, seed) for t in arguments.tables for side in arguments.sides for seed in range(arguments.seeds)]
    with multiprocessing.get_context("spawn").Pool(arguments.processes) as pool:
        runs = runs_of_others(arguments) if arguments.add else []
        for done in pool.imap(one_run, tasks):
            runs.append(done)
            if done["seed"] == arguments.seeds - 1:
                print(done["table"], done["side"], f"{done['cpu_seconds']:.1f} s", flush=True)
    runs.sort(key=lambda done: done["table"])
    rows = summarize(runs)
    text = table_of(rows)
    print(text)
    settings = {"eta": ETA, "risk": RiskControlledRule().risk, "kappa": None, "workers": 1, "seeds": arguments.seeds}
    payload = {"benchmark": "hyperband_savings", "command": command(), "machine": machine(), "settings": settings}
    write_results(arguments.out, {**payload, "rows": rows, "runs": runs})
    if arguments.update_readme:
        update_readme(HERE / "README.md", "results", text)


def runs_of_others(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """What was measured earlier, on tables that are not run now."""
    earlier = json.loads(arguments.out.read_text(encoding="utf-8"))["runs"]
    return [done for done in earlier if done["table"] not in arguments.tables]


def summarize(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row a table and side: means over seeds, each seed held against plain Hyperband with the same seed."""
    plain = {(r["table"], r["seed"]): r for r in runs if r["side"] == "plain"}
    rows = []
    for table in dict.fromkeys(done["table"] for done in runs):
        for side in dict.fromkeys(done["side"] for done in runs):
            mine = [r for r in runs if r["table"] == table and r["side"] == side]
            pairs = [(r, plain[r["table"], r["seed"]]) for r in mine]
            worse = [r["regret"] - p["regret"] for r, p in pairs]
            rows.append(
                {
                    "table": table,
                    "side": side,
                    "loops": mine[0]["loops"],
                    "trials": mine[0]["trials"],
                    "epochs": statistics.mean(r["epochs"] for r in mine),
                    "saved": 1 - sum(r["epochs"] for r in mine) / sum(p["epochs"] for _, p in pairs),
                    "saved_late": 1 - sum(r["late_epochs"] for r in mine) / sum(p["late_epochs"] for _, p in pairs),
                    "speed_up": sum(p["epochs"] for _, p in pairs) / sum(r["epochs"] for r in mine),
                    "dropped": statistics.mean(r["dropped"] for r in mine),
                    "best": statistics.mean(r["best"] for r in mine),
                    "regret": statistics.mean(r["regret"] for r in mine),
                    "same_best": sum(r["best"] == p["best"] for r, p in pairs),
                    "no_worse": sum(r["regret"] <= p["regret"] for r, p in pairs),
                    "regret_change": statistics.mean(worse),
                    "regret_change_se": statistics.stdev(worse) / len(worse) ** 0.5 if len(worse) > 1 else 0.0,
                    "cpu_seconds": statistics.mean(r["cpu_seconds"] for r in mine),
                    "seeds": len(mine),
                }
            )
    return rows


def table_of(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| table | loops, arms | side | epochs | saved | saved, second half | best value | regret | same best as plain "
        "| no worse | regret change ± se |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        first = row["side"] == "plain"
        lines.append(
            f"| {row['table'] if first else ''} | {row['loops']}, {row['trials']} | {row['side']} "
            f"| {row['epochs']:,.0f} | {row['saved']:.1%} | {row['saved_late']:.1%} "
            f"| {row['best']:.5g} | {row['regret']:.4g} "
            f"| {row['same_best']}/{row['seeds']} | {row['no_worse']}/{row['seeds']} "
            f"| {row['regret_change']:+.2g} ± {row['regret_change_se']:.1g} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
