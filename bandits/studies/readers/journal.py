"""A journal of a run as a study."""

from __future__ import annotations

from pathlib import Path

from bandits.studies.readers.recorded_run import RecordedTrial, read_run
from bandits.studies.study import End, Reports, Study, StudyTrial

__all__ = ["study_of_journal"]

# How a trial ended, by its last state in the journal.
_ENDS: dict[str, End] = {"completed": "completed", "dropped": "stopped", "cut": "stopped", "failed": "failed"}


def study_of_journal(source: str, path: Path) -> Study:
    """Read every trial of a journal; the run may still go on, or have been interrupted.

    Raises:
        JournalError: the file is no journal, or lacks the record of its run's start.
    """
    run = read_run(path)
    return Study(source, run.metric, tuple(map(_read_trial, run.trials)), "journal", notes=run.notes)


def _read_trial(trial: RecordedTrial) -> StudyTrial:
    return StudyTrial(
        trial.config,
        trial.features,
        Reports.of(range(1, len(trial.values) + 1), trial.values),
        _ENDS.get(trial.state, "running"),
        seconds=trial.seconds,
        number=trial.id,
    )
