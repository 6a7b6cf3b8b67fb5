"""Counts of what a study's finished trials have reported, for warnings."""

from __future__ import annotations

from dataclasses import dataclass

from bandits.integrations.optuna.study.finished_trial import FinishedTrial

__all__ = ["StudyCounts"]


@dataclass(slots=True)
class StudyCounts:
    """Counts of finished trials.

    Attributes:
        complete: number of complete trials.
        longest: the last epoch that any of them has reported; 0 if none has. If reports come at intervals, the first
            one at or after the horizon counts as at the horizon.
        longer: number of complete trials that continued after the horizon.
        unreported: number of complete trials without a report.
        epochs: number of scores of all curves.
    """

    complete: int = 0
    longest: int = 0
    longer: int = 0
    unreported: int = 0
    epochs: int = 0

    def add(self, trial: FinishedTrial) -> None:
        """Count another trial."""
        self.epochs += trial.epochs
        self.longest = max(self.longest, trial.reached)
        if trial.complete:
            self.complete += 1
            self.longer += trial.longer
            self.unreported += not trial.reported
