"""A report on how a table of curves was read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Metric
from bandits.objectives.curve_files.table_columns import Column

__all__ = ["Incomplete", "Marks", "TableReport", "marks_of"]


@dataclass(frozen=True, slots=True)
class Incomplete:
    """How many rows have no complete curve.

    Args:
        early: rows that end before the last epoch.
        gaps: rows with an unrecorded epoch before a recorded one.
        failed: rows whose final value is below `failed_below` of a shipped table.
        dropped: whether these rows were left out.
    """

    early: int
    gaps: int
    failed: int
    dropped: bool

    def __str__(self) -> str:
        counts = {"ending early": self.early, "with gaps": self.gaps, "failed": self.failed}
        parts = [f"{count:,} {words}" for words, count in counts.items() if count]
        return f"{' and '.join(parts)}, {'dropped' if self.dropped else 'kept'}" if parts else "0"


@dataclass(frozen=True, slots=True)
class Marks:
    """Which rows have no complete curve; each `[n]`, and no row has two marks."""

    early: NDArray[np.bool_]
    gaps: NDArray[np.bool_]
    failed: NDArray[np.bool_]

    @property
    def any(self) -> NDArray[np.bool_]:
        """Rows with a mark."""
        return np.asarray(self.early | self.gaps | self.failed)

    def counted(self, rows: NDArray[np.bool_] | None = None, *, dropped: bool = False) -> Incomplete:
        """How many of the given rows have each mark; None means all rows."""
        among = np.ones(len(self.early), dtype=np.bool_) if rows is None else rows
        early, gaps, failed = (int((mark & among).sum()) for mark in (self.early, self.gaps, self.failed))
        return Incomplete(early, gaps, failed, dropped)


def marks_of(curves: NDArray[np.float64], failed_below: float | None = None) -> Marks:
    """Mark the rows of `[n, T]` raw curves, NaN where not recorded; a final value below `failed_below` is a failure."""
    missing = np.isnan(curves)
    gaps = np.asarray((missing[:, :-1] & ~missing[:, 1:]).any(axis=1))
    low = -np.inf if failed_below is None else failed_below
    return Marks(early=missing[:, -1] & ~gaps, gaps=gaps, failed=np.asarray(curves[:, -1] < low) & ~gaps)


@dataclass(frozen=True, slots=True)
class TableReport:
    """How a table was read; `str()` gives it in lines.

    Args:
        title: content of the table.
        metric: metric of the curves.
        ground: reason for the metric's goal.
        rows: n, the number of configurations.
        epochs: T, the number of epochs.
        first_epoch: the column that is epoch 1; empty for arrays.
        columns: every column that describes configurations.
        repeated: number of exact copies of other rows, and whether they were dropped.
        incomplete: number of the other rows without a complete curve, and whether they were dropped.
        timed: whether the seconds of each epoch are recorded.
        remarks: further remarks, such as known defects.
        notes: what was guessed, merged or left out in a user's file; every command that reads it shows them.
    """

    title: str
    metric: Metric
    ground: str
    rows: int
    epochs: int
    first_epoch: str
    columns: tuple[Column, ...]
    repeated: tuple[int, bool]
    incomplete: Incomplete
    timed: bool
    remarks: tuple[str, ...]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        first = f"; column {self.first_epoch!r} is epoch 1" if self.first_epoch else ""
        clock = "recorded" if self.timed else "not recorded, each epoch counts as 1 second"
        copies, dropped = self.repeated
        lines = [
            self.title,
            f"metric: {self.metric.name}, {self.metric.goal} ({self.ground})",
            f"curves: {self.rows} rows of {self.epochs} epochs{first}",
            f"seconds of an epoch: {clock}",
            f"exact copies of other rows: {copies}{' dropped' if copies and dropped else ' kept' if copies else ''}",
            f"rows without a complete curve: {self.incomplete}",
        ]
        for column in self.columns:
            note = f", {column.note}" if column.note else ""
            lines.append(f"column {column.name!r}: {column.role}{note}")
        return "\n".join([*lines, *self.remarks, *self.notes])
