"""A table of learning curves, recorded in as many calls as it takes.

Each call trains what is missing and writes a file of its own, `NAME.part0.csv`, `NAME.part1.csv`, ...; from all of them
`NAME.csv` is put together. No net is given to two trials, so a row's net says which trial it was: rows need no order,
and a call that was killed has lost only what was under way.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bandits.studies.writers.table_text import column_name
from bandits.tools.record import record
from benchmarks.gpu.budget import Budget
from benchmarks.gpu.mps import mps
from benchmarks.gpu.samplers import Chosen, LightNets
from benchmarks.gpu.settings import Setting, Sizes

__all__ = ["measure_recording", "merge"]

BATCH_SIZE = 256
_Row = dict[str, str]


def measure_recording(
    setting: Setting, sizes: Sizes, budget: Budget, no_mps: str | None, folder: Path
) -> dict[str, Any]:
    """Train what is missing until the time is up, and put the table together.

    Args:
        setting, sizes, budget: as for all parts.
        no_mps: why the Multi-Process Service cannot be used; None: it is.
        folder: where the files of earlier calls are, and the new one goes.
    """
    objective = setting.objective(max_epochs=sizes.epochs, batch_size=BATCH_SIZE)
    sampler = LightNets(objective, setting.seed, sizes.heaviest)
    name = f"cnn_{setting.data.replace('-', '_')}"
    numbers = {str(sampler.propose(number)["net"]): number for number in range(sizes.trials)}
    folder.mkdir(parents=True, exist_ok=True)
    before = merge(folder, name, numbers, metric=column_name(objective.metric.name), epochs=sizes.epochs)
    missing = [number for number in range(sizes.trials) if number not in before]
    about: dict[str, Any] = {"rows_before": len(before)}
    if missing:
        part = _free_part(folder, name)
        objective.chosen = Chosen(sampler, missing)
        with mps(no_mps is None):
            recording = record(
                objective, folder / f"{name}.part{part}.csv",
                trials=len(missing), seed=setting.seed + part, workers=setting.workers, watch=budget.watch,
            )  # fmt: skip
        about |= {"part": part, "seconds": recording.result.seconds, "epochs": recording.result.epochs_trained}
        about |= {"failed": json.loads(recording.about.read_text(encoding="utf-8"))["failed"]}
    rows = merge(folder, name, numbers, metric=column_name(objective.metric.name), epochs=sizes.epochs)
    print(f"{len(rows)} of {sizes.trials} trials are recorded", flush=True)
    return {
        "table": f"{name}.csv",
        "trials": sizes.trials,
        "max_epochs": sizes.epochs,
        "workers": setting.workers,
        "batch_size": BATCH_SIZE,
        "heaviest": sizes.heaviest,
        "mps": no_mps is None,
        **about,
        "rows": len(rows),
        "done": len(rows) == sizes.trials,
    }


def merge(folder: Path, name: str, numbers: Mapping[str, int], *, metric: str, epochs: int) -> dict[int, _Row]:
    """Put the rows of all parts together, in the order of their trials, and write them where there are any.

    A row counts if it was trained to the end, or failed: what its training gave until then is kept.

    Args:
        folder: of the parts.
        name: of the table.
        numbers: which trial each net belongs to.
        metric: what the columns of the curve are called.
        epochs: of a full training.

    Returns:
        The rows by trial.
    """
    rows: dict[int, _Row] = {}
    for part in sorted(folder.glob(f"{name}.part*.csv")):
        failed = _failed(part)
        with part.open(encoding="utf-8", newline="") as file:
            for place, row in enumerate(csv.DictReader(file)):
                if row["net"] in numbers and (row[f"{metric}_{epochs}"] or place in failed):
                    rows[numbers[row["net"]]] = row
    ordered = dict(sorted(rows.items()))
    if ordered:
        _write(folder / f"{name}.csv", list(ordered.values()))
    return ordered


def _failed(part: Path) -> set[int]:
    """Places of the rows whose trials failed; a part that was killed does not tell."""
    about = part.with_suffix(".json")
    if not about.is_file():
        return set()
    return {int(trial) for trial in json.loads(about.read_text(encoding="utf-8"))["failed"]}


def _write(path: Path, rows: list[_Row]) -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _free_part(folder: Path, name: str) -> int:
    part = 0
    while (folder / f"{name}.part{part}.csv").exists():
        part += 1
    return part
