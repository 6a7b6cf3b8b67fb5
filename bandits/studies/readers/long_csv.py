"""Read a csv file with one report in each row (run, step, value), as MLflow exports it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from bandits.curves import Goal
from bandits.errors import CurveTableError, SettingError
from bandits.objectives.curve_files.csv_cells import is_missing, number_in, words_of
from bandits.objectives.curve_files.csv_file import CsvFile
from bandits.studies.policies import MEAN_OVER_SEEDS, POLICIES, Policy
from bandits.studies.readers.choices import choose_metric, keep_one_phase, listed
from bandits.studies.readers.long_columns import LongColumns, find_columns, settings_in
from bandits.studies.readers.runs import Run, study_of_runs
from bandits.studies.study import Study

__all__ = ["study_of_long_table"]

_REPEATS = frozenset({"seed", "fold", "repeat", "replicate", "repetition"})
_MILLISECONDS_FROM = 1e11  # a later second lies beyond the year 5000


def study_of_long_table(
    source: str, file: CsvFile, goal: Goal | None, *, metric: str = "", argument: str = "`warm_start`"
) -> Study:
    """Read the runs of a file, in the order of their first times, or else in the order of the file.

    Columns with one value for each run are hyperparameters. If a column tells training, validation and test apart, the
    validation rows are read. Values of the same run and step that differ in their seed are averaged.

    Args:
        source: as the user wrote it.
        file: a file with one report in each row.
        goal: used if neither the metric's name nor the shape of the curves tells which way is better.
        metric: which of several metrics to read; or the name of the column that holds the values.
        argument: name of the argument that holds the source, for messages.

    Raises:
        SettingError: a column is missing, or there are several metrics and none was requested.
        CurveTableError: a cell cannot be read, or a run has several values at a step, and a column tells them apart.
    """
    columns = find_columns(file, metric, source, argument)
    label, rows, notes = _rows_of_metric(file, columns, metric, source, argument)
    rows, phases = _rows_of_phase(file, columns, rows)
    policy, repeats = _policy(file, columns, rows)
    config = settings_in(file, columns, rows)
    runs: dict[str, Run] = {}
    lost = 0
    for row in rows:
        cells = file.rows[row]
        name = cells[columns.run].strip()
        if name not in runs:
            runs[name] = Run(name, config={file.header[column]: cells[column] for column in config})
        if not is_missing(cells[columns.value]):
            step = file.number(row, columns.step)
            lost += not math.isfinite(step)
            if math.isfinite(step):
                runs[name].report(step, file.measured(row, columns.value), _clock_in(file, row, columns.clock))
    ordered = list(runs.values())
    if columns.clock is not None and all(len(run.clock) == len(run.steps) > 0 for run in ordered):
        ordered.sort(key=lambda run: min(run.clock))
    stepless = (f"rows without a step, left out: {lost:,}",) if lost else ()
    said = (*file.notes, *columns.notes, *notes, *phases, *repeats, *stepless)
    return study_of_runs(source, ordered, label or file.header[columns.value], goal, notes=said, policy=policy)


def _rows_of_metric(
    file: CsvFile, columns: LongColumns, asked: str, source: str, argument: str
) -> tuple[str, list[int], tuple[str, ...]]:
    """The metric to read, empty if the file names none; its rows; and guesses, in sentences."""
    everything = list(range(len(file.rows)))
    if columns.metric is None:
        if asked and asked not in file.header:
            rule = f"must end with # and one of its columns ({listed(file.header, most=20)}), or without #"
            raise SettingError.broken(argument, rule, source)
        return "", everything, ()
    cells = [row[columns.metric].strip() for row in file.rows]
    metrics = list(dict.fromkeys(cells))
    label, notes = choose_metric(metrics, asked, kind="metrics", source=source, argument=argument)
    return label, [row for row in everything if cells[row] == label], notes


def _rows_of_phase(file: CsvFile, columns: LongColumns, rows: Sequence[int]) -> tuple[list[int], tuple[str, ...]]:
    """The rows of the best phase, if a column tells the phase."""
    if columns.phase is None:
        return list(rows), ()
    cells = {row: file.rows[row][columns.phase].strip() for row in rows}
    kept, _ = keep_one_phase(list(dict.fromkeys(cells.values())), "rows")
    left = listed(sorted(set(cells.values()).difference(kept)))
    name = file.header[columns.phase]
    note = f"rows with {name} {listed(kept)} are read, those with {name} {left} are left out"
    return [row for row in rows if cells[row] in kept], (note,) if left else ()


def _policy(file: CsvFile, columns: LongColumns, rows: Sequence[int]) -> tuple[Policy, tuple[str, ...]]:
    """The policy for several values of a run at a step, and a note on it.

    Raises:
        CurveTableError: a column with a few different cells tells them apart, and it is not one of seeds.
    """
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in rows:
        if not is_missing(file.rows[row][columns.value]):
            groups[file.rows[row][columns.run], file.rows[row][columns.step].strip()].append(row)
    several = [group for group in groups.values() if len({file.rows[row][columns.value] for row in group}) > 1]
    if not several:
        return POLICIES["export"], ()
    most = max(map(len, several))
    for place, name in enumerate(file.header):
        cells = [[file.rows[row][place] for row in group] for group in several]
        different = {cell for group in cells for cell in group}
        apart = all(len(set(group)) == len(group) for group in cells)
        if place in columns.taken() or place in file.unnamed or not apart or len(different) > most:
            continue
        if words_of(name) & _REPEATS:
            return MEAN_OVER_SEEDS, (f"values of a run and a step that differ in {name!r} are averaged",)
        first, second = several[0][:2]
        raise CurveTableError(
            f"{file.path} must hold one value of a run at a step; lines {file.lines[first]} and {file.lines[second]} "
            f"hold two, which column {name!r} tells apart ({listed(sorted(different))}): keep the rows of one kind"
        )
    return POLICIES["export"], ()


def _clock_in(file: CsvFile, row: int, column: int | None) -> float | None:
    """The time in a cell, in seconds; None if there is none."""
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
