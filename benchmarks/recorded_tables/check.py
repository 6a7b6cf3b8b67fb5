"""Are the recorded tables what this version trains? A few rows of each, trained again.

    python -m benchmarks.recorded_tables.check [--rows 6] [--epochs 5] [--update-readme]

Rows are drawn with a fixed seed. A row is trained from its configuration and its training's seed, as recorded, on one
thread, and its first epochs are held against the table. On the recording's processor and version of torch they are
equal to the last bit; elsewhere the differences say how much the last digits matter.
"""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np

from bandits.curves import Trial
from bandits.objectives import CNNObjective, CurveTable, LSTMObjective, Objective
from bandits.rng import rng_for
from benchmarks.lib.common import argument_parser, machine, update_readme, write_results

HERE = Path(__file__).resolve().parent

TABLES = HERE.parents[1] / "bandits" / "objectives" / "tables"


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--rows", type=int, default=6, help="of each table")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "check.json")
    parser.add_argument("--update-readme", action="store_true")
    arguments = parser.parse_args()
    rows = [
        row
        for name, objective in objectives().items()
        for row in compared(name, objective, count=arguments.rows, epochs=arguments.epochs)
    ]
    write_results(arguments.out, {"machine": machine(), "rows": rows})
    text = report(rows, arguments.epochs)
    print(text)
    if arguments.update_readme:
        update_readme(HERE / "README.md", "recorded", overview())
        update_readme(HERE / "README.md", "check", text)


def objectives() -> dict[str, Objective]:
    """What each table was recorded from. Schedules depend on the length, so it is the table's."""
    return {
        name: make(data, max_epochs=CurveTable(name).max_epochs, device="cpu")
        for name, make, data in (
            ("cnn_digits", CNNObjective, "digits"),
            ("lstm_shakespeare", LSTMObjective, "shakespeare"),
        )
    }


def overview() -> str:
    """What each table holds, and what it took."""
    lines = [
        "| table | configurations | epochs | took | failed | final: best | quartiles | worst | seconds an epoch |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name in objectives():
        table = CurveTable(name)
        source = json.loads((TABLES / name / "table.json").read_text(encoding="utf-8"))["source"]
        final = table.curves[:, -1][~np.isnan(table.curves[:, -1])]
        ends = np.sort(final if table.metric.goal == "minimize" else -final)
        best, low, median, high, worst = np.abs(np.quantile(ends, (0, 0.25, 0.5, 0.75, 1)))
        assert table.seconds is not None
        cells = (
            name,
            f"{len(table):,}",
            table.max_epochs,
            source["took"],
            len(table) - len(final),
            f"{best:.4g}",
            f"{low:.4g}, {median:.4g}, {high:.4g}",
            f"{worst:.4g}",
            f"{np.nanmean(table.seconds):.2g}",
        )
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return "\n".join(lines)


def compared(name: str, objective: Objective, *, count: int, epochs: int) -> list[dict[str, Any]]:
    """Some rows of a table, trained again."""
    table = CurveTable(name)
    with gzip.open(TABLES / name / "curves.csv.gz", "rt", encoding="utf-8", newline="") as file:
        seeds = [int(line["seed"]) for line in csv.DictReader(file)]
    found = []
    for row in sorted(rng_for(0, "rows", name).choice(len(table), size=count, replace=False).tolist()):
        config = {
            key: value for key, value in table.configs[row].items() if key not in ("row", "seed", "num_params", "depth")
        }
        config = {key: value == "True" if value in ("True", "False") else value for key, value in config.items()}
        trial = Trial(row, config, objective.features(config), seeds[row])
        values = [measurement.value for measurement in objective.train(trial, 0, epochs)]
        objective.release(trial)
        recorded = table.curves[row, :epochs].tolist()
        worst = max(abs(a - b) for a, b in zip(values, recorded, strict=True))
        found.append({"table": name, "row": row, "values": values, "recorded": recorded, "largest_difference": worst})
        print(f"{name} row {row}: largest difference {worst:g}", flush=True)
    return found


def report(rows: list[dict[str, Any]], epochs: int) -> str:
    lines = ["| table | rows trained again | equal to the last bit | largest difference |", "|---|---:|---:|---:|"]
    for name in dict.fromkeys(row["table"] for row in rows):
        mine = [row["largest_difference"] for row in rows if row["table"] == name]
        equal = sum(difference == 0 for difference in mine)
        lines.append(f"| {name} | {len(mine)}, {epochs} epochs each | {equal} | {max(mine):g} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
