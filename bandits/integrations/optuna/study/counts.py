"""What a study's finished trials have reported, in numbers: what its user may have to be warned of."""

from __future__ import annotations

from dataclasses import dataclass

from bandits.integrations.optuna.study.finished_trial import FinishedTrial

__all__ = ["StudyCounts"]


@dataclass(slots=True)
class StudyCounts:
    """Counts of finished trials.

    Attributes:
        complete: how many are complete.
        longest: the last epoch that one of them has reported; 0 if none has. Where reports come at intervals, the first
            one at or after the horizon counts as at the horizon.
        longer: how many complete ones have gone on after the horizon.
        unreported: how many complete ones have reported nothing.
    """

    complete: int = 0
    longest: int = 0
    longer: int = 0
    unreported: int = 0

    def add(self, trial: FinishedTrial) -> None:
        """Count one more trial."""
        self.longest = max(self.longest, trial.reached)
        if trial.complete:
            self.complete += 1
            self.longer += trial.longer
            self.unreported += not trial.reported
