"""A csv file with a report a row, as MLflow exports it: which run, which step, which value."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bandits.curves import Goal
from bandits.errors import SettingError
from bandits.objectives.csv_cells import number_in, plain_name
from bandits.objectives.csv_file import CsvFile, read_csv
from bandits.studies.readers.runs import Run, study_of_runs
from bandits.studies.study import Study

__all__ = ["is_long_table", "study_of_long_table"]

# What columns may be called, as `plain_name` has it; the first that is there is taken.
_RUN = ("runid", "runuuid", "run", "trialid", "trialnumber", "trial", "runname", "name")
_STEP = ("epoch", "step", "globalstep", "iteration", "iter", "trainingiteration")
_VALUE = ("value", "metricvalue")
_METRIC = ("key", "metric", "metrickey", "metricname", "tag")
_CLOCK = ("timestamp", "walltime", "time", "datetime", "date")
_NEEDED = (
    "must have columns for the run (run_id, run, run_name or trial), the step (step, epoch or iteration) and the value "
    "(value, or the column that is named after #)"
)
_MILLISECONDS_FROM = 1e11  # a later second lies beyond the year 5000


def is_long_table(header: Sequence[str]) -> bool:
    """Whether a header names runs and steps."""
    names = {plain_name(name) for name in header}
    return bool(names.intersection(_RUN)) and bool(names.intersection(_STEP))


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where things stand; None for what is not there."""

    run: int
    step: int
    value: int
    metric: int | None
    clock: int | None


def study_of_long_table(
    source: str, path: Path, goal: Goal | None, *, metric: str = "", argument: str = "`warm_start`"
) -> Study:
    """Read the runs of a file, in the order of their first times, or else in the file's.

    Columns that hold one value a run are hyperparameters.

    Args:
        source: as the user wrote it.
        path: the file.
        goal: taken where neither the metric's name nor the shape of the curves tells which way is better.
        metric: which one, where there are several; or the name of the column that holds the values.
        argument: how messages call the source.

    Raises:
        SettingError: a column is missing, or there are several metrics and none of them is asked for.
        CurveTableError: the file cannot be read.
    """
    file = read_csv(path)
    columns = _columns_of(file, metric, source, argument)
    label = _metric_of(file, columns, metric, source, argument)
    rows = [
        row
        for row in range(len(file.rows))
        if columns.metric is None or not label or file.rows[row][columns.metric] == label
    ]
    config = _hyperparameters(file, columns, rows)
    runs: dict[str, Run] = {}
    for row in rows:
        name = file.rows[row][columns.run]
        if name not in runs:
            runs[name] = Run(name, config={file.header[column]: file.rows[row][column] for column in config})
        step = file.number(row, columns.step)
        if math.isfinite(step) and file.rows[row][columns.value].strip():
            runs[name].report(step, file.number(row, columns.value), _clock_in(file, row, columns.clock))
    ordered = list(runs.values())
    if columns.clock is not None and all(len(run.clock) == len(run.steps) > 0 for run in ordered):
        ordered.sort(key=lambda run: min(run.clock))
    return study_of_runs(source, ordered, label or file.header[columns.value], goal)


def _columns_of(file: CsvFile, asked: str, source: str, argument: str) -> _Columns:
    names = [plain_name(name) for name in file.header]

    def first(known: Iterable[str]) -> int | None:
        return next((names.index(name) for name in known if name in names), None)

    run, step, value = first(_RUN), first(_STEP), first(_VALUE)
    if asked in file.header:
        value = file.header.index(asked)
    if run is None or step is None or value is None:
        raise SettingError.broken(argument, f"{_NEEDED}; it has {', '.join(file.header)}", source)
    return _Columns(run, step, value, None if asked in file.header else first(_METRIC), first(_CLOCK))


def _metric_of(file: CsvFile, columns: _Columns, asked: str, source: str, argument: str) -> str:
    """The metric to read; empty where the file does not name any."""
    if columns.metric is None:
        if asked and asked not in file.header:
            rule = f"must end with # and one of its columns ({', '.join(file.header)}), or without #"
            raise SettingError.broken(argument, rule, source)
        return ""
    metrics = list(dict.fromkeys(row[columns.metric] for row in file.rows))
    if asked not in metrics and (asked or len(metrics) != 1):
        rule = f"must end with # and one of its metrics ({', '.join(metrics) or 'it has none'})"
        raise SettingError.broken(argument, rule, source)
    return asked or metrics[0]


def _hyperparameters(file: CsvFile, columns: _Columns, rows: Sequence[int]) -> list[int]:
    """The columns that hold one value a run."""
    taken = {columns.run, columns.step, columns.value, columns.metric, columns.clock}
    known = {*_RUN, *_STEP, *_VALUE, *_METRIC, *_CLOCK}
    found = []
    for column, name in enumerate(file.header):
        if column in taken or plain_name(name) in known:
            continue
        held: dict[str, set[str]] = {}
        for row in rows:
            held.setdefault(file.rows[row][columns.run], set()).add(file.rows[row][column])
        if all(len(values) == 1 for values in held.values()):
            found.append(column)
    return found


def _clock_in(file: CsvFile, row: int, column: int | None) -> float | None:
    """The time in a cell, in seconds; None where there is none."""
    if column is None:
        return None
    cell = file.rows[row][column]
    number = number_in(cell)
    if number is None:
        try:
            return datetime.fromisoformat(cell.strip()).timestamp()
        except ValueError:
            return None
    if math.isnan(number):
        return None
    return number / 1000.0 if number > _MILLISECONDS_FROM else number
