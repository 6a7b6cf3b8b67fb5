"""Read curves and columns from a csv file; every error names its exact place.

The file has one row for each configuration, one column for each hyperparameter, and one column for each epoch.

1. Epoch columns are the family `<prefix><number>` (acc_1, acc_2, ... or 1, 2, ...) that `column_families` chooses.
2. A family called seconds, secs, sec, time, times, wall_time, duration or cost, next to the curves, holds the
   recorded seconds of each epoch.
3. Other numbered columns were measured during training if they are named after a metric; or if they are as many as
   the curves' columns or end at the same epoch, and are not settings before the curves. They are left out: a predictor
   must not see them.
4. Every other column describes the configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bandits.errors import CurveTableError
from bandits.objectives.curve_files.column_families import Family, choose_curves, families_in
from bandits.objectives.curve_files.csv_cells import MOST, is_missing, shortened
from bandits.objectives.curve_files.csv_file import CsvFile, read_csv
from bandits.objectives.curve_files.csv_forms import form_of, log_error
from bandits.objectives.curve_files.metric_words import names_a_metric, names_a_setting
from bandits.objectives.curve_files.phases import phase_of
from bandits.objectives.curve_files.summary_rows import without_summary

__all__ = ["CurveFile", "read_curve_file"]

_EXPORTS = {
    "long": "a log with a row for each report (run, step, value)",
    "wandb": "a chart of Weights & Biases, with a column for each run",
    "tensorboard": "a file of TensorBoard's scalars, one for each run",
}


@dataclass(frozen=True, slots=True)
class CurveFile:
    """The parts of a csv file with n rows and T epochs.

    Args:
        columns: the text of each column that describes a configuration, by name, in the file's order; each `[n]`.
        unnamed: which of them have no name in the file.
        lines: `[n]` line of the file on which each row ends, from 1.
        curves: `[n, T]` raw values, NaN where not recorded.
        seconds: `[n, T]` seconds of each epoch, or None; a number wherever a value was recorded.
        repeated: `[n]` True where a row copies an earlier one, cell by cell.
        label: name of the curves' columns, without the number.
        epochs: names of the T columns, epoch 1 first.
        untrained: name of the column that was left out because it holds the untrained model; empty for none.
        left_out: names of other families that were measured during training.
        notes: guesses, in sentences.
    """

    columns: dict[str, list[str]]
    unnamed: frozenset[str]
    lines: list[int]
    curves: NDArray[np.float64]
    seconds: NDArray[np.float64] | None
    repeated: NDArray[np.bool_]
    label: str
    epochs: tuple[str, ...]
    untrained: str
    left_out: tuple[str, ...]
    notes: tuple[str, ...]


def read_curve_file(path: Path, *, metric: str = "", exactly: bool = True, untrained_first: bool = False) -> CurveFile:
    """Read a .csv or .csv.gz file of learning curves.

    Args:
        path: the file.
        metric: prefix or label of the requested epoch columns; empty to choose automatically.
        exactly: whether only columns of that name may be taken; otherwise the only candidates of another name may be.
        untrained_first: the first epoch column holds the untrained model and is left out.

    Raises:
        CurveTableError: the file is no table of curves; the message tells the place, or the command that makes a table.
    """
    file = read_csv(path)
    _check_form(file)
    families = families_in(file)
    curve, guesses = choose_curves(file, families, metric, exactly=exactly)
    file = without_summary(file, curve.places)
    seconds = next((family for family in families.whole if family is not curve and family.seconds), None)
    _check_not_repeated(file, curve)
    skip = 1 if untrained_first else 0
    others = (family for family in (*families.whole, *families.gaps) if family not in (curve, seconds))
    during = [family for family in others if _was_measured(family, curve)]
    taken = {place for family in (curve, *during, *([seconds] if seconds else [])) for place in family.places}
    curves, diverged = _measured_grid(file, curve.places[skip:])
    if np.isnan(curves).all():
        raise CurveTableError.broken(f"epoch columns of {path}", "must hold at least one value", "none")
    if np.nanmin(curves) == np.nanmax(curves):
        rule = "must hold values that differ, or there is nothing to learn"
        raise CurveTableError.broken(f"epoch columns of {path}", rule, float(np.nanmin(curves)))
    return CurveFile(
        columns={
            name: [row[place] for row in file.rows] for place, name in enumerate(file.header) if place not in taken
        },
        unnamed=frozenset(file.header[place] for place in file.unnamed),
        lines=file.lines,
        curves=curves,
        seconds=None if seconds is None else _seconds_grid(file, seconds, curve, curves),
        repeated=_repeated(file.rows),
        label=curve.label,
        epochs=tuple(file.header[place] for place in curve.places[skip:]),
        untrained=file.header[curve.places[0]] if skip else "",
        left_out=tuple(family.prefix for family in during),
        notes=(*file.notes, *guesses, *diverged),
    )


def _check_form(file: CsvFile) -> None:
    """Refuse a file that is no table of curves, and name the command that makes a table of it."""
    if not file.header:
        raise CurveTableError(f"{file.path} must hold a header and rows, but is empty")
    form = form_of(file)
    if form in _EXPORTS:
        rule = f"must have a row for each configuration; it is {_EXPORTS[form]}, and a table is made of it by"
        command = f"`bandits import {file.path} --out curves.csv`"
        found = shortened(", ".join(file.header))
        raise CurveTableError(f"{file.path} {rule} {command}, got the columns {found}")
    if form == "log":
        raise log_error(file)
    if len(set(file.header)) < len(file.header):
        twice = next(name for place, name in enumerate(file.header) if name in file.header[:place])
        raise CurveTableError.broken(f"column names of {file.path}", "must differ", twice)
    if len(file.rows) < 2:
        raise CurveTableError.broken(f"{file.path}", "must hold at least 2 rows below the header", len(file.rows))


def _check_not_repeated(file: CsvFile, curve: Family) -> None:
    """Refuse acc, acc.1, acc.2, ...: pandas and R so number columns that are all called acc; the first is epoch 1."""
    first = min(curve.places)
    if curve.first != 1 or not curve.prefix.endswith(".") or first == 0 or file.header[first - 1] != curve.prefix[:-1]:
        return
    ends = [next((cell for cell in reversed(_cells(row, curve)) if not is_missing(cell)), "") for row in file.rows]
    if [row[first - 1] for row in file.rows] != ends:
        rule = "must differ before a program numbers them; say which is the first epoch, as in acc_1, acc_2, ..."
        found = f"{file.header[first - 1]}, {curve}"
        raise CurveTableError.broken(f"column names of {file.path}", rule, found)


def _cells(row: Sequence[str], family: Family) -> list[str]:
    return [row[place] for place in family.places]


def _was_measured(family: Family, curve: Family) -> bool:
    """Whether a family other than the curves was measured during training."""
    if names_a_metric(family.label) or phase_of(family.label) is not None:
        return True
    as_long = len(family.places) == len(curve.places) or family.last == curve.last
    return as_long and not (names_a_setting(family.label) and family.places[0] < curve.places[0])


def _seconds_grid(file: CsvFile, seconds: Family, curve: Family, curves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds of the curves' epochs; the untrained model's column may or may not have one."""
    epochs = curves.shape[1]
    if len(seconds.places) not in (len(curve.places), epochs):
        rule = f"must be as many as the {epochs} epochs"
        raise CurveTableError.broken(f"columns {seconds.prefix}... of {file.path}", rule, len(seconds.places))
    places = seconds.places[-epochs:]
    grid = _grid(file, places, file.number)
    rules = {
        "must be finite": np.isinf(grid),
        "must be a number >= 0 where the epoch has a value": ~(grid >= 0) & ~np.isnan(curves),
    }
    for rule, broken in rules.items():
        for row, column in np.argwhere(broken)[:1].tolist():
            raise file.bad_cell(row, places[column], rule)
    return grid


def _measured_grid(file: CsvFile, places: Sequence[int]) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """The measurements in some columns, NaN where not recorded; and a sentence on trainings that diverged."""
    grid = _grid(file, places, file.measured)
    infinite = np.argwhere(np.isinf(grid))
    if not len(infinite):
        return grid, ()
    index, column = infinite[0].tolist()
    cell, column_name = file.rows[index][places[column]].strip(), file.header[places[column]]
    rows = len(np.unique(infinite[:, 0]))
    grid[np.isinf(grid)] = np.nan
    return grid, (
        f"values that are infinite or beyond {MOST:g}, read as not recorded: {len(infinite):,} in {rows:,}"
        f" row{'s' * (rows != 1)} (the first is {cell} in column {column_name!r} on line {file.lines[index]})",
    )


def _grid(file: CsvFile, places: Sequence[int], number: Callable[[int, int], float]) -> NDArray[np.float64]:
    """The numbers in some columns, `[n, len(places)]`, NaN where not recorded, as `number` reads a cell."""
    grid = np.empty((len(file.rows), len(places)))
    for index, row in enumerate(file.rows):
        cells = [row[place] for place in places]
        try:
            grid[index] = [float(cell) for cell in cells]
            plain = "_" not in "".join(cells) and not (np.abs(grid[index]) > MOST).any()
        except ValueError:
            plain = False
        if not plain:  # the slow way, only for rows that need it
            grid[index] = [number(index, place) for place in places]
    return grid


def _repeated(rows: Sequence[Sequence[str]]) -> NDArray[np.bool_]:
    seen: set[tuple[str, ...]] = set()
    repeated = np.zeros(len(rows), dtype=np.bool_)
    for index, row in enumerate(rows):
        key = tuple(row)
        repeated[index] = key in seen
        seen.add(key)
    return repeated
