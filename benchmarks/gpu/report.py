"""Tables of what was measured, for the screen and for the README.

    python -m benchmarks.gpu.report [--out FOLDER]

puts the results of every part that lie in the folder into README.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.lib.common import argument_parser, update_readme

__all__ = ["PARTS", "put_into", "table_of"]

HERE = Path(__file__).resolve().parent


def table_of(part: str, result: Mapping[str, Any]) -> str:
    """A part's results as a Markdown table, the device in a line above it."""
    device = result["device"]
    words = [device["name"], f"torch {device['torch']}"]
    words += [f"CUDA {device['cuda']}, driver {device['driver']}"] if device["device"] != "cpu" else []
    return f"{', '.join(words)}; commit {result['machine']['commit']}.\n\n{PARTS[part](result)}"


def _checks(result: Mapping[str, Any]) -> str:
    found, tolerance = result["checks"], result["tolerance"]
    rows = [
        (name, f"{found[name]['value']:.2g}", f"{found[name]['train_loss']:.2g}", _yes(found[name]["ok"]))
        for name in ("repeat", "resume")
    ]
    memory = found["out_of_memory"]
    rows.append(("out of memory", *memory["states"], _yes(memory["ok"])))
    heads = ("check", f"accuracy within {tolerance['value']:g}", f"loss within {tolerance['train_loss']:.0%}", "holds")
    return _table(heads, rows)


def _epochs(result: Mapping[str, Any]) -> str:
    engine = {row["size"]: row["seconds"] for row in result["rows"] if row["side"] == "engine"}
    rows = [
        (
            row["size"],
            f"{row['multiply_adds'] / 1e6:.1f}",
            row["side"],
            f"{1 / row['seconds']:.2f}",
            row["epochs"],
            f"{engine[row['size']] / row['seconds']:.2f}",
            f"{row['seconds'] / row['floor_seconds']:.1f}",
        )
        for row in result["rows"]
    ]
    heads = ("net", "million multiply-adds", "side", "epochs a second", "n", "of the engine's", "times the floor")
    return f"Large product: {result['peak_tflops']:.1f} TFLOP/s.\n\n{_table(heads, rows)}"


def _sharing(result: Mapping[str, Any]) -> str:
    rows = [
        (row["arms"], _yes(row["mps"]), _number(row["epochs_per_second"]), _number(row["times_alone"]), row["epochs"])
        for row in result["rows"]
    ]
    table = _table(("arms", "MPS", "epochs a second, together", "times one arm", "epochs seen"), rows)
    return table + (f"\n\nMPS: {result['mps_unavailable']}." if result["mps_unavailable"] else "")


def _hyperband(result: Mapping[str, Any]) -> str:
    rows = [
        (
            row["side"],
            f"{row['wall_seconds']:.1f}",
            row["epochs"],
            row["trials"],
            row["dropped"],
            row["failed"],
            _number(row["best"], 4),
            "no" if row["interrupted"] else "yes",
        )
        for row in result["rows"]
    ]
    heads = ("side", "seconds", "epochs", "trials", "dropped", "failed", "best accuracy", "whole")
    loops = f"R = {result['max_epochs']}, eta {result['eta']}, {result['loops']} loops, {result['workers']} workers"
    return f"{loops}, seed {result['seed']}.\n\n{_table(heads, rows)}"


def _record(result: Mapping[str, Any]) -> str:
    of = f"{result['rows']} of {result['trials']}"
    rows = [(result["table"], of, result["max_epochs"], _number(result.get("seconds")), _yes(result["done"]))]
    return _table(("table", "trials", "epochs", "seconds of the last call", "done"), rows)


PARTS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "checks": _checks,
    "epochs": _epochs,
    "sharing": _sharing,
    "hyperband": _hyperband,
    "record": _record,
}
"""How each part is shown."""


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _number(value: float | None, digits: int = 2) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def put_into(readme: Path, folder: Path) -> None:
    """Put the results that lie in a folder into the README."""
    for part in PARTS:
        file = folder / f"{part}.json"
        if file.is_file():
            update_readme(readme, part, table_of(part, json.loads(file.read_text(encoding="utf-8"))))


def main() -> None:
    """Put what was measured into the README beside this file."""
    parser = argument_parser(__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "results", help="folder of the results")
    put_into(HERE / "README.md", parser.parse_args().out)


if __name__ == "__main__":
    main()
