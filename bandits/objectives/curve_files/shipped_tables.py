"""The tables of real learning curves that come with the library, and what is known about each.

Each is a folder of `tables/` with curves.csv.gz, LICENSE and table.json. Everything special about a table is in its
table.json; no code refers to a table by name.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bandits.curves import Metric
from bandits.errors import CurveTableError, UnknownPlugin
from bandits.errors.checks import check_instance
from bandits.objectives.curve_files.table_columns import Role

__all__ = ["SHIPPED_TABLES", "FoundTable", "TableNotes", "find_table", "shipped_titles"]

_FOLDER = Path(__file__).parents[1] / "tables"

SHIPPED_TABLES: tuple[str, ...] = tuple(sorted(notes.parent.name for notes in _FOLDER.glob("*/table.json")))
"""Names that `CurveTable` knows."""


@dataclass(frozen=True, slots=True)
class TableNotes:
    """What is known about a shipped table.

    Args:
        title: its content in a line.
        source: where it was released: url, commit and file.
        citation: the work to cite.
        licence: SPDX identifier; the text is in the table's folder.
        derivation: how the shipped csv was made from the release.
        metric: metric of the curves.
        epochs: prefix of the epoch columns.
        untrained_first: whether the first epoch column holds the untrained model.
        failed_below: a run whose final raw value is smaller has failed; None if no run has failed.
        columns: role and meaning of each column.
        remarks: remarks on the epochs, and every known defect, in plain words.
    """

    title: str
    source: Mapping[str, str]
    citation: str
    licence: str
    derivation: str
    metric: Metric
    epochs: str
    untrained_first: bool
    failed_below: float | None
    columns: Mapping[str, tuple[Role, str]]
    remarks: tuple[str, ...]


def shipped_titles() -> dict[str, str]:
    """The content of each shipped table in a line, by name."""
    return {name: _notes_of(name).title for name in SHIPPED_TABLES}


@dataclass(frozen=True, slots=True)
class FoundTable:
    """The file of a table's name or path.

    Args:
        path: the file.
        name: name of the table in reports.
        notes: what is known about it; None for a user's file.
        metric: requested name of the epoch columns; empty for none.
    """

    path: Path
    name: str
    notes: TableNotes | None
    metric: str


def find_table(source: str | os.PathLike[str]) -> FoundTable:
    """Find the file of a table's name or path.

    Args:
        source: name of a shipped table, or path of a csv file; a table comes before a file of the same name. "#" and
            the name of the epoch columns may follow, unless there is a file of that whole name.

    Raises:
        SettingError: it is neither a name nor a path.
        UnknownPlugin: no shipped table has that name; the message lists them.
        CurveTableError: it looks like a path, but there is no such file.
    """
    check_instance("source", source, (str, os.PathLike), "must be the name of a shipped table or a path")
    metric = ""
    if isinstance(source, str) and "#" in source and not Path(source).is_file():
        source, _, metric = source.rpartition("#")
    if isinstance(source, str) and source in SHIPPED_TABLES:
        return FoundTable(_FOLDER / source / "curves.csv.gz", source, _notes_of(source), metric)
    path = Path(source)
    if path.is_file():
        return FoundTable(path, path.name.removesuffix(".gz").removesuffix(".csv").removesuffix(".tsv"), None, metric)
    if isinstance(source, str) and path.name == source and not path.suffix:
        raise UnknownPlugin("table", source, [*SHIPPED_TABLES, "a path such as runs.csv"])
    raise CurveTableError.broken("table", "must be a csv file that exists", str(source))


def _notes_of(name: str) -> TableNotes:
    raw = json.loads((_FOLDER / name / "table.json").read_text(encoding="utf-8"))
    timing = [raw["seconds"]["note"]] if "seconds" in raw else []
    return TableNotes(
        title=raw["title"],
        source=raw["source"],
        citation=raw["citation"],
        licence=raw["licence"],
        derivation=raw["derivation"],
        metric=Metric(**raw["metric"]),
        epochs=raw["epochs"]["prefix"],
        untrained_first=raw["epochs"]["first_is_untrained"],
        failed_below=raw.get("failed_below"),
        columns={column: (said["role"], said["meaning"]) for column, said in raw["columns"].items()},
        remarks=(raw["epochs"]["note"], *timing, *raw["known_defects"]),
    )
