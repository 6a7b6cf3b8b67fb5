"""Recognise rows below a table that sum it up, such as the last row "Mean" of a spreadsheet: they are no trainings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from bandits.objectives.curve_files.csv_cells import is_missing, number_in
from bandits.objectives.curve_files.csv_file import CsvFile

__all__ = ["without_summary"]

_LEAST = 2  # rows of which there is a summary
Statistic = Callable[[Sequence[float]], float]


def _deviation(numbers: Sequence[float]) -> float:
    return float(np.std(numbers, ddof=1))


_STATISTICS: Mapping[str, Statistic] = {
    **dict.fromkeys(("mean", "average", "avg", "avg."), np.mean),
    "median": np.median,
    **dict.fromkeys(("max", "maximum"), np.max),
    **dict.fromkeys(("min", "minimum"), np.min),
    **dict.fromkeys(("sd", "std", "std.", "stdev", "std dev"), _deviation),
    **dict.fromkeys(("sum", "total"), np.sum),
}


def without_summary(file: CsvFile, curves: Sequence[int]) -> CsvFile:
    """A file without the rows at its end that sum it up; a note tells which they are.

    A row called Mean, Max or the like sums the file up if its numbers are that statistic of their columns, or if it has
    no settings where other rows have some. So does a row without any settings or name whose numbers are the means.

    Args:
        file: the file.
        curves: its columns with the curves.
    """
    end = len(file.rows)
    while end > _LEAST and _named(file.rows[end - 1]):
        end -= 1
    data, below = file.rows[:end], range(end, len(file.rows))
    if len(below):
        left_out = [row for row in below if _sums_up(file.rows[row], data, curves)]
    else:
        left_out = [row for row in range(end - 1, end) if end > _LEAST and _is_mean(file.rows[row], data[:-1], curves)]
    if not left_out:
        return file
    kept = [row for row in range(len(file.rows)) if row not in left_out]
    lines = ", ".join(str(file.lines[row]) for row in left_out)
    note = f"rows that sum up the others, left out: {len(left_out):,} (line{'s' * (len(left_out) > 1)} {lines})"
    return replace(
        file,
        rows=[file.rows[row] for row in kept],
        lines=[file.lines[row] for row in kept],
        notes=(*file.notes, note),
    )


def _named(row: Sequence[str]) -> int | None:
    """Index after that of the first cell with the name of a statistic; None without one."""
    return next((place + 1 for place, cell in enumerate(row) if _word(cell) in _STATISTICS), None)


def _word(cell: str) -> str:
    return cell.strip().rstrip(":").lower()


def _sums_up(row: Sequence[str], data: Sequence[Sequence[str]], curves: Sequence[int]) -> bool:
    """Whether a row with the name of a statistic is one."""
    name = (_named(row) or 0) - 1
    if any(_word(other[name]) == _word(row[name]) for other in data):  # a choice, such as that of a pooling
        return False
    others = [place for place in range(len(row)) if place != name]
    settings = [place for place in others if place not in curves and not all(is_missing(each[place]) for each in data)]
    blank = bool(settings) and all(is_missing(row[place]) for place in settings)
    return blank or _agree(row, data, others, _STATISTICS[_word(row[name])])


def _is_mean(row: Sequence[str], data: Sequence[Sequence[str]], curves: Sequence[int]) -> bool:
    """Whether a row without a name holds the means of the curves, and nothing where all others have settings."""
    settings = [place for place in range(len(row)) if place not in curves]
    if not settings or not all(is_missing(row[place]) for place in settings):
        return False
    given = any(not any(is_missing(each[place]) for each in data) for place in settings)
    return given and _agree(row, data, curves, np.mean)


def _agree(
    row: Sequence[str],
    data: Sequence[Sequence[str]],
    places: Sequence[int],
    statistic: Statistic,
) -> bool:
    """Whether two numbers of a row or more, and all that there are, are a statistic of their columns, as rounded."""
    count = 0
    for place in places:
        if is_missing(row[place]):
            continue
        number = number_in(row[place])
        column = [found for each in data if (found := number_in(each[place])) is not None and found == found]
        if number is None or len(column) < _LEAST:
            return False
        unit = max(_unit(row[place]), min(_unit(each[place]) for each in data if not is_missing(each[place])))
        with np.errstate(all="ignore"):  # numbers too large to compute with agree with nothing
            if not abs(number - statistic(column)) <= unit + 1e-9 * abs(number):
                return False
        count += 1
    return count >= _LEAST


def _unit(cell: str) -> float:
    """One unit in the last digit of a number; 0 for a cell without one."""
    exponent = Decimal(cell.strip()).as_tuple().exponent if number_in(cell) is not None else None
    return 10.0 ** min(exponent, 0) if isinstance(exponent, int) else 0.0
