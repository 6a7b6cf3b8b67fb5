"""A csv file of learning curves that grows during a run, so that it holds the measurements even after a crash.

The form is the one that `bandits.objectives.CurveTable` reads: a row a trial, then a column for every number of the
configuration, the trial's seed, and for each epoch the metric, the other numbers of the epoch, and its seconds.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bandits.curves import Metric
from bandits.runtime.journal import Journal
from bandits.runtime.records import Changed, Ended, Epoch, Record, TrialFailed, TrialStarted
from bandits.studies.writers.parameter_cells import Described, parameter_cells
from bandits.studies.writers.table_text import TableRow, column_name, new_table, table_text

__all__ = ["CurveFileJournal"]


@dataclass(slots=True)
class _Row:
    """What has been recorded of a trial."""

    start: TrialStarted
    epochs: list[Epoch] = field(default_factory=list)


class CurveFileJournal:
    """Passes records on to another journal, and writes the curves to a csv file whenever a trial ends.

    Args:
        path: path of a new file. The file is replaced as a whole, so a reader never sees a part of it.
        metric: what the run measures.
        epochs: T, the epochs of a full training.
        inner: the other journal, which gets every record.

    Raises:
        SettingError: the file exists already, or its folder does not.
    """

    def __init__(self, path: str | os.PathLike[str], *, metric: Metric, epochs: int, inner: Journal) -> None:
        self.path = new_table(path)
        self.failures: dict[int, str] = {}
        self._family = column_name(metric.name)
        self._epochs = epochs
        self._inner = inner
        self._rows: dict[int, _Row] = {}

    def append(self, record: Record) -> None:
        """Add a record."""
        self._inner.append(record)
        match record:
            case TrialStarted():
                self._rows[record.trial] = _Row(record)
            case Epoch():
                self._rows[record.trial].epochs.append(record)
            case TrialFailed():
                self.failures[record.trial] = record.reason
            case Changed() if record.state.final:
                self._write()
            case Ended():
                self._write()
            case _:
                pass

    def records(self, trial: int | None = None) -> Iterator[Record]:
        """All records, oldest first, or those about one trial."""
        return self._inner.records(trial)

    def __len__(self) -> int:
        """How many rows the file has."""
        return len(self._rows)

    def _write(self) -> None:
        details = dict.fromkeys(name for row in self._rows.values() for epoch in row.epochs for name in epoch.details)
        known = [row for _, row in sorted(self._rows.items())]
        parameters = parameter_cells([Described(row.start.config, row.start.features) for row in known])
        settings = [{name: cells[place] for name, cells in parameters.items()} for place in range(len(known))]
        rows = [self._row(row, given, details) for row, given in zip(known, settings, strict=True)]
        text = table_text(rows, epochs=self._epochs)
        unfinished = self.path.with_suffix(".csv.part")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(self.path)

    def _row(self, row: _Row, settings: Mapping[str, object], details: Iterable[str]) -> TableRow:
        curves: dict[str, list[object]] = {self._family: [epoch.value for epoch in row.epochs]}
        for name in details:
            curves[column_name(name)] = [epoch.details.get(name) for epoch in row.epochs]
        curves["seconds"] = [round(epoch.seconds, 6) for epoch in row.epochs]
        return TableRow({**settings, "seed": row.start.seed}, curves)
