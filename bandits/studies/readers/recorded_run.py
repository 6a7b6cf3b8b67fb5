"""Read a journal as a run: its settings, and the measurements, verdicts and state of each trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from bandits.curves import Goal, Metric
from bandits.errors import JournalError
from bandits.runtime.journal import SqliteJournal
from bandits.runtime.records import (
    Changed,
    Ended,
    Epoch,
    JobStarted,
    RunStarted,
    TrialFailed,
    TrialStarted,
    VerdictGiven,
)

__all__ = ["RecordedRun", "RecordedTrial", "read_run"]

_LONGEST = 1e9  # seconds, 30 years: the time of a virtual clock may exceed what a date can hold


@dataclass(slots=True)
class RecordedTrial:
    """One trial of a journal.

    Args:
        id: its number in the run.
        config: its configuration.
        features: AP and HP, by name.
        values: `[tau]` raw values of epochs 1 to tau.
        seconds: total training time of these epochs.
        verdicts: the verdicts on it, oldest first.
        state: its state: running, paused, queued, completed, dropped, cut or failed.
        reason: reason of its last change of state, or of its failure; empty without one.
        began: start of its first epoch, in seconds on the run's clock.
        ended: its end, or its last event so far, likewise.
    """

    id: int
    config: Mapping[str, Any]
    features: Mapping[str, float]
    values: list[float] = field(default_factory=list)
    seconds: float = 0.0
    verdicts: list[VerdictGiven] = field(default_factory=list)
    state: str = "running"
    reason: str = ""
    began: float = 0.0
    ended: float = 0.0


@dataclass(slots=True)
class RecordedRun:
    """A run as its journal records it.

    Args:
        path: path of the journal.
        settings: settings of the run.
        metric: metric of the run.
        trials: in the order in which they started.
        how: how it ended: "done", "interrupted" or "failed"; empty while it goes on, or if it was killed.
        clock: seconds on the run's clock at the last event.
        written: when the journal was last written, local time.
        notes: parts of a journal of a later version that could not be read, a sentence each.
    """

    path: Path
    settings: RunStarted
    metric: Metric
    trials: tuple[RecordedTrial, ...]
    how: str
    clock: float
    written: datetime
    notes: tuple[str, ...] = ()

    def moment(self, clock: float) -> datetime:
        """The local time at which the run's clock showed `clock`, if the last event was written when it happened."""
        return self.written - timedelta(seconds=min(self.clock - clock, _LONGEST))


def read_run(path: str | Path) -> RecordedRun:
    """Read the journal of a run, which may have ended, still go on, or have been killed.

    Raises:
        JournalError: there is no such file, it is no journal, or it lacks the record of its run's start.
    """
    path = Path(path)
    written = _last_written(path)  # before it is opened, which may merge its write-ahead log and so change the time
    with SqliteJournal.open(path) as journal:
        settings: RunStarted | None = None
        trials: dict[int, RecordedTrial] = {}
        how, clock = "", 0.0
        for record in journal.records():
            clock = max(clock, getattr(record, "clock", 0.0))
            match record:
                case RunStarted():
                    settings = record
                case TrialStarted():
                    trials[record.trial] = RecordedTrial(record.trial, record.config, record.features)
                case JobStarted() | Epoch() | VerdictGiven() | TrialFailed() | Changed() if record.trial in trials:
                    _note(trials[record.trial], record, clock)
                case Ended():
                    how = record.how
                case _:
                    pass  # a change of an arm before its first job, a lost worker, epochs trained again
        notes = journal.notes()
    if settings is None or settings.goal not in get_args(Goal):
        raise JournalError(f"journal must hold the record of its run's start, got {str(path)!r}")
    metric = Metric(settings.metric, settings.goal)  # type: ignore[arg-type]  # looked at above
    return RecordedRun(path, settings, metric, tuple(trials.values()), how, clock, written, notes)


def _note(
    trial: RecordedTrial, record: JobStarted | Epoch | VerdictGiven | TrialFailed | Changed, clock: float
) -> None:
    """Add a record to its trial."""
    trial.ended = clock
    match record:
        case JobStarted():
            trial.state = "running"
            trial.began = clock if record.start == 0 else trial.began
        case Epoch():
            trial.values.append(record.value)
            trial.seconds += record.seconds
        case VerdictGiven():
            trial.verdicts.append(record)
        case TrialFailed():
            trial.state, trial.reason = "failed", record.reason
        case Changed():
            trial.state = record.state.value
            trial.reason = record.reason


def _last_written(path: Path) -> datetime:
    """When a file or its write-ahead log was last written; the present time if there is none."""
    files = [file for file in (path, Path(f"{path}-wal")) if file.is_file()]
    return datetime.fromtimestamp(max(file.stat().st_mtime for file in files)) if files else datetime.now()
