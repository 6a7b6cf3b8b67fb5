"""Early stopping as a user runs it: refits, audits and all.

    python -m benchmarks.early_stopping.whole_runs [--seeds 20] [--burn-ins 20 40] [--tables NAME ...] [--resume]
        [--risk 0.1] [--out FILE] [--update-readme]

`RandomSearch` over every row of a table with `EarlyStopper(SRM())`. Finished runs are kept in a file beside the
results, and `--resume` doesn't repeat them.
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import numpy as np

from bandits import EarlyStopper, RandomSearch, run
from bandits.predictors import SRM
from bandits.schedulers import State
from bandits.stopping import RiskControlledRule
from benchmarks.early_stopping.measuring import Task, arms_of, yardstick
from benchmarks.early_stopping.replaying import oracle_spends
from benchmarks.early_stopping.report import markdown
from benchmarks.early_stopping.run import gather
from benchmarks.early_stopping.summary import Rows, binomial_error
from benchmarks.early_stopping.tables import groups, load, order, sampler, variant_of
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results

HERE = Path(__file__).resolve().parent

GROUPS = ("shipped", "stress")


def one_run(task: Task) -> dict[str, Any]:
    """Run one search; the side's name holds the risk."""
    began = time.process_time()
    variant = variant_of(task.table, task.ordering)
    table, stick = load(task.table, variant), yardstick(task.table, variant)
    rule = RiskControlledRule(float(task.side.removeprefix("risk ")))
    stopper = EarlyStopper(SRM(), rule, seed=task.ordering)
    search = RandomSearch(len(table), table.max_epochs, stopper, burn_in=task.burn_in)
    drawn = sampler(task.table, table, task.ordering)
    result = run(search, table, sampler=drawn, seed=task.ordering)
    arms = arms_of(table, order(task.table, table, task.ordering), task.burn_in)
    best = float(arms.ends[arms.best])
    returned = -math.inf if result.best_value is None else table.metric.orient(result.best_value)
    return {
        "side": task.side,
        "table": task.table,
        "burn_in": task.burn_in,
        "ordering": task.ordering,
        "arms": len(arms),
        "full": arms.full,
        "oracle": oracle_spends(arms),
        "spent": result.epochs_trained,
        "dropped": result.count(State.DROPPED),
        "kept": int(returned >= best),
        "near": int(stick.near(best, returned)),
        "at_risk": bool(arms.best >= task.burn_in),
        "regret_percent": 100.0 * (best - returned) / stick.spread,
        "cpu_seconds": round(time.process_time() - began, 3),
    }


def summarise(runs: Rows) -> list[dict[str, Any]]:
    """One row a risk, table and burn-in."""
    rows = []
    for side, table, burn_in in dict.fromkeys((r["side"], r["table"], r["burn_in"]) for r in runs):
        mine = [r for r in runs if (r["side"], r["table"], r["burn_in"]) == (side, table, burn_in)]
        shares = [(r["full"] - r["spent"]) / (r["full"] - r["oracle"]) for r in mine]
        risky = [r for r in mine if r["at_risk"]]
        lost = sum(1 - r["near"] for r in risky) / len(risky) if risky else None
        rows.append(
            {
                "risk": float(side.removeprefix("risk ")),
                "table": table,
                "group": groups()[table],
                "burn_in": burn_in,
                "seeds": len(mine),
                "speed_up": sum(r["full"] for r in mine) / sum(r["spent"] for r in mine),
                "ceiling": sum(r["full"] for r in mine) / sum(r["oracle"] for r in mine),
                "share": float(np.mean(shares)),
                "share_se": float(np.std(shares, ddof=1) / math.sqrt(len(shares))) if len(shares) > 1 else 0.0,
                "kept": sum(r["kept"] for r in mine),
                "near": sum(r["near"] for r in mine),
                "lost": lost,
                "lost_se": None if lost is None else binomial_error(lost, len(risky)),
                "regret_percent": float(np.mean([r["regret_percent"] for r in mine])),
                "cpu_seconds": float(np.mean([r["cpu_seconds"] for r in mine])),
            }
        )
    return rows


def table_of(rows: Rows) -> str:
    head = [
        "table",
        "curves first",
        "speed-up",
        "ceiling",
        "share of the possible saving",
        "kept, within noise",
        "kept",
        "regret",
        "CPU s a run",
    ]
    known = list(groups())
    lines = [
        [
            row["table"],
            str(row["burn_in"]),
            f"{row['speed_up']:.1f}x",
            f"{row['ceiling']:.1f}x",
            f"{row['share']:.2f} ± {row['share_se']:.2f}",
            f"{row['near']}/{row['seeds']}",
            f"{row['kept']}/{row['seeds']}",
            f"{row['regret_percent']:.2f} %",
            f"{row['cpu_seconds']:.1f}",
        ]
        for row in sorted(rows, key=lambda row: (row["risk"], known.index(row["table"]), row["burn_in"]))
    ]
    return markdown(head, lines)


def main() -> None:
    parser = argument_parser(__doc__)
    default = [name for name, group in groups().items() if group in GROUPS]
    parser.add_argument("--tables", nargs="+", choices=list(groups()), default=default, metavar="NAME")
    parser.add_argument("--burn-ins", nargs="+", type=int, default=(20, 40))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--risk", type=float, default=RiskControlledRule().risk)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--resume", action="store_true", help="keep what an earlier call has measured")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "whole_runs.json")
    parser.add_argument("--update-readme", action="store_true")
    arguments = parser.parse_args()
    tasks = [
        Task(f"risk {arguments.risk:g}", table, burn_in, seed)
        for table in arguments.tables
        for burn_in in arguments.burn_ins
        for seed in range(arguments.seeds)
    ]
    kept = arguments.out.with_suffix(".runs.jsonl")
    runs = gather(tasks, kept, one_run, resume=arguments.resume, processes=arguments.processes)
    rows = summarise(runs)
    payload = {"benchmark": "early_stopping_whole_runs", "command": command(), "machine": machine()}
    write_results(arguments.out, {**payload, "settings": {"seeds": arguments.seeds}, "rows": rows})
    text = table_of(rows)
    print(text)
    if arguments.update_readme:
        update_readme(HERE / "README.md", "whole runs", text)


if __name__ == "__main__":
    main()
