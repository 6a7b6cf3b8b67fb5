"""Decide what a column that describes configurations is: features (see `bandits.search_space.encoding`), or not.

These are no features: constants, texts that differ in nearly every row (identifiers), row numbers, and outcomes
(numbers that copy the curve's last or best value, which a predictor must not see).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Literal

from bandits.errors import CurveTableError
from bandits.objectives.curve_files.csv_cells import MISSING, number_in, shortened, words_of
from bandits.search_space.encoding import ABSENT, encoding_of

__all__ = ["Column", "Role", "column_of", "values_of_cells"]

Role = Literal["AP", "HP", "label", "constant", "outcome"]

_IDENTIFIERS = frozenset({"#", "id", "index", "no", "number", "row", "run", "seed", "trial"})
_CHOICES = frozenset({"none", "null"})  # in a column of words these are words too, such as the name of an operation
_MOST_CATEGORIES = 32
_LONG = 20
_NEARLY_EVERY = 0.9


@dataclass(frozen=True, slots=True)
class Column:
    """A column and its role.

    Args:
        name: its name in the header.
        role: "AP" (architecture) and "HP" (hyperparameter) are features; "label", "constant" and "outcome" are not.
        note: the reason for the role, or the column's meaning; may be empty.
        features: `[n]` finite numbers for each feature name.
    """

    name: str
    role: Role
    note: str = ""
    features: dict[str, list[float]] = field(default_factory=dict, repr=False)


def values_of_cells(name: str, cells: Sequence[str], where: Sequence[str]) -> list[object]:
    """Turn the text of a column into numbers, booleans or texts, whichever fits all of its cells.

    Args:
        name: name of the column.
        cells: `[n]` texts.
        where: `[n]` the place of each row, for messages.

    Returns:
        `[n]` values of one kind; None for a missing cell.

    Raises:
        CurveTableError: a number is not finite.
    """
    texts = [cell.strip() for cell in cells]
    known = [text for text in texts if text.lower() not in MISSING]
    if all(number_in(text) is not None for text in known):
        for text, place in zip(texts, where, strict=True):
            if math.isinf(number_in(text) or 0.0):
                raise CurveTableError.broken(f"column {name!r} on {place}", "must be finite", shortened(text, _LONG))
        return [None if text.lower() in MISSING else _number(text) for text in texts]
    if all(text.lower() in ("true", "false") for text in known):
        return [None if text.lower() in MISSING else text.lower() == "true" for text in texts]
    return [None if text.lower() in MISSING - _CHOICES else text for text in texts]


def column_of(
    name: str,
    values: Sequence[object],
    *,
    role: Role | None = None,
    outcomes: Iterable[Sequence[float]] = (),
    note: str = "",
) -> Column:
    """Decide the role of a column, and encode it.

    Args:
        name: name of the column.
        values: `[n]` numbers, booleans or texts; None if nothing was recorded, or `ABSENT`.
        role: its known role; None to decide by its values.
        outcomes: `[n]` results of the curves; a column of numbers that copies one is an outcome.
        note: its known meaning.

    Returns:
        The column; it has features only if its role is AP or HP.
    """
    if role in ("label", "constant", "outcome"):
        return Column(name, role, note)
    present = [value for value in values if value is not None and value is not ABSENT]
    if not all(isinstance(value, Real | str) for value in present):
        return Column(name, "label", note or "neither numbers nor text")
    distinct = set(values)
    if len(distinct) == 1:
        return Column(name, "constant", note or f"always {values[0]}")
    if not present:
        return Column(name, "constant", note or "never there")
    if any(isinstance(value, str) for value in present):
        if role is None and (len(distinct) > _MOST_CATEGORIES or len(distinct) >= _NEARLY_EVERY * len(values)):
            return Column(name, "label", note or f"{len(distinct)} different texts in {len(values)} rows")
        return Column(name, role or "HP", note, _features(name, values))
    identifier = name.lower() in _IDENTIFIERS or "id" in words_of(name)
    if role is None and identifier and len(distinct) == len(values):
        return Column(name, "label", note or "numbers the rows")
    if role is None and any(_copies(values, outcome) for outcome in outcomes):
        return Column(name, "outcome", note or "copies the curve's last or best value")
    return Column(name, role or "HP", note, _features(name, values))


def _copies(values: Sequence[object], outcome: Sequence[float]) -> bool:
    """Whether every recorded value is the outcome of its row."""
    there = ((value, told) for value, told in zip(values, outcome, strict=True) if isinstance(value, Real))
    return all(value == told for value, told in there)


def _features(name: str, values: Sequence[object]) -> dict[str, list[float]]:
    """`[n]` numbers for each feature name."""
    encoding = encoding_of(name, values)
    rows = [encoding.encode(value) for value in values]
    return {feature: [row[feature] for row in rows] for feature in rows[0]}


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)
