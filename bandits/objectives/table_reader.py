"""From the text of a csv file to curves and columns, with an exact place for everything that is wrong.

The form: one row a configuration, one column a hyperparameter, one column an epoch.

1. Epoch columns are the longest family `<prefix><number>` (acc_1, acc_2, ... or 1, 2, ...) whose numbers run
   without a gap from 0 or 1. Of equally long families the one that says "val" is taken.
2. A family called seconds, secs, sec, time, times, wall_time, duration or cost, next to the curves, holds the
   recorded seconds of each epoch.
3. A further family that is as long as the curves, or ends at the same epoch, was measured during training as
   well. It is left out: a predictor must not see it.
4. Every other column describes the configuration.
5. An empty cell, nan, na, n/a, null or none means "not recorded".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bandits.errors import CurveTableError
from bandits.objectives.csv_rows import check_length, csv_rows

__all__ = ["MISSING", "CurveFile", "Family", "read_curve_file", "words_of"]

MISSING = frozenset({"", "nan", "na", "n/a", "null", "none"})
"""Cells, in lower case, that mean "not recorded"."""

_SECONDS = frozenset({"seconds", "secs", "sec", "time", "times", "wall_time", "duration", "cost"})
_VALIDATION = frozenset({"val", "valid", "validation"})
_NUMBERED = re.compile(r"(.*?)([0-9]+)")


@dataclass(frozen=True, slots=True)
class Family:
    """Columns that hold one value an epoch.

    Args:
        prefix: what their names share.
        first: number of the first one, 0 or 1.
        places: index of each column in the header, in the order of the numbers.
    """

    prefix: str
    first: int
    places: tuple[int, ...]

    @property
    def label(self) -> str:
        """The prefix without what separates it from the number: "acc" of "acc_"."""
        return self.prefix.rstrip(" _-.:")

    @property
    def last(self) -> int:
        """Number of the last column."""
        return self.first + len(self.places) - 1


@dataclass(frozen=True, slots=True)
class CurveFile:
    """A csv file, taken apart; n rows, T epochs.

    Args:
        columns: the text of each column that describes a configuration, by name, in the file's order; each `[n]`.
        lines: `[n]` line of the file on which each row ends, from 1.
        curves: `[n, T]` raw values, NaN where not recorded.
        seconds: `[n, T]` how long each epoch took, or None; a number wherever a value was recorded.
        repeated: `[n]` True where a row copies an earlier one, cell by cell.
        label: name of the curves' columns, without the number.
        epochs: names of the T columns, epoch 1 first.
        untrained: name of the column that was left out because it holds the untrained model; empty for none.
        left_out: names of families that were measured during training as well.
    """

    columns: dict[str, list[str]]
    lines: list[int]
    curves: NDArray[np.float64]
    seconds: NDArray[np.float64] | None
    repeated: NDArray[np.bool_]
    label: str
    epochs: tuple[str, ...]
    untrained: str
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Sheet:
    path: Path
    header: list[str]
    rows: list[list[str]]
    lines: list[int]

    def names(self, places: Iterable[int]) -> tuple[str, ...]:
        return tuple(self.header[place] for place in places)


def read_curve_file(path: Path, *, epochs: str | None = None, untrained_first: bool = False) -> CurveFile:
    """Read a .csv or .csv.gz file of learning curves.

    Args:
        path: the file; UTF-8, separated by commas.
        epochs: prefix or label of the epoch columns, where the file may have several families; one that the
            file does not have is not looked for.
        untrained_first: the first epoch column holds the untrained model and is left out.

    Raises:
        CurveTableError: the file is no such table; the message says where.
    """
    sheet = _sheet_of(path)
    families, others = _families_of(sheet.header)
    curve = _curve_family(sheet, families, others, epochs)
    seconds = _seconds_family(families, curve)
    skip = 1 if untrained_first else 0
    during = [
        family
        for family in families
        if family not in (curve, seconds) and (len(family.places) == len(curve.places) or family.last == curve.last)
    ]
    taken = {place for family in (curve, *during, *([seconds] if seconds else [])) for place in family.places}
    curves = _grid(sheet, curve.places[skip:])
    if np.isnan(curves).all():
        raise CurveTableError.broken(f"epoch columns of {path}", "must hold at least one value", "none")
    if np.nanmin(curves) == np.nanmax(curves):
        rule = "must hold values that differ, or there is nothing to learn"
        raise CurveTableError.broken(f"epoch columns of {path}", rule, float(np.nanmin(curves)))
    return CurveFile(
        columns={
            name: [row[place] for row in sheet.rows] for place, name in enumerate(sheet.header) if place not in taken
        },
        lines=sheet.lines,
        curves=curves,
        seconds=None if seconds is None else _seconds_grid(sheet, seconds, curve, curves),
        repeated=_repeated(sheet.rows),
        label=curve.label,
        epochs=sheet.names(curve.places[skip:]),
        untrained=sheet.header[curve.places[0]] if skip else "",
        left_out=tuple(family.prefix for family in during),
    )


def words_of(name: str) -> set[str]:
    """The words of a column's name, in lower case: val_acc is {"val", "acc"}."""
    return set(re.findall(r"[a-z0-9]+", name.lower()))


def _sheet_of(path: Path) -> _Sheet:
    numbered = list(csv_rows(path))
    if not numbered:
        raise CurveTableError(f"{path} must hold a header and rows, it is empty")
    lines, rows = [line for line, _ in numbered], [row for _, row in numbered]
    header = [name.strip() or f"column {place}" for place, name in enumerate(rows[0], start=1)]
    if len(set(header)) < len(header):
        twice = next(name for place, name in enumerate(header) if name in header[:place])
        raise CurveTableError.broken(f"column names of {path}", "must differ", twice)
    for line, row in numbered[1:]:
        check_length(path, line, row, header)
    if len(rows) < 3:
        raise CurveTableError.broken(f"{path}", "must hold at least 2 rows below the header", len(rows) - 1)
    return _Sheet(path, header, rows[1:], lines[1:])


def _families_of(header: Sequence[str]) -> tuple[list[Family], dict[str, list[int]]]:
    """The families of a header, and the numbers of those that have gaps."""
    numbered: dict[str, list[tuple[int, int]]] = {}
    for place, name in enumerate(header):
        match = _NUMBERED.fullmatch(name)
        if match:
            numbered.setdefault(match[1], []).append((int(match[2]), place))
    families: list[Family] = []
    broken: dict[str, list[int]] = {}
    for prefix, members in numbered.items():
        numbers = sorted(number for number, _ in members)
        if len(members) < 2:
            continue
        if numbers[0] in (0, 1) and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
            families.append(Family(prefix, numbers[0], tuple(place for _, place in sorted(members))))
        else:
            broken[prefix] = numbers
    return families, broken


def _curve_family(
    sheet: _Sheet, families: Sequence[Family], broken: dict[str, list[int]], wanted: str | None
) -> Family:
    if not families:
        rule = "must have a column for every epoch, numbered from 0 or 1 without a gap, such as acc_1, acc_2, ..."
        found = (
            ", ".join(sheet.header) if not broken else "; ".join(f"{p}{n[0]} to {p}{n[-1]}" for p, n in broken.items())
        )
        hint = "" if len(sheet.header) > 1 else " (cells must be separated by commas)"
        raise CurveTableError(f"{sheet.path} {rule}{hint}, got {_shortened(found)}")
    for family in families:
        if wanted in (family.prefix, family.label):
            return family
    candidates = [family for family in families if family.label.lower() not in _SECONDS] or families
    longest = max(len(family.places) for family in candidates)
    best = [family for family in candidates if len(family.places) == longest]
    if len(best) > 1:
        best = [family for family in best if words_of(family.prefix) & _VALIDATION] or best
    if len(best) > 1:
        found = ", ".join(f"{family.prefix}{family.first} to {family.prefix}{family.last}" for family in best)
        rule = "must have one longest family of epoch columns (or name it as the metric)"
        raise CurveTableError(f"{sheet.path} {rule}, got {_shortened(found)}")
    return best[0]


def _seconds_family(families: Sequence[Family], curve: Family) -> Family | None:
    return next((f for f in families if f is not curve and f.label.lower() in _SECONDS), None)


def _seconds_grid(sheet: _Sheet, seconds: Family, curve: Family, curves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds of the curves' epochs; the untrained model's column may or may not have one."""
    epochs = curves.shape[1]
    if len(seconds.places) not in (len(curve.places), epochs):
        rule = f"must be as many as the {epochs} epochs"
        raise CurveTableError.broken(f"columns {seconds.prefix}... of {sheet.path}", rule, len(seconds.places))
    places = seconds.places[-epochs:]
    grid = _grid(sheet, places)
    wrong = np.argwhere(~(grid >= 0) & ~np.isnan(curves))
    if len(wrong):
        row, column = wrong[0].tolist()
        raise _bad_cell(sheet, row, places[column], "must be a number >= 0 where the epoch has a value")
    return grid


def _grid(sheet: _Sheet, places: Sequence[int]) -> NDArray[np.float64]:
    """The numbers in some columns, `[n, len(places)]`, NaN where not recorded."""
    grid = np.empty((len(sheet.rows), len(places)))
    for index, row in enumerate(sheet.rows):
        try:
            grid[index] = [float(row[place]) for place in places]
        except ValueError:  # the slow way, only for rows that need it
            grid[index] = [_number(sheet, index, place) for place in places]
    infinite = np.argwhere(np.isinf(grid))
    if len(infinite):
        index, column = infinite[0].tolist()
        raise _bad_cell(sheet, index, places[column], "must be finite")
    return grid


def _number(sheet: _Sheet, index: int, place: int) -> float:
    cell = sheet.rows[index][place]
    if cell.strip().lower() in MISSING:
        return np.nan
    try:
        return float(cell)
    except ValueError:
        raise _bad_cell(sheet, index, place, "must be a number, or empty where not recorded") from None


def _bad_cell(sheet: _Sheet, index: int, place: int, rule: str) -> CurveTableError:
    where = f"column {sheet.header[place]!r} on line {sheet.lines[index]} of {sheet.path}"
    return CurveTableError(f"{where} {rule}, got {sheet.rows[index][place]!r}")


def _repeated(rows: Sequence[Sequence[str]]) -> NDArray[np.bool_]:
    seen: set[tuple[str, ...]] = set()
    repeated = np.zeros(len(rows), dtype=np.bool_)
    for index, row in enumerate(rows):
        key = tuple(row)
        repeated[index] = key in seen
        seen.add(key)
    return repeated


def _shortened(text: str, length: int = 100) -> str:
    return text if len(text) <= length else f"{text[:length]}..."
