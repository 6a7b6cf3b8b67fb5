"""Read the cells of a csv file: nothing, a number, or a name."""

from __future__ import annotations

import math
import re

__all__ = ["MISSING", "MOST", "is_missing", "number_in", "plain_name", "shortened", "words_of"]

MISSING = frozenset({"", "nan", "na", "n/a", "null", "none", "<na>", "#n/a"})
"""Cells, in lower case, that mean "not recorded"."""
MOST = 1e100
"""A larger finite number is a mistake or a diverged training: sums of its square overflow."""


def is_missing(cell: str) -> bool:
    """Whether a cell means "not recorded"."""
    return cell.strip().lower() in MISSING


def number_in(cell: str) -> float | None:
    """The number in a cell; NaN if nothing was recorded, None if the cell holds something else.

    Example:
        >>> number_in("0.5"), number_in("NA"), number_in("half"), number_in("1_000")
        (0.5, nan, None, None)
    """
    if is_missing(cell):
        return math.nan
    try:
        return None if "_" in cell else float(cell)  # Python reads 1_000 as a number, other programs do not
    except ValueError:
        return None


def plain_name(name: str) -> str:
    """A column's name in lower case without separators: "Run ID" and "run_id" become "runid"."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def words_of(name: str) -> set[str]:
    """The words of a column's name, in lower case: val_acc is {"val", "acc"}."""
    return set(re.findall(r"[a-z0-9]+", name.lower()))


def shortened(text: str, length: int = 100) -> str:
    """A text for messages, cut if it is long."""
    return text if len(text) <= length else f"{text[:length]}..."
