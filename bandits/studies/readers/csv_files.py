"""The rows of a csv file that another tool has exported, and what its columns are called."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bandits.errors import CurveTableError
from bandits.objectives.csv_rows import check_length, csv_rows

__all__ = ["CsvFile", "number_in", "plain_name", "read_csv", "read_header"]


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A csv file.

    Args:
        path: where it lies.
        header: names of its columns.
        rows: their cells, as many in each row as there are columns.
        lines: on which line of the file each row ends, from 1.
    """

    path: Path
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    lines: Sequence[int]

    def number(self, row: int, column: int) -> float:
        """The number in a cell; NaN where it is empty.

        Raises:
            CurveTableError: it is none.
        """
        number = number_in(self.rows[row][column])
        if number is None:
            where = f"column {self.header[column]!r} on line {self.lines[row]} of {self.path}"
            raise CurveTableError.broken(where, "must be a number, or empty", self.rows[row][column])
        return number


def plain_name(name: str) -> str:
    """A column's name in small letters, without what separates words: "Run ID" and "run_id" are "runid"."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def number_in(cell: str) -> float | None:
    """The number that a cell holds; NaN where it holds nothing, None where it holds something else.

    Example:
        >>> number_in("0.5"), number_in(""), number_in("half")
        (0.5, nan, None)
    """
    if not cell.strip():
        return math.nan
    try:
        return float(cell)
    except ValueError:
        return None


def read_header(path: Path) -> list[str]:
    """The names in the first row of a csv file; none if it cannot be read."""
    try:
        return read_csv(path, most_rows=0).header  # type: ignore[return-value]  # it is a list
    except CurveTableError:
        return []


def read_csv(path: Path, *, most_rows: int | None = None) -> CsvFile:
    """Read a .csv or .csv.gz file.

    Args:
        path: the file; UTF-8, separated by commas.
        most_rows: how many rows below the header to read; None for all.

    Raises:
        CurveTableError: it cannot be read, or has a row of another length than its header.
    """
    numbered = csv_rows(path)
    header = [name.strip() for name in next(numbered, (0, []))[1]]
    rows: list[list[str]] = []
    lines: list[int] = []
    for line, row in islice(numbered, most_rows):
        check_length(path, line, row, header)
        rows.append(row)
        lines.append(line)
    return CsvFile(path, header, rows, lines)
