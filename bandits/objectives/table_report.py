"""What a table of curves was taken for, so that nobody has to guess."""

from __future__ import annotations

from dataclasses import dataclass

from bandits.curves import Metric
from bandits.objectives.table_columns import Column

__all__ = ["TableReport"]


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
        failed: how many runs failed (a value missing before the end, or a final value below the table's
            threshold) among the rest, and whether they were dropped.
        timed: True where the seconds of each epoch are recorded.
        remarks: what else is worth knowing, known defects among it.
    """

    title: str
    metric: Metric
    ground: str
    rows: int
    epochs: int
    first_epoch: str
    columns: tuple[Column, ...]
    repeated: tuple[int, bool]
    failed: tuple[int, bool]
    timed: bool
    remarks: tuple[str, ...]

    def __str__(self) -> str:
        first = f"; column {self.first_epoch!r} is epoch 1" if self.first_epoch else ""
        clock = "recorded" if self.timed else "not recorded, each epoch counts as 1 second"
        lines = [
            self.title,
            f"metric: {self.metric.name}, {self.metric.goal} ({self.ground})",
            f"curves: {self.rows} rows of {self.epochs} epochs{first}",
            f"seconds of an epoch: {clock}",
            f"exact copies of other rows: {_counted(self.repeated)}",
            f"failed runs: {_counted(self.failed)}",
        ]
        for column in self.columns:
            note = f", {column.note}" if column.note else ""
            lines.append(f"column {column.name!r}: {column.role}{note}")
        return "\n".join([*lines, *self.remarks])


def _counted(counted: tuple[int, bool]) -> str:
    count, dropped = counted
    return f"{count}{' dropped' if count and dropped else ' kept' if count else ''}"
