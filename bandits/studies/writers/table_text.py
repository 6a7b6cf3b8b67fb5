"""Write a table of learning curves as the text of a csv file that `CurveTable` reads."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bandits.errors import SettingError
from bandits.objectives.curve_files.column_families import MOST_DIGITS, NUMBERED, SECONDS
from bandits.objectives.curve_files.feature_names import is_a_feature_of_another
from bandits.objectives.curve_files.metric_words import names_a_metric, names_a_setting
from bandits.objectives.curve_files.phases import phase_of

__all__ = ["TableRow", "column_name", "headings_of", "new_table", "table_text"]


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table.

    Args:
        settings: values known before the training, by name; a missing name and None give an empty cell.
        curves: values from epoch 1 on, by the name of their columns without the number; None and missing epochs at the
            end give empty cells.
    """

    settings: Mapping[str, object]
    curves: Mapping[str, Sequence[object]]


def table_text(rows: Sequence[TableRow], *, epochs: int) -> str:
    """The text of a table: a column for each setting, in the order of the rows, then the columns of the curves.

    Settings that a reader would take for curves get a "_" at the end, such as w1 and w2 beside curves of two epochs.

    Args:
        rows: the rows; the order of columns is that in which their names first appear.
        epochs: number of columns of each curve, at least the length of the longest one.
    """
    settings = list(dict.fromkeys(name for row in rows for name in row.settings))
    families = list(dict.fromkeys(name for row in rows for name in row.curves))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    numbered = (f"{family}_{number}" for family in families for number in range(1, epochs + 1))
    writer.writerow((*headings_of(settings, families, epochs).values(), *numbered))
    for row in rows:
        cells = [_cell(row.settings.get(name)) for name in settings]
        for family in families:
            curve = list(map(_cell, row.curves.get(family, ())))
            cells += curve + [""] * (epochs - len(curve))
        writer.writerow(cells)
    return text.getvalue()


def column_name(words: str) -> str:
    """The column name of a metric: "validation accuracy" gives validation_accuracy.

    Example:
        >>> column_name("validation log-perplexity")
        'validation_log_perplexity'
    """
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_") or "value"


def new_table(out: str | os.PathLike[str]) -> Path:
    """Check the path of a new table.

    Raises:
        SettingError: it does not end in .csv, the file exists, or its folder does not.
    """
    path = Path(out)
    if path.suffix != ".csv":
        raise SettingError.broken("`out`", "must end in .csv", str(out))
    if path.exists():
        raise SettingError.broken("`out`", "must be a new file", str(out))
    if not path.parent.is_dir():
        raise SettingError.broken("`out`", "must lie in a folder that exists", str(out))
    return path


def headings_of(settings: Sequence[str], families: Iterable[str], epochs: int) -> dict[str, str]:
    """The column headings of settings, by name, so that readers take none for a curve or another column."""
    numbers: dict[str, list[str]] = {}
    matches = {name: NUMBERED.fullmatch(name) for name in settings if not is_a_feature_of_another(name, settings)}
    for match in matches.values():
        if match is not None:
            numbers.setdefault(match[1], []).append(match[2])
    prefixes = {f"{family}_" for family in families}
    taken = {prefix for prefix, found in numbers.items() if prefix in prefixes or _looks_like(prefix, found, epochs)}
    renamed = {name for name, match in matches.items() if match is not None and match[1] in taken}
    return {name: f"{name}_" if name in renamed else name for name in settings}


def _looks_like(prefix: str, numbers: Sequence[str], epochs: int) -> bool:
    """Whether a reader would take numbered settings for values of epochs, or could not read their numbers."""
    if max(map(len, numbers)) > MOST_DIGITS:
        return True
    found = set(map(int, numbers))
    label = prefix.rstrip(" _-.:@")
    if len(numbers) == 1:
        return False
    if len(found) < len(numbers) or label.lower() in SECONDS or names_a_metric(label) or phase_of(label) is not None:
        return True
    return (len(found) == epochs or max(found) == epochs) and not names_a_setting(label)


def _cell(value: object) -> object:
    """A value as one cell."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={item}" for name, item in value.items())
    return "" if value is None else value
