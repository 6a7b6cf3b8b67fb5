"""The rows of a curve table, sorted into those that teach and those that are forecast.

1. A row is complete if it was measured at the horizon. Every other row is partial. Gaps are filled as in every study
   (`bandits.studies`), from the epochs before and after; if a row is cut, only from epochs up to the cut.
2. A complete row that copies an earlier one is not used: it teaches nothing, and a test would contain its answer.
3. A column that is filled in only after the training is no feature, since it is empty for partial rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Curve, History, Trial
from bandits.objectives.curve_files.table_columns import Column
from bandits.objectives.curve_table import CurveTable

__all__ = ["Rows", "sort_rows"]

Floats = NDArray[np.float64]

_NAMED = 5  # rows that a note names one by one
_FAR = 10.0  # quartile distances below the lower quartile that are far


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """A table's n rows, sorted.

    Args:
        trials: `[n]`, each with its row number as id and the features that the predictor may use.
        scores: `[n, horizon]`, gaps filled, NaN after the last epoch that was measured.
        recorded: `[n, horizon]` whether an epoch was measured.
        measured: `[n]` the last measured epoch, at most the horizon; 0 for none.
        at: how many epochs of a row a forecast may use; None for every measured one.
        teachers: complete rows that copy no earlier one, ascending.
        partial: rows that do not reach the horizon, ascending.
        notes: further remarks, in sentences.
    """

    trials: tuple[Trial, ...]
    scores: Floats
    recorded: NDArray[np.bool_]
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
        """The part of a row that a forecast may use."""
        seen = self.measured[row] if self.at is None else min(self.measured[row], self.at)
        if not self.recorded[row, :seen].all():
            raw = np.where(self.recorded[row], self.scores[row], np.nan)
            return Curve(_filled(raw[:seen]))
        return Curve(self.scores[row, :seen])

    def history(self, teachers: Iterable[int], arms: Iterable[int]) -> History:
        """What a predictor may learn from: complete curves, and the first epochs of those to be forecast."""
        whole = [(self.trials[row], Curve(self.scores[row])) for row in teachers]
        return History.from_curves([*whole, *((self.trials[row], self.curve(row)) for row in arms)])


def sort_rows(table: CurveTable, horizon: int, at: int | None) -> Rows:
    """Sort the rows of a table for a horizon, 1 <= horizon <= T."""
    scores = np.array(table.scores[:, :horizon])
    recorded = np.isfinite(scores)
    measured = (horizon - recorded[:, ::-1].argmax(axis=1)) * recorded.any(axis=1)
    gaps = [row for row, end in enumerate(measured.tolist()) if not recorded[row, :end].all()]
    for row in gaps:
        scores[row, : measured[row]] = _filled(scores[row])
    complete = [row for row, epochs in enumerate(measured) if epochs == horizon]
    partial = [row for row, epochs in enumerate(measured) if epochs < horizon]
    copies = _copies(table, complete)
    teachers = tuple(row for row in complete if row not in copies)
    hidden = [column for column in table.description.columns if _told_afterwards(column, table, partial)]
    taken = {feature for column in hidden for feature in column.features}
    trials = []
    for row, config in enumerate(table.configs):
        features = {name: value for name, value in table.features(config).items() if name not in taken}
        trials.append(Trial(row, config, features))
    notes: dict[str, Sequence[object]] = {
        "with gaps, filled from the epochs before and after: rows": gaps,
        "far worse than all others at the end, but learned from: rows": _far_behind(scores, teachers),
        "copies of earlier rows, not learned from: rows": sorted(copies),
        "known only after training, not learned from: columns": [
            column.name for column in hidden if column.role != "outcome"
        ],
    }
    return Rows(
        trials=tuple(trials),
        scores=scores,
        recorded=recorded,
        measured=tuple(measured.tolist()),
        at=at,
        teachers=teachers,
        partial=tuple(partial),
        notes=tuple(f"{words} {_listed(items)}" for words, items in notes.items() if items),
    )


def _filled(scores: Floats) -> Floats:
    """`[tau]` scores up to the last one that is a number, gaps filled; `[0]` if there is none."""
    from bandits.studies.epochs import EpochGrid  # half a second, which tables without gaps need not wait for

    there = np.flatnonzero(np.isfinite(scores))
    curve = EpochGrid(range(1, len(scores) + 1)).curve(there + 1, scores[there])
    return np.empty(0) if curve is None else np.asarray(curve.scores)


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
    """Complete rows with such bad ends that their trainings may have crashed or diverged."""
    if not teachers:
        return []
    ends = scores[list(teachers), -1]
    lower, upper = np.quantile(ends, (0.25, 0.75)).tolist()
    return [row for row in teachers if scores[row, -1] < lower - _FAR * (upper - lower)] if upper > lower else []


def _told_afterwards(column: Column, table: CurveTable, partial: Sequence[int]) -> bool:
    """Whether a column was filled in after training: it is known as an outcome, is a feature that is empty for all
    partial rows, or copies the last or the best measurement."""
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
