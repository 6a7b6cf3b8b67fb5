"""The rows of a curve table, sorted into those that teach and those that are forecast.

1. A row is complete if it was measured through the horizon, without a gap. Every other row is partial: what was
   measured before its first gap counts, nothing after it.
2. A complete row that copies an earlier one teaches nothing new, and would be its own answer in a test.
3. A column that was filled in only when training had ended is no feature: nothing is known of it where it would
   be needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Curve, History, Trial
from bandits.objectives.curve_table import CurveTable
from bandits.objectives.table_columns import Column

__all__ = ["Rows", "sort_rows"]

Floats = NDArray[np.float64]

_NAMED = 5  # rows that a note names one by one
_FAR = 10.0  # quartile distances below the lower quartile that are far


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """A table's n rows, sorted.

    Args:
        trials: `[n]`, each with its row number as id and the features that may be learned from.
        scores: `[n, horizon]`, NaN where not recorded.
        measured: `[n]` epochs before the first gap, at most the horizon.
        at: epochs that may be seen of a row that is forecast; None for all that were measured.
        teachers: complete rows that copy no earlier one, ascending.
        partial: rows that do not reach the horizon, ascending.
        notes: what else is worth knowing, in sentences.
    """

    trials: tuple[Trial, ...]
    scores: Floats
    measured: tuple[int, ...]
    at: int | None
    teachers: tuple[int, ...]
    partial: tuple[int, ...]
    notes: tuple[str, ...]

    @property
    def horizon(self) -> int:
        """The epoch that is forecast."""
        return int(self.scores.shape[1])

    def curve(self, row: int) -> Curve:
        """What may be seen of a row that is forecast."""
        seen = self.measured[row] if self.at is None else min(self.measured[row], self.at)
        return Curve(self.scores[row, :seen])

    def history(self, teachers: Iterable[int], arms: Iterable[int]) -> History:
        """What a predictor may learn from: whole curves, and the beginnings of those that it is to forecast."""
        whole = [(self.trials[row], Curve(self.scores[row])) for row in teachers]
        return History.from_curves([*whole, *((self.trials[row], self.curve(row)) for row in arms)])


def sort_rows(table: CurveTable, horizon: int, at: int | None) -> Rows:
    """Sort the rows of a table for a horizon, 1 <= horizon <= T."""
    scores = table.scores[:, :horizon]
    recorded = np.isfinite(scores)
    measured = np.logical_and.accumulate(recorded, axis=1).sum(axis=1).tolist()
    complete = [row for row, epochs in enumerate(measured) if epochs == horizon]
    partial = [row for row, epochs in enumerate(measured) if epochs < horizon]
    gaps = [row for row in partial if recorded[row, measured[row] :].any()]
    copies = _copies(table, complete)
    teachers = tuple(row for row in complete if row not in copies)
    hidden = [column for column in table.description.columns if _told_afterwards(column, table, partial)]
    taken = {feature for column in hidden for feature in column.features}
    trials = []
    for row, config in enumerate(table.configs):
        features = {name: value for name, value in table.features(config).items() if name not in taken}
        trials.append(Trial(row, config, features))
    notes: dict[str, Sequence[object]] = {
        "used up to their first gap: rows": gaps,
        "far behind all others at the end, and learned from all the same: rows": _far_behind(scores, teachers),
        "copies of earlier rows, not learned from: rows": sorted(copies),
        "known only after training, not learned from: columns": [
            column.name for column in hidden if column.role != "outcome"
        ],
    }
    return Rows(
        trials=tuple(trials),
        scores=scores,
        measured=tuple(measured),
        at=at,
        teachers=teachers,
        partial=tuple(partial),
        notes=tuple(f"{words} {_listed(items)}" for words, items in notes.items() if items),
    )


def _copies(table: CurveTable, complete: Sequence[int]) -> set[int]:
    """Complete rows that copy an earlier one in every recorded value and every column."""
    seen: set[tuple[bytes, str]] = set()
    copies = set()
    for row in complete:
        config = {name: value for name, value in table.configs[row].items() if name != "row"}
        key = (table.curves[row].tobytes(), repr(config))
        if key in seen:
            copies.add(row)
        seen.add(key)
    return copies


def _far_behind(scores: Floats, teachers: Sequence[int]) -> list[int]:
    """Complete rows whose end is so bad that they may have crashed or diverged."""
    if not teachers:
        return []
    ends = scores[list(teachers), -1]
    lower, upper = np.quantile(ends, (0.25, 0.75)).tolist()
    return [row for row in teachers if scores[row, -1] < lower - _FAR * (upper - lower)] if upper > lower else []


def _told_afterwards(column: Column, table: CurveTable, partial: Sequence[int]) -> bool:
    """Whether a column is an outcome, or one of features that is empty for all partial rows, or copies what was
    measured last or best."""
    if column.role == "outcome":
        return True
    if not column.features:
        return False
    cells = [config.get(column.name) for config in table.configs]
    if partial and all(cells[row] is None for row in partial):
        return True
    measured = np.isfinite(table.scores)
    known = [row for row in np.flatnonzero(measured.any(axis=1)).tolist() if cells[row] is not None]
    numbers = [cells[row] for row in known]
    if not numbers or not all(isinstance(number, int | float) for number in numbers):
        return False
    last = table.max_epochs - 1 - measured[known, ::-1].argmax(axis=1)
    ends = table.scores[known, last]
    best = np.where(measured, table.scores, -np.inf)[known].max(axis=1)
    told = [table.metric.orient(float(number)) for number in numbers]  # type: ignore[arg-type]
    return told in (ends.tolist(), best.tolist())


def _listed(items: Sequence[object]) -> str:
    named = ", ".join(str(item) for item in items[:_NAMED])
    return f"{named} and {len(items) - _NAMED:,} more" if len(items) > _NAMED else named
