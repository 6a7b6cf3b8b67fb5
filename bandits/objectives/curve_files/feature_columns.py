"""Columns of a table that hold features of another column, for what its cells cannot express.

An empty cell does not tell whether the configuration lacks the parameter, its value was not recorded, or None was the
choice. So beside a column `X` there may be columns of 0 and 1 with the names of features of `X`:

1. `has X` and `X=missing`: `X` is a number. A row with `has X` = 0 does not have `X`; in a row with `X=missing` = 1,
   its value was not recorded. A number in the cell of `X` is then the one that encodes it.
2. `X=adam`, `X=sgd`, ...: `X` is a choice, even if its cells look like numbers, and each choice that occurs has a
   column. In a row with an empty cell, 1 in `X=None` means that None was chosen, and 0 in all columns that the row has
   no `X`.

`bandits import` writes such columns if readers of the table would otherwise get other features than those of the study.
Columns with such names that contradict the cells of `X` are read as ordinary columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bandits.objectives.curve_files.csv_cells import MISSING as EMPTY
from bandits.objectives.curve_files.feature_names import belongs_to, is_a_feature_of_another
from bandits.objectives.curve_files.table_columns import Column, Role
from bandits.search_space import ABSENT, NumberEncoding, encoding_of, number_of
from bandits.search_space.encoding import MISSING

__all__ = ["ToldColumn", "told_columns"]

_FLAGS = {"0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0, "false": 0.0, "true": 1.0}


@dataclass(frozen=True, slots=True)
class ToldColumn:
    """A parameter whose features have their own columns.

    Args:
        name: name of the parameter.
        values: `[n]` numbers or texts; None if not recorded or if None was chosen; `ABSENT` if a row does not have it.
        features: `[n]` numbers for each feature name.
        told_by: names of the feature columns.
    """

    name: str
    values: list[object]
    features: dict[str, list[float]]
    told_by: tuple[str, ...]

    def column(self, role: Role | None, note: str) -> Column:
        """The parameter as a column of the table, without constant features."""
        varying = {name: numbers for name, numbers in self.features.items() if len(set(numbers)) > 1}
        if role in ("label", "constant", "outcome") or not varying:
            return Column(self.name, role or "constant", note)
        return Column(self.name, role or "HP", note, varying)


def told_columns(columns: Mapping[str, Sequence[str]]) -> dict[str, ToldColumn]:
    """Find the parameters of a table whose features have their own columns.

    Args:
        columns: the text of each column that describes configurations, by name, each `[n]`.

    Example:
        >>> told = told_columns({"momentum": ["0.9", ""], "has momentum": ["1", "0"]})["momentum"]
        >>> told.values[0], told.features["momentum"]
        (0.9, [0.9, 0.9])
    """
    found = {}
    telling = [name for name in columns if is_a_feature_of_another(name, columns)]
    for name, cells in columns.items() if telling else ():
        flags = {
            other: [_FLAGS.get(flag.strip().lower()) for flag in columns[other]]
            for other in telling
            if other != name and belongs_to(other, name)
        }
        complete = {other: [flag for flag in given if flag is not None] for other, given in flags.items()}
        if not flags or any(len(complete[other]) < len(given) for other, given in flags.items()):
            continue
        texts = [cell.strip() for cell in cells]
        told = _number(name, texts, complete) or _choice(name, texts, complete)
        if told is not None:
            found[name] = told
    return found


def _number(name: str, texts: Sequence[str], flags: Mapping[str, list[float]]) -> ToldColumn | None:
    """The parameter as a number; None if its columns are not those of a number."""
    has, lost = f"has {name}", f"{name}={MISSING}"
    if not flags.keys() <= {has, lost}:
        return None
    nothing = [0.0] * len(texts)
    there = flags.get(has, [1.0] * len(texts))
    gaps = flags.get(lost, nothing)
    numbers = [_number_in(text) for text in texts]
    empty = [text.lower() in EMPTY for text in texts]
    values: list[object] = []
    for number, is_empty, is_there, is_lost in zip(numbers, empty, there, gaps, strict=True):
        stands_in = not is_there or is_lost
        if number is None and not (is_empty and stands_in):
            return None
        values.append(ABSENT if not is_there else None if is_lost else number)
    is_known = any(isinstance(value, int | float) for value in values)
    encoding = encoding_of(name, values) if is_known else NumberEncoding(name)
    rows = [encoding.encode(value) for value in values]
    given = [row[name] if number is None else float(number) for row, number in zip(rows, numbers, strict=True)]
    return ToldColumn(name, values, {name: given, **flags}, tuple(flags))


def _choice(name: str, texts: Sequence[str], flags: Mapping[str, list[float]]) -> ToldColumn | None:
    """The parameter as a choice; None if its columns are not those of a choice."""
    values: list[object] = []
    for row, text in enumerate(texts):
        chosen = [other for other, given in flags.items() if given[row]]
        if chosen == [f"{name}={text}"]:
            values.append(text)
        elif text.lower() not in EMPTY or len(chosen) > 1 or f"has {name}" in flags:
            return None
        else:
            values.append(None if chosen else ABSENT)
    return ToldColumn(name, values, dict(flags), tuple(flags))


def _number_in(text: str) -> int | float | None:
    """The finite number that a cell holds."""
    try:
        number = int(text) if text.lstrip("+-").isdecimal() else float(text)
    except ValueError:
        return None
    return None if "_" in text or number_of(number) is None else number
