"""Read a table: the curves of the rows that are kept, the role of each column, and a report."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Goal, Metric
from bandits.errors import CurveTableError
from bandits.errors.checks import check_choice, check_flag
from bandits.objectives.curve_files.feature_columns import told_columns
from bandits.objectives.curve_files.shipped_tables import FoundTable, TableNotes, find_table
from bandits.objectives.curve_files.table_columns import Column, column_of, values_of_cells
from bandits.objectives.curve_files.table_metric import find_metric
from bandits.objectives.curve_files.table_notes import known_role, notes_of
from bandits.objectives.curve_files.table_reader import CurveFile, read_curve_file
from bandits.objectives.curve_files.table_report import TableReport, marks_of

__all__ = ["ROW", "TableContents", "read_table"]

ROW = "row"
"""The key of a row's number in its configuration."""


@dataclass(frozen=True, slots=True)
class TableContents:
    """The content of a table with n rows and T epochs.

    Args:
        name: name of the table in reports.
        curves: `[n, T]` raw values, NaN where not recorded.
        seconds: `[n, T]` seconds of each epoch, or None.
        values: the values of each column that describes configurations, by name, each `[n]`.
        report: how the table was read.
    """

    name: str
    curves: NDArray[np.float64]
    seconds: NDArray[np.float64] | None
    values: dict[str, list[object]]
    report: TableReport


def read_table(
    source: str | os.PathLike[str],
    metric: Metric | None,
    goal: Goal | None,
    duplicates: str,
    incomplete: str,
    untrained_first: bool | None,
) -> TableContents:
    """Read a shipped table or a file; the arguments are those of `CurveTable`.

    Raises:
        SettingError: an argument breaks its rule, there is no such table, or it cannot be read.
    """
    check_choice("duplicates", duplicates, ("drop", "keep"))
    check_choice("incomplete", incomplete, ("drop", "keep"))
    check_flag("untrained_first", untrained_first, or_none=True)
    found = find_table(source)
    notes = found.notes
    file = _file_of(found, metric, untrained_first)
    known = notes.metric if notes is not None and metric is None and not found.metric else metric
    metric, ground = find_metric(file.label, file.curves, metric=known, goal=goal, source=str(found.path))
    keep = ~file.repeated if duplicates == "drop" else np.ones(len(file.curves), dtype=np.bool_)
    marks = marks_of(file.curves, None if notes is None else notes.failed_below)
    counted = marks.counted(keep, dropped=incomplete == "drop")
    rows = np.flatnonzero(keep & ~marks.any if incomplete == "drop" else keep).tolist()
    if len(rows) < 2:
        raise CurveTableError.broken(f"{found.path}", "must hold at least 2 rows after others are left out", len(rows))
    values, columns = _columns_of(file, rows, notes, str(found.path), metric)
    copies = (int(file.repeated.sum()), duplicates == "drop")
    report = TableReport(
        title=found.name if notes is None else f"{found.name}: {notes.title}",
        metric=metric,
        ground=ground if notes is None or known is not notes.metric else "as known of this table",
        rows=len(rows),
        epochs=file.curves.shape[1],
        first_epoch=file.epochs[0],
        columns=columns,
        repeated=copies,
        incomplete=counted,
        timed=file.seconds is not None,
        remarks=_remarks(file, notes),
        notes=() if notes is not None else notes_of(file, columns, copies, counted),
    )
    seconds = None if file.seconds is None else file.seconds[rows]
    return TableContents(found.name, file.curves[rows], seconds, values, report)


def _file_of(found: FoundTable, metric: Metric | None, untrained_first: bool | None) -> CurveFile:
    """Read the file of a table with the requested curves."""
    notes = found.notes
    if untrained_first is None:
        untrained_first = notes is not None and notes.untrained_first
    return read_curve_file(
        found.path,
        metric=found.metric or (notes.epochs if notes is not None else getattr(metric, "name", "")),
        exactly=bool(found.metric) or notes is not None,
        untrained_first=untrained_first,
    )


def _columns_of(
    file: CurveFile,
    rows: Sequence[int],
    notes: TableNotes | None,
    source: str,
    metric: Metric,
) -> tuple[dict[str, list[object]], tuple[Column, ...]]:
    """Values and roles of the columns that describe configurations, for the rows that are kept."""
    curves = file.curves[rows]
    where = [f"line {file.lines[row]} of {source}" for row in rows]
    recorded = np.isfinite(curves)
    last = curves.shape[1] - 1 - recorded[:, ::-1].argmax(axis=1)
    sign = 1.0 if metric.goal == "maximize" else -1.0
    best = sign * np.where(recorded, sign * curves, -np.inf).max(axis=1)
    outcomes = (curves[np.arange(len(curves)), last].tolist(), best.tolist())
    values: dict[str, list[object]] = {}
    columns: list[Column] = []
    texts = {name: [cells[row] for row in rows] for name, cells in file.columns.items()}
    told = told_columns(texts)
    tells = {other: one.name for one in told.values() for other in one.told_by}
    for name, cells in texts.items():
        if name in tells:
            columns.append(Column(name, "label", f"holds a feature of {tells[name]!r}"))
            continue
        if name == ROW:
            columns.append(Column(name, "label", "replaced by the table's own row numbers"))
            continue
        if name in told:
            values[name] = told[name].values
            columns.append(told[name].column(*(notes.columns[name] if notes is not None else (None, ""))))
            continue
        values[name] = values_of_cells(name, cells, where)
        role, meaning = notes.columns[name] if notes is not None else known_role(name, values[name], file)
        columns.append(column_of(name, values[name], role=role, outcomes=outcomes, note=meaning))
    return values, tuple(columns)


def _remarks(file: CurveFile, notes: TableNotes | None) -> tuple[str, ...]:
    remarks: list[str] = []
    if file.untrained:
        remarks.append(f"column {file.untrained!r} holds the untrained model and is left out")
    elif file.epochs[0].endswith("0"):
        remarks.append(f"column {file.epochs[0]!r} is taken as epoch 1, not as the untrained model")
    if file.left_out and notes is not None:
        remarks.append(f"other columns that were measured during training are left out: {', '.join(file.left_out)}")
    return (*remarks, *(notes.remarks if notes is not None else ()))
