"""Turns a recording into a table that comes with the package.

    bandits record --objective cnn:digits --trials 300 --epochs 30 --workers 2 --out cnn_digits.csv
    python -m benchmarks.recorded_tables.ship cnn_digits.csv

Writes bandits/objectives/tables/NAME/{curves.csv.gz,table.json,LICENSE}: the csv as it is, gzipped, and what is known
about it: from the file that `bandits record` writes beside it, and from notes.json.
"""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from pathlib import Path
from typing import Any

from benchmarks.lib.common import argument_parser

ROOT = Path(__file__).resolve().parents[2]
TABLES = ROOT / "bandits" / "objectives" / "tables"

NOTES = json.loads((Path(__file__).parent / "notes.json").read_text(encoding="utf-8"))


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("recordings", nargs="+", type=Path, metavar="FILE.csv", help="named as the table will be")
    for recording in parser.parse_args().recordings:
        ship(recording)


def ship(recording: Path) -> None:
    """Write the folder of one table."""
    folder = TABLES / recording.stem
    folder.mkdir(exist_ok=True)
    content = recording.read_bytes()
    (folder / "curves.csv.gz").write_bytes(gzip.compress(content, mtime=0))  # no time in it: the same file every time
    shutil.copy(ROOT / "LICENSE", folder / "LICENSE")
    about = json.loads(recording.with_suffix(".json").read_text(encoding="utf-8"))
    header = next(csv.reader(content.decode().splitlines()))
    notes = notes_of(recording.stem, about, rows=content.count(b"\n") - 1, header=header)
    (folder / "table.json").write_text(json.dumps(notes, indent=2) + "\n", encoding="utf-8")
    print(f"{folder}: {notes['title']}")


def notes_of(name: str, about: dict[str, Any], *, rows: int, header: list[str]) -> dict[str, Any]:
    """What stands in a table.json."""
    known = NOTES[name]
    numbers = {key: about[key] for key in ("trials", "epochs", "workers", "seed")} | {"rows": rows}
    prefix = about["metric"]["name"].replace(" ", "_") + "_"
    configured = [column for column in header if not column.rpartition("_")[2].isdigit()]
    assert set(configured) == set(known["columns"]), configured
    environment = about["environment"]
    machine = f"{environment['cores']} cores of an {environment['processor']}, {environment['system']}"
    return {
        "title": known["title"].format(**numbers),
        "source": {
            "command": known["command"].format(**numbers),
            "began": about["began"],
            "took": f"{about['seconds']:,.0f} s",
        },
        "citation": f"Recorded with this library. Data: {known['data']}",
        "licence": "MIT",
        "derivation": "The csv as `bandits record` wrote it, gzipped.",
        "metric": about["metric"],
        "epochs": {
            "prefix": prefix,
            "first_is_untrained": False,
            "note": f"{prefix}1 to {prefix}{about['epochs']}: one value after each epoch. {known['note']}",
        },
        "seconds": {
            "prefix": "seconds_",
            "note": f"Training and validation of each epoch, one thread, {about['workers']} trainings at a time, on"
            f" {machine}; Python {environment['python']}, torch {environment['torch']}.",
        },
        "columns": {column: known["columns"][column] for column in configured},
        "known_defects": [f"Trial {trial} failed: {reason}." for trial, reason in about["failed"].items()],
    }


if __name__ == "__main__":
    main()
