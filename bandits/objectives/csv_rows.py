"""The rows of a csv file, as text, with the line on which each ends."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from bandits.errors import CurveTableError

__all__ = ["check_length", "csv_rows"]


def csv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Read a .csv or .csv.gz file, UTF-8, separated by commas.

    Args:
        path: the file.

    Returns:
        For each row that is not an empty line, the line of the file on which it ends, from 1, and its cells. The header
        is a row like any other.

    Raises:
        CurveTableError: the file cannot be read, or is no csv from some line on.
    """
    reader = csv.reader(io.StringIO(_text_of(path), newline=""), strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise CurveTableError(f"line {reader.line_num} of {path} must be csv: {error}") from error


def check_length(path: Path, line: int, row: Sequence[str], header: Sequence[str]) -> None:
    """Check that a row has a cell for every column.

    Raises:
        CurveTableError: it has more or fewer.
    """
    if len(row) != len(header):
        rule = f"must have {len(header)} cells, as the header has"
        raise CurveTableError.broken(f"line {line} of {path}", rule, len(row))


def _text_of(path: Path) -> str:
    try:
        data = path.read_bytes()
        if data.startswith(b"\x1f\x8b"):
            data = gzip.decompress(data)
        return data.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise CurveTableError(f"{path} must be a readable csv file in UTF-8, gzipped or not: {error}") from error
