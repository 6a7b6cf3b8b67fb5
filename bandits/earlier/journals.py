"""A journal of a run as an earlier study."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from bandits.curves import Goal, Metric
from bandits.earlier.studies import EarlierStudy, EarlierTrial, curve_until_gap
from bandits.errors import SettingError
from bandits.runtime.journal import SqliteJournal
from bandits.runtime.records import Epoch, RunStarted, TrialStarted

__all__ = ["study_of_journal"]


def study_of_journal(source: str, path: Path) -> EarlierStudy:
    """Read every curve of a journal, also of a run that goes on or broke off.

    Raises:
        JournalError: the file is no journal.
        SettingError: it does not say which way its metric is better.
    """
    metric: Metric | None = None
    started: dict[int, TrialStarted] = {}
    values: dict[int, list[float]] = {}
    with SqliteJournal.open(path) as journal:
        for record in journal.records():
            match record:
                case RunStarted() if record.goal in get_args(Goal):
                    metric = Metric(record.metric, record.goal)  # type: ignore[arg-type]  # the guard has looked
                case TrialStarted():
                    started[record.trial] = record
                case Epoch() if record.trial in started:
                    values.setdefault(record.trial, []).append(record.value)
                case _:
                    pass
    if metric is None:
        raise SettingError.broken("`warm_start`", "must be a journal that says how its run began", source)
    trials = []
    for number, raw in values.items():
        curve = curve_until_gap(metric.orient(value) for value in raw)
        if curve is not None:
            trials.append(EarlierTrial(started[number].config, started[number].features, curve))
    return EarlierStudy(source, metric, tuple(trials))
