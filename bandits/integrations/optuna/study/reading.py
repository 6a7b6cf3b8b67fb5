"""Read finished trials of Optuna as plain values."""

from __future__ import annotations

from datetime import datetime

from optuna.trial import FrozenTrial, TrialState

from bandits.integrations.optuna.curve_reader import CurveReader, was_retried
from bandits.integrations.optuna.study.finished_trial import FinishedTrial, Moment

__all__ = ["is_complete", "moment_of", "values_of"]


def values_of(trial: FrozenTrial, reader: CurveReader) -> FinishedTrial:
    """A finished trial as values; some are read from completed trials only."""
    complete = is_complete(trial)
    retried, has_curve = complete and was_retried(trial), complete and reader.whole(trial) is not None
    begins = reader.begins(trial) if has_curve else 1
    return FinishedTrial(
        moment=moment_of(trial),
        started=None if trial.datetime_start is None else _local(trial.datetime_start),
        complete=complete,
        retried=retried,
        reported=bool(trial.intermediate_values),
        reached=reader.reached(trial),
        longer=complete and reader.is_longer(trial),
        begins=begins,
        resumed_at=begins if retried and reader.lacks_beginning(trial, usual=1) else 1,
        has_curve=has_curve,
        score=reader.score(trial) if complete else None,
        epochs=_epochs(trial, reader),
    )


def _epochs(trial: FrozenTrial, reader: CurveReader) -> int:
    """How many scores the curve of a trial has."""
    if reader.lacks_beginning(trial, usual=1):
        return 0
    curve = reader.so_far(trial)
    return 0 if curve is None else curve.tau


def _local(moment: datetime) -> datetime:
    """A time of Optuna's, without a zone."""
    return moment if moment.tzinfo is None else moment.astimezone().replace(tzinfo=None)


def moment_of(trial: FrozenTrial) -> Moment:
    """When a trial finished; trials without that time come first."""
    return _local(trial.datetime_complete or datetime.min), trial.number


def is_complete(trial: FrozenTrial) -> bool:
    return trial.state == TrialState.COMPLETE
