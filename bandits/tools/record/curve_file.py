"""A csv file of learning curves that grows with a run: whatever was measured is in it, also after a crash.

The form is the one that `bandits.objectives.CurveTable` reads: a row a trial, then a column for every number of the
configuration, the trial's seed, and for each epoch the metric, the other numbers of the epoch, and its seconds.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bandits.curves import Metric
from bandits.errors import SettingError
from bandits.runtime.journal import Journal
from bandits.runtime.records import Changed, Ended, Epoch, Record, TrialFailed, TrialStarted

__all__ = ["CurveFileJournal", "column_name"]


@dataclass(slots=True)
class _Row:
    """What is known of a trial."""

    start: TrialStarted
    epochs: list[Epoch] = field(default_factory=list)


class CurveFileJournal:
    """Passes records on to another journal, and keeps the curves in a csv file, written anew whenever a trial ends.

    Args:
        path: of the file; a new one. It is replaced as a whole, so a reader never sees half of it.
        metric: what the run measures.
        epochs: how many a full training has, T.
        inner: where every record goes as well.

    Raises:
        SettingError: the file exists already, or its folder does not.
    """

    def __init__(self, path: str | os.PathLike[str], *, metric: Metric, epochs: int, inner: Journal) -> None:
        self.path = Path(path)
        if self.path.exists():
            raise SettingError.broken("`out`", "must be a new file", str(path))
        if self.path.suffix != ".csv":
            raise SettingError.broken("`out`", "must end in .csv", str(path))
        if not self.path.parent.is_dir():
            raise SettingError.broken("`out`", "must lie in a folder that exists", str(path))
        self.failures: dict[int, str] = {}
        self._family = column_name(metric.name)
        self._epochs = epochs
        self._inner = inner
        self._rows: dict[int, _Row] = {}

    def append(self, record: Record) -> None:
        """Take in a record."""
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
        rows = [row for _, row in sorted(self._rows.items())]
        settings: dict[str, None] = {}
        details: dict[str, None] = {}
        for row in rows:
            config = row.start.config
            # A choice (optimizer) is one column of words: its features (optimizer=adam) say nothing more.
            settings |= dict.fromkeys((*config, *(f for f in row.start.features if f.partition("=")[0] not in config)))
            details |= dict.fromkeys(name for epoch in row.epochs for name in epoch.details)
        numbers = range(1, self._epochs + 1)
        families = (self._family, *(column_name(name) for name in details), "seconds")
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow((*settings, "seed", *(f"{family}_{number}" for family in families for number in numbers)))
        for row in rows:
            values = {**row.start.features, **row.start.config}
            curves: list[list[object]] = [[epoch.value for epoch in row.epochs]]
            curves += [[epoch.details.get(name, "") for epoch in row.epochs] for name in details]
            curves.append([round(epoch.seconds, 6) for epoch in row.epochs])
            cells = (cell for curve in curves for cell in (*curve, *[""] * (self._epochs - len(curve))))
            writer.writerow((*(_cell(values.get(name, "")) for name in settings), row.start.seed, *cells))
        unfinished = self.path.with_suffix(".csv.part")
        unfinished.write_text(text.getvalue(), encoding="utf-8")
        unfinished.replace(self.path)


def column_name(words: str) -> str:
    """A name for columns: "validation accuracy" gives validation_accuracy.

    Example:
        >>> column_name("validation log-perplexity")
        'validation_log_perplexity'
    """
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_") or "value"


def _cell(value: object) -> object:
    """A value of a configuration as one cell."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={item}" for name, item in value.items())
    return value
