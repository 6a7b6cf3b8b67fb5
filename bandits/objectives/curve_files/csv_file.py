"""Read csv files: the header, the rows and the line of each, with any usual separator."""

from __future__ import annotations

import csv
import gzip
import io
import math
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bandits.errors import CurveTableError
from bandits.objectives.curve_files.csv_cells import MOST, is_missing, number_in
from bandits.objectives.curve_files.csv_numbers import is_written_number, write_numbers_plainly

__all__ = ["CsvFile", "read_csv"]

_SEPARATORS = (",", ";", "\t")
_SEPARATOR = re.compile(r"sep=(.)(?=[\r\n])", re.IGNORECASE)
_UNNAMED = re.compile(r"(?:unnamed: [0-9]+)?", re.IGNORECASE)  # pandas reads a blank name as "Unnamed: 0"

Row = tuple[int, list[str]]  # the line on which the row ends, and its cells


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A csv file with n rows below its header.

    Args:
        path: path of the file.
        header: names of its columns, without blanks around them; a column without a name is called "column 3".
        rows: `[n]` their cells, as many in each row as there are columns.
        lines: `[n]` the line of the file on which each row ends, from 1.
        unnamed: indices of the columns without a name, such as an index that pandas or R wrote.
        notes: how numbers in other forms than 1234.5 were read, in sentences.
    """

    path: Path
    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    unnamed: frozenset[int]
    notes: tuple[str, ...]

    def number(self, row: int, column: int) -> float:
        """The number in a cell; NaN if nothing was recorded; infinities are numbers.

        Raises:
            CurveTableError: the cell holds no number, or a finite one beyond 1e100.
        """
        number = number_in(self.rows[row][column])
        if number is None:
            raise self.bad_cell(self._odd_cell(row, column), column, "must be a number, or empty if not recorded")
        if MOST < abs(number) < math.inf:
            rule = f"must lie between -{MOST:g} and {MOST:g}, or be empty if the training diverged"
            raise self.bad_cell(row, column, rule)
        return number

    def measured(self, row: int, column: int) -> float:
        """The measurement in a cell, as `number`; one beyond 1e100, of a training that diverged, is infinite.

        Raises:
            CurveTableError: the cell holds no number.
        """
        number = number_in(self.rows[row][column])
        if number is not None and abs(number) > MOST:
            return math.copysign(math.inf, number)
        return self.number(row, column)

    def _odd_cell(self, row: int, column: int) -> int:
        """The row of the cell that is no number in any form: beside #DIV/0!, the column of 0,48 cannot be read."""
        cells = (cells[column] for cells in self.rows)
        odd = (place for place, cell in enumerate(cells) if not (is_missing(cell) or is_written_number(cell)))
        return next(odd, row) if is_written_number(self.rows[row][column]) else row

    def bad_cell(self, row: int, column: int, rule: str) -> CurveTableError:
        """The error for a cell that breaks a rule, with its place."""
        where = f"column {self.header[column]!r} on line {self.lines[row]} of {self.path}"
        return CurveTableError.broken(where, rule, self.rows[row][column])


def read_csv(path: Path) -> CsvFile:
    """Read a .csv or .csv.gz file.

    Cells are separated by commas, semicolons or tabs, whichever gives the header most columns, or by the separator in a
    first line such as "sep=;", which Excel writes. Empty lines, rows of empty cells, and empty cells after the last
    column are ignored. If every row has one cell more than the header, as R writes them, the first column holds row
    names.

    Args:
        path: the file; UTF-8.

    Raises:
        CurveTableError: the file cannot be read, has a line that is not csv, or a row of another length than the
            header.
    """
    text = _text_of(path)
    said = _SEPARATOR.match(text)
    if said:
        text = text[said.end() :]
    separator, header = _header_of(text, said[1] if said else "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise CurveTableError(f"line {reader.line_num} of {path} must be csv: {error}") from error
    if header and all(number_in(name) is not None for name in header) and len(set(header)) > 1 and not _counts(header):
        rule = "must begin with a line of column names, such as lr, acc_1, acc_2, ..."
        raise CurveTableError.broken(f"{path}", rule, ", ".join(header[:3]) + (", ..." if len(header) > 3 else ""))
    header, below = _fitted(path, header, rows[1:])
    unnamed = frozenset(place for place, name in enumerate(header) if _UNNAMED.fullmatch(name))
    names = [name or f"column {place}" for place, name in enumerate(header, start=1)]
    cells = [row for _, row in below]
    return CsvFile(
        path=path,
        header=names,
        rows=cells,
        lines=[line for line, _ in below],
        unnamed=unnamed,
        notes=write_numbers_plainly(names, cells, decimal_commas=separator != ","),
    )


def _header_of(text: str, said: str) -> tuple[str, list[str]]:
    """The separator of a file, and its first row that is not empty."""
    best: tuple[str, list[str]] = (said or ",", [])
    for separator in said or _SEPARATORS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
        try:
            header = next((row for row in reader if any(cell.strip() for cell in row)), [])
        except csv.Error:  # raised again when the rows are read
            continue
        if len(header) > len(best[1]):
            best = (separator, [name.strip() for name in header])
    return best


def _counts(header: Sequence[str]) -> bool:
    """Whether names that are numbers are those of epochs."""
    return all(name.isdigit() for name in header)


def _fitted(path: Path, header: list[str], rows: Sequence[Row]) -> tuple[list[str], list[Row]]:
    """Header and rows of one length, without empty columns at the end."""
    width = len(header)
    longer = bool(rows) and all(len(row) == width + 1 for _, row in rows)
    if longer and all(row[-1].strip() for _, row in rows) and len({row[0] for _, row in rows}) == len(rows):
        header, width = ["", *header], width + 1  # R's row names have no name
    kept = [(line, row[:width] if not any(cell.strip() for cell in row[width:]) else row) for line, row in rows]
    while width > 1 and not header[width - 1] and not any(cell.strip() for _, row in kept for cell in row[width - 1 :]):
        width -= 1
        kept = [(line, row[:width]) for line, row in kept]
    for line, row in kept:
        if len(row) != width:
            rule = f"must have {width} cells, as the header has"
            raise CurveTableError.broken(f"line {line} of {path}", rule, len(row))
    return header[:width], kept


def _text_of(path: Path) -> str:
    try:
        data = path.read_bytes()
        if data.startswith(b"\x1f\x8b"):
            data = gzip.decompress(data)
        return data.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise CurveTableError(f"{path} must be a readable csv file in UTF-8, gzipped or not: {error}") from error
