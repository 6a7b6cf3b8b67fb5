"""Read numbers written as 84.5%, 1,234.5 or 0,845, column by column, with a note on each form."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from bandits.objectives.curve_files.csv_cells import is_missing, number_in

__all__ = ["is_written_number", "write_numbers_plainly"]

_PERCENT = re.compile(r"\s*([-+]?[0-9.]+)\s?%\s*")
_GROUPED = re.compile(r"\s*[-+]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?\s*")
_DECIMAL = re.compile(r"\s*[-+]?[0-9]*,[0-9]+(?:[eE][-+]?[0-9]+)?\s*")

Reading = tuple[re.Pattern[str], Callable[[str], str], str]

_PERCENT_SIGNS: Reading = (_PERCENT, lambda cell: cell.replace("%", "").strip(), "percent signs are left out")
_THOUSANDS: Reading = (_GROUPED, lambda cell: cell.replace(",", ""), "commas are read as separators of thousands")
_DECIMALS: Reading = (_DECIMAL, lambda cell: cell.replace(",", "."), "commas are read as decimal points")


def is_written_number(cell: str) -> bool:
    """Whether a cell is a number as people write it."""
    return number_in(cell) is not None or any(form.fullmatch(cell) for form in (_PERCENT, _GROUPED, _DECIMAL))


def write_numbers_plainly(header: Sequence[str], rows: Sequence[list[str]], *, decimal_commas: bool) -> tuple[str, ...]:
    """Rewrite, in place, columns of numbers that are written with percent signs or commas.

    A column is rewritten only if each of its cells becomes a number: all cells have a percent sign, or all cells with a
    comma use it in the same way.

    Args:
        header: names of the columns.
        rows: `[n]` cells of each row; changed in place.
        decimal_commas: whether 1,234 means 1.234 and not 1234, as in files whose separator is not the comma.

    Returns:
        A sentence for each form that was found, with an example.
    """
    places = {place for row in rows for place, cell in enumerate(row) if "%" in cell or "," in cell}
    readings = (_PERCENT_SIGNS, *((_DECIMALS, _THOUSANDS) if decimal_commas else (_THOUSANDS, _DECIMALS)))
    found: dict[str, tuple[str, list[str]]] = {}
    for place in sorted(places):
        for reading in readings:
            example = _rewrite(rows, place, reading)
            if example:
                found.setdefault(reading[2], (example, []))[1].append(header[place])
                break
    return tuple(f"{words} ({example}) in {_listed(names)}" for words, (example, names) in found.items())


def _rewrite(rows: Sequence[list[str]], place: int, reading: Reading) -> str:
    """Rewrite a column if all of its cells then become numbers; return an example of the change, else an empty text."""
    pattern, plain, _ = reading
    example, changed = "", {}
    for index, row in enumerate(rows):
        cell = row[place]
        if is_missing(cell):
            continue
        if pattern.fullmatch(cell) and number_in(plain(cell)) is not None:
            changed[index] = plain(cell)
            example = example or f"{cell.strip()} is {plain(cell).strip()}"
        elif pattern is _PERCENT or number_in(cell) is None:
            return ""
        elif pattern is _DECIMAL and "." in cell:
            return ""  # with points as well, the comma separates something else
    for index, cell in changed.items():
        rows[index][place] = cell
    return example


def _listed(names: Sequence[str]) -> str:
    return f"column {names[0]}" if len(names) == 1 else f"{len(names)} columns ({names[0]} to {names[-1]})"
