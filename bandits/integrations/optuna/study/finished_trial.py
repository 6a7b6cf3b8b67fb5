"""A finished trial as plain values, on which the state of its study depends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["FinishedTrial", "Moment"]

Moment = tuple[datetime, int]
"""When a trial finished, and its number: the same order of trials in every process."""


@dataclass(frozen=True, slots=True)
class FinishedTrial:
    """The facts about a completed or pruned trial that matter for its study.

    Args:
        moment: when it finished, and its number.
        started: when it started; None if unknown.
        complete: whether it is complete; else it was pruned.
        retried: whether Optuna made it to continue another trial, which had failed.
        reported: whether it has reported anything.
        reached: the last epoch that it reported; 0 if there is none.
        longer: whether it continued after the horizon.
        has_curve: whether it is complete and its curve reaches the horizon.
        begins: the first epoch that it reported, if it has a curve; else 1.
        resumed_at: the same if it was retried and may have begun in the middle; 1 for every other trial.
        score: score of a complete trial, larger is better; None if unknown.
        epochs: how many scores its curve has, whether it is complete or not; 0 if it has none, or lacks its beginning.
    """

    moment: Moment
    started: datetime | None
    complete: bool
    retried: bool
    reported: bool
    reached: int
    longer: bool
    has_curve: bool
    begins: int
    resumed_at: int
    score: float | None
    epochs: int = 0

    @property
    def number(self) -> int:
        """Its number in the study."""
        return self.moment[1]
