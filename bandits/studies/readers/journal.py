"""A journal of a run as an earlier study."""

from __future__ import annotations

from pathlib import Path

from bandits.studies.readers.recorded_run import RecordedTrial, read_run
from bandits.studies.study import EarlierStudy, EarlierTrial, End, curve_until_gap

__all__ = ["study_of_journal"]

# By the state in which a trial was left.
_ENDS: dict[str, End] = {"completed": "completed", "dropped": "stopped", "cut": "stopped", "failed": "failed"}


def study_of_journal(source: str, path: Path) -> EarlierStudy:
    """Read every curve of a journal, also of a run that goes on or broke off.

    Raises:
        JournalError: the file is no journal, or does not say how its run began.
    """
    run = read_run(path)
    read = (_read_trial(trial, run.metric.orient(1.0)) for trial in run.trials)
    return EarlierStudy(source, run.metric, tuple(filter(None, read)), "journal")


def _read_trial(trial: RecordedTrial, sign: float) -> EarlierTrial | None:
    """One trial; None if nothing was measured of it."""
    curve = curve_until_gap(sign * value for value in trial.values)
    if curve is None:
        return None
    end = _ENDS.get(trial.state, "running")
    worth = float(curve.scores[-1]) if end == "completed" else None
    return EarlierTrial(trial.config, trial.features, curve, end, worth, trial.seconds, number=trial.id)
