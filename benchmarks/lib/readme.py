"""Puts measured figures into the documentation: the main job's output, and what the benchmarks' results say.

    python -m benchmarks.lib.readme

Reads the results that the benchmarks have written; runs the main job.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.lib.common import update_readme

LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)  # of benchmarks/calibration
ROOT = Path(__file__).resolve().parents[2]
MAIN_JOB = "run hyperband --predictor srm --loops 40"
WHAT_IF = "what-if table:lstm_ptb"
PRUNERS = {  # sides of benchmarks/optuna_pruner
    "srm": "`PredictivePruner(SRM())`",
    "srm-0.95": "the same, `confidence=0.95`",
    "srm+hyperband": "the same, `inner=HyperbandPruner()`",
    "hyperband": "`HyperbandPruner`",
    "median": "`MedianPruner`",
    "wilcoxon": "`WilcoxonPruner`",
    "halving": "`SuccessiveHalvingPruner`",
    "none": "none",
}


def main() -> None:
    readme = ROOT / "README.md"
    update_readme(readme, "main job", f"\n```\n{shown_by(MAIN_JOB)}\n```\n")
    before_the_list, _, _ = shown_by(WHAT_IF).partition("\n\ndropped")
    update_readme(readme, "what if", f"\n```\n{before_the_list}\n```\n")
    quality = json.loads((ROOT / "benchmarks/optuna_pruner/results/quality.json").read_text())
    update_readme(readme, "pruners", "\n" + pruners(quality["rows"]) + "\n")
    results = json.loads((ROOT / "benchmarks/hyperband_savings/results/hyperband_savings.json").read_text())
    update_readme(readme, "savings", "\n" + savings(results["rows"]) + "\n")
    stopping = json.loads((ROOT / "benchmarks/early_stopping/results/early_stopping.json").read_text())
    update_readme(ROOT / "docs/stopping.md", "stopping", "\n" + early_stopping(stopping["rows"]) + "\n")
    calibration = json.loads((ROOT / "benchmarks/calibration/results/calibration.json").read_text())
    update_readme(ROOT / "docs/how-to-choose.md", "measured", "\n" + choice(calibration["rows"]) + "\n")


def shown_by(arguments: str) -> str:
    """What the command prints."""
    command = [sys.executable, "-m", "bandits", *arguments.split()]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return "\n".join(line.rstrip() for line in shown.splitlines())


def savings(rows: list[dict[str, Any]]) -> str:
    by = {(row["table"], row["side"]): row for row in rows}
    lines = [
        "| table | epochs, plain | saved, srm | best kept | saved, looking ahead | best no worse | saved, oracle |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for table in dict.fromkeys(row["table"] for row in rows):
        sides = ("plain", "srm", "srm, looking ahead", "oracle")
        plain, srm, ahead, oracle = (by[table, side] for side in sides)
        lines.append(
            f"| {table} | {plain['epochs']:,.0f} | {srm['saved']:.0%} | {srm['same_best']} of {srm['seeds']} "
            f"| {ahead['saved']:.0%} | {ahead['no_worse']} of {ahead['seeds']} | {oracle['saved']:.0%} |"
        )
    return "\n".join(lines)


def pruners(rows: list[dict[str, Any]]) -> str:
    """One line a pruner: mean regret over tables after 40 full trainings."""
    overall = [row for row in rows if row["table"] == "" and row["budget"] == 40]
    by = {(row["side"], row["sampling"]): row for row in overall}
    lines = [
        "| pruner | random sampling, regret | TPE, regret | pruned, yet better than the best |",
        "|---|---:|---:|---:|",
    ]
    for side, name in PRUNERS.items():
        cells = [f"{by[side, how]['regret']:.1%} ± {by[side, how]['error']:.1%}" for how in ("random", "tpe")]
        lost = mean(by[side, how]["lost"] for how in ("random", "tpe"))
        lines.append(f"| {name} | {' | '.join(cells)} | {lost:.1f} |")
    return "\n".join(lines)


def early_stopping(rows: list[dict[str, Any]]) -> str:
    """One line a table: the default predictor and rule after 40 complete curves."""
    mine = [row for row in rows if (row["side"], row["rule"], row["burn_in"], row["keep"]) == ("srm", "risk", 40, 1)]
    by = {(row["table"], row["level"]): row for row in mine}
    lines = [
        "| table | speed-up | share | kept | risk, half-tables: 5 % | 10 % | 20 % |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for table in dict.fromkeys(row["table"] for row in mine):
        row = by[table, 0.1]
        lost = (f"{100 * by[table, level]['halves']['lost']:.0f}" for level in (0.05, 0.1, 0.2))
        lines.append(
            f"| {table} | {row['speed_up']:.1f}x | {row['share']:.2f} | {row['near']} of {row['orderings']} "
            f"| {' | '.join(lost)} |"
        )
    return "\n".join(lines)


def choice(rows: list[dict[str, Any]]) -> str:
    """One line a predictor: means over all real tables, a quarter of the curve, 100 training curves."""
    lines = [
        "| predictor | CRPS | rank correlation | in the 90 % interval | of the best tenth | width | CPU s a table |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    chosen = [
        row
        for row in rows
        if row["share"] == 0.25 and row["curves"] == 100 and row["group"] in ("shipped", "recorded") and row["scored"]
    ]
    for predictor in dict.fromkeys(row["predictor"] for row in chosen):
        mine = [row for row in chosen if row["predictor"] == predictor]
        ninety = LEVELS.index(0.9)
        lines.append(
            f"| `{predictor}` | {mean(row['crps'] for row in mine):.3f} | {mean(row['rank'] for row in mine):.2f} "
            f"| {mean(row['coverage'][ninety] for row in mine):.0f} % "
            f"| {mean(row['coverage_best'][ninety] for row in mine):.0f} % "
            f"| {mean(row['width'] for row in mine):.2f} | {mean(row['seconds'] for row in mine):.2g} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
