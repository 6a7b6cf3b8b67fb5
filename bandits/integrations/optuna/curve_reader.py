"""Read the trials of an Optuna study in progress as curves up to a horizon."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from optuna.trial import FrozenTrial

from bandits.curves import Curve
from bandits.studies.epochs import EpochGrid, every_epoch, first_step_of, goes_down, grid_of, is_time_stamp, stride_of

__all__ = ["CurveReader", "was_retried"]


class CurveReader:
    """Reads the trials of a study; its objective may have changed between trials.

    Steps become epochs as in `bandits.studies.epochs`. With at most 1,000 epochs a curve has a score for each of them;
    otherwise for those at which one complete trial reported, the one with the most reports up to the horizon.

    Length: A trial has reached the horizon if its next report would have come after it; the value that its objective
    returned is then its score at the horizon. If it continued after the horizon for at least the distance of two
    reports, its value belongs to another epoch: its score is then its report at the horizon, if there is one.

    Beginning: A trial that was resumed after a failure, without the reports of the failed trial, begins in the middle.
    Its missing beginning is not filled.

    Args:
        sign: 1 if a larger value is better, -1 if a smaller one is.
        max_epochs: the epoch whose score decides.

    Attributes:
        first_step: the step that counts as epoch 1 for trials whose own steps do not show it: 0 if a complete trial has
            reported step 0.
        grid: the epochs for which curves have a score; the last one is `max_epochs`, which is the only one while there
            is no complete trial.
    """

    def __init__(self, sign: float, max_epochs: int) -> None:
        self._sign, self._last = sign, max_epochs
        self._complete: list[FrozenTrial] = []  # kept only if the grid depends on reports
        self._densest = (0, 0)  # number of reports of the trial that gives the grid, and its negated number
        self.first_step = 1
        self.grid = every_epoch(max_epochs) or EpochGrid((max_epochs,))

    def learn(self, complete: Iterable[FrozenTrial]) -> bool:
        """Learn from complete trials; True if this changes how trials are read."""
        before, new = (self.first_step, self.grid), list(complete)
        if self.first_step == 1 and any(0 in trial.intermediate_values for trial in new):
            self.first_step, self._densest = 0, (0, 0)
            new = [*self._complete, *new]
            self._complete = []
        if every_epoch(self._last) is None:
            self._complete += new
            for trial in new:
                self._learn_grid(trial)
        return (self.first_step, self.grid) != before

    def _learn_grid(self, trial: FrozenTrial) -> None:
        epochs = [epoch for epoch in self._epochs(trial) if epoch <= self._last]
        if (len(epochs), -trial.number) > self._densest and self._comes_to_the_end(trial):
            self._densest = len(epochs), -trial.number
            self.grid = grid_of([epochs], self._last)

    def epoch(self, trial: FrozenTrial, step: int) -> int:
        """The epoch of a step of a trial."""
        return step - self._first_step(trial) + 1

    def _first_step(self, trial: FrozenTrial) -> int:
        return first_step_of(trial.intermediate_values, self.first_step)

    def _epochs(self, trial: FrozenTrial) -> list[int]:
        """The epochs at which a trial reported, ascending."""
        first = self._first_step(trial)
        return sorted(step - first + 1 for step in trial.intermediate_values if step >= first)

    def begins(self, trial: FrozenTrial) -> int:
        """The first epoch that a trial has reported, 1 or later; 1 if there is none."""
        first = self._first_step(trial)
        return min((step for step in trial.intermediate_values if step >= first), default=first) - first + 1

    def so_far(self, trial: FrozenTrial) -> Curve | None:
        """The curve of a running trial up to its last finite report; None if it has none, or has not reached the first
        epoch of the grid."""
        return self.grid.curve(*self._reports(trial))

    def score(self, trial: FrozenTrial) -> float | None:
        """The score of a completed trial, whether it has reached the horizon or not; None if unknown."""
        value = self._reported(trial) if self.is_longer(trial) else trial.value
        return self._sign * value if value is not None and math.isfinite(value) else None

    def whole(self, trial: FrozenTrial) -> Curve | None:
        """The curve of a completed trial up to the horizon, ending with the trial's score; None if the trial has not
        reached the horizon, or its score or all of its reports are missing."""
        score = self.score(trial)
        if score is None or not self._comes_to_the_end(trial):
            return None
        return self.grid.whole_curve(*self._reports(trial), score)

    def _reports(self, trial: FrozenTrial) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The finite reports of a trial up to the horizon: epochs, ascending, and scores."""
        first, last = self._first_step(trial), self._last
        reports = sorted(
            (step - first + 1, self._sign * value)
            for step, value in trial.intermediate_values.items()
            if 0 <= step - first < last and math.isfinite(value)
        )
        return np.array([epoch for epoch, _ in reports], dtype=np.int64), np.array([score for _, score in reports])

    def _comes_to_the_end(self, trial: FrozenTrial) -> bool:
        """Whether the next report of a completed trial would have come after the horizon, as far as steps tell."""
        last = self._last_epoch(trial)
        if last is None or goes_down(trial.intermediate_values):
            return False
        return last + _stride(trial) > self._last

    def reached(self, trial: FrozenTrial) -> int:
        """The last epoch that a trial has reported, or the horizon if that lies between its last two reports; 0 if it
        has reported nothing."""
        last = self._last_epoch(trial)
        if last is None:
            return 0
        return last if last <= self._last or self.is_longer(trial) else self._last

    def is_longer(self, trial: FrozenTrial) -> bool:
        """Whether a trial continued after the horizon, so that its value is not its score there."""
        last = self._last_epoch(trial)
        return last is not None and last - self._last >= _stride(trial)

    def lacks_beginning(self, trial: FrozenTrial, usual: int) -> bool:
        """Whether a trial was resumed and begins in the middle.

        Args:
            trial: a running or finished trial.
            usual: the latest first epoch of trials that were not resumed.
        """
        begins = self.begins(trial)
        if begins <= usual or begins <= _stride(trial) + 1:
            return False  # without reading the system attributes, which for a running trial means its storage
        return was_retried(trial)

    def _last_epoch(self, trial: FrozenTrial) -> int | None:
        step = trial.last_step
        return None if step is None or is_time_stamp(step) else self.epoch(trial, step)

    def _reported(self, trial: FrozenTrial) -> float | None:
        """The report of a trial at the horizon."""
        return trial.intermediate_values.get(self._first_step(trial) + self._last - 1)


def was_retried(trial: FrozenTrial) -> bool:
    """Whether Optuna made the trial to continue another one, which failed."""
    return "failed_trial" in trial.system_attrs


def _stride(trial: FrozenTrial) -> int:
    """The smallest distance between two reports in steps; 1 while there are fewer than two."""
    return stride_of(sorted(trial.intermediate_values))
