"""A journal of a run as an earlier study."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from bandits.curves import Goal, Metric
from bandits.earlier.studies import EarlierStudy, EarlierTrial, End, curve_until_gap
from bandits.errors import SettingError
from bandits.runtime.journal import SqliteJournal
from bandits.runtime.records import Changed, Epoch, RunStarted, TrialFailed, TrialStarted

__all__ = ["study_of_journal"]

# By the name of the state in which a trial was left.
_ENDS: dict[str, End] = {"COMPLETED": "completed", "DROPPED": "stopped", "CUT": "stopped", "FAILED": "failed"}


@dataclass(slots=True)
class _Story:
    """What a journal says of one trial."""

    started: TrialStarted
    values: list[float] = field(default_factory=list)
    seconds: float = 0.0
    end: End = "running"


def study_of_journal(source: str, path: Path, *, argument: str = "`warm_start`") -> EarlierStudy:
    """Read every curve of a journal, also of a run that goes on or broke off.

    Raises:
        JournalError: the file is no journal.
        SettingError: it does not say which way its metric is better.
    """
    metric: Metric | None = None
    stories: dict[int, _Story] = {}
    with SqliteJournal.open(path) as journal:
        for record in journal.records():
            match record:
                case RunStarted() if record.goal in get_args(Goal):
                    metric = Metric(record.metric, record.goal)  # type: ignore[arg-type]  # the guard has looked
                case TrialStarted():
                    stories[record.trial] = _Story(record)
                case Epoch() if record.trial in stories:
                    stories[record.trial].values.append(record.value)
                    stories[record.trial].seconds += record.seconds
                case TrialFailed() if record.trial in stories:
                    stories[record.trial].end = "failed"
                case Changed() if record.trial in stories:
                    stories[record.trial].end = _ENDS.get(record.state.name, "running")
                case _:
                    pass
    if metric is None:
        raise SettingError.broken(argument, "must be a journal that says how its run began", source)
    trials = []
    for number, story in stories.items():
        curve = curve_until_gap(metric.orient(value) for value in story.values)
        if curve is not None:
            worth = float(curve.scores[-1]) if story.end == "completed" else None
            config, features = story.started.config, story.started.features
            trials.append(EarlierTrial(config, features, curve, story.end, worth, story.seconds, number=number))
    return EarlierStudy(source, metric, tuple(trials), "journal")
