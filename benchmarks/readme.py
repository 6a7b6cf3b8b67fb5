"""Puts measured figures into the project's README: the main job's output, and what the benchmarks' results say.

    python benchmarks/readme.py

Reads the results that the benchmarks have written; runs the main job.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from common import update_readme

ROOT = Path(__file__).resolve().parents[1]
MAIN_JOB = "run hyperband --predictor srm --loops 40"


def main() -> None:
    readme = ROOT / "README.md"
    shown = subprocess.run(
        [sys.executable, "-m", "bandits", *MAIN_JOB.split()], check=True, capture_output=True, text=True
    ).stdout
    lines = "\n".join(line.rstrip() for line in shown.splitlines())
    update_readme(readme, "main job", f"\n```\n{lines}\n```\n")
    results = json.loads((ROOT / "benchmarks/hyperband_savings/results/hyperband_savings.json").read_text())
    update_readme(readme, "savings", "\n" + savings(results["rows"]) + "\n")


def savings(rows: list[dict]) -> str:
    by = {(row["table"], row["side"]): row for row in rows}
    lines = [
        "| table | epochs, plain | saved, srm | best kept | regret change ± se | saved, oracle |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for table in dict.fromkeys(row["table"] for row in rows):
        plain, srm, oracle = by[table, "plain"], by[table, "srm"], by[table, "oracle"]
        lines.append(
            f"| {table} | {plain['epochs']:,.0f} | {srm['saved']:.0%} | {srm['same_best']} of {srm['seeds']} "
            f"| {srm['regret_change']:+.2g} ± {srm['regret_change_se']:.1g} | {oracle['saved']:.0%} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
