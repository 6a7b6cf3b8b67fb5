"""What a table of curves was taken for, so that nobody has to guess."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Metric
from bandits.objectives.curve_files.table_columns import Column

__all__ = ["Incomplete", "Marks", "TableReport", "marks_of"]


@dataclass(frozen=True, slots=True)
class Incomplete:
    """How many rows have no whole curve.

    Args:
        early: rows that end before the last epoch.
        gaps: rows with an epoch that was not recorded before one that was.
        failed: rows whose final value is below what is known of a shipped table.
        dropped: whether they were left out.
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
    """Which rows have no whole curve; each `[n]`, and no row has two marks."""

    early: NDArray[np.bool_]
    gaps: NDArray[np.bool_]
    failed: NDArray[np.bool_]

    @property
    def any(self) -> NDArray[np.bool_]:
        """Rows with a mark."""
        return np.asarray(self.early | self.gaps | self.failed)

    def counted(self, rows: NDArray[np.bool_] | None = None, *, dropped: bool = False) -> Incomplete:
        """How many of some rows have each; of all where None is given."""
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
    """What a table was taken for; `str()` says it in lines.

    Args:
        title: what the table holds.
        metric: of the curves.
        ground: why the metric's goal is what it is.
        rows: how many configurations it offers, n.
        epochs: how many epochs each has, T.
        first_epoch: the column that is epoch 1; empty for arrays.
        columns: every column that describes configurations.
        repeated: how many exact copies of other rows there were, and whether they were dropped.
        incomplete: how many of the others have no whole curve, and whether they were dropped.
        timed: True where the seconds of each epoch are recorded.
        remarks: what else is worth knowing, known defects among it.
        notes: what was guessed, merged or left out in a file of one's own; every command that reads it shows them.
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
            f"rows without a whole curve: {self.incomplete}",
        ]
        for column in self.columns:
            note = f", {column.note}" if column.note else ""
            lines.append(f"column {column.name!r}: {column.role}{note}")
        return "\n".join([*lines, *self.remarks, *self.notes])
