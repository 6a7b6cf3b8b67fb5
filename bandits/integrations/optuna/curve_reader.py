"""The trials of an Optuna study as curves to a horizon, while the study goes on."""

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
    """Reads the trials of a study, whose objective may have changed on the way.

    Steps become epochs as in `bandits.studies.epochs`. Up to 1,000 epochs a curve has a score for each of them, and
    else for those at which the complete trial reported that reported most often on its way to the horizon.

    Length. A trial has reached the horizon if its next report would have come after it; then the value that its
    objective returned is its score at the horizon. If it has gone on after that, for as long as between two reports
    or longer, its value tells of another epoch: its report at the horizon is its score, if there is one.

    Beginning. A trial that was resumed after a failure, and has not inherited the reports of the failed one, begins
    in the middle. What came before is not made up.

    Args:
        sign: 1 where a larger value is better, -1 where a smaller one is.
        max_epochs: the epoch whose score decides.

    Attributes:
        first_step: the step that is epoch 1 for trials which do not tell: 0 if a complete trial has reported it.
        grid: the epochs for which curves have a score; the last one is `max_epochs`, and the only one while no trial
            tells.
    """

    def __init__(self, sign: float, max_epochs: int) -> None:
        self._sign, self._last = sign, max_epochs
        self._complete: list[FrozenTrial] = []  # kept only where reports tell the grid
        self._densest = (0, 0)  # how many reports the trial has that tells the grid, and its number, negated
        self.first_step = 1
        self.grid = every_epoch(max_epochs) or EpochGrid((max_epochs,))

    def learn(self, complete: Iterable[FrozenTrial]) -> bool:
        """Take complete trials into account; True if this changes how trials are read."""
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
        """Which epoch a step of a trial is."""
        return step - self._first_step(trial) + 1

    def _first_step(self, trial: FrozenTrial) -> int:
        return first_step_of(trial.intermediate_values, self.first_step)

    def _epochs(self, trial: FrozenTrial) -> list[int]:
        """When a trial reported, ascending."""
        first = self._first_step(trial)
        return sorted(step - first + 1 for step in trial.intermediate_values if step >= first)

    def begins(self, trial: FrozenTrial) -> int:
        """The first epoch that a trial has reported, 1 or later; 1 if there is none."""
        first = self._first_step(trial)
        return min((step for step in trial.intermediate_values if step >= first), default=first) - first + 1

    def so_far(self, trial: FrozenTrial) -> Curve | None:
        """The curve of a running trial up to its last finite report; None if it has none, or has not come to the first
        epoch of the grid."""
        return self.grid.curve(*self._reports(trial))

    def score(self, trial: FrozenTrial) -> float | None:
        """What a completed trial is worth, whether it has reached the horizon or not; None if that is not known."""
        value = self._reported(trial) if self.is_longer(trial) else trial.value
        return self._sign * value if value is not None and math.isfinite(value) else None

    def whole(self, trial: FrozenTrial) -> Curve | None:
        """The curve of a completed trial, to the horizon; it ends with the trial's score. None if it has not come so
        far, or its score or all of its reports are missing."""
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
        """Whether a trial has gone on after the horizon, so that its value is not its score there."""
        last = self._last_epoch(trial)
        return last is not None and last - self._last >= _stride(trial)

    def lacks_beginning(self, trial: FrozenTrial, usual: int) -> bool:
        """Whether a trial was resumed and begins in the middle.

        Args:
            trial: running or finished.
            usual: the latest epoch with which trials begin that have not been resumed.
        """
        begins = self.begins(trial)
        if begins <= usual or begins <= _stride(trial) + 1:
            return False  # without a look at the system attributes, which a running trial reads from its storage
        return was_retried(trial)

    def _last_epoch(self, trial: FrozenTrial) -> int | None:
        step = trial.last_step
        return None if step is None or is_time_stamp(step) else self.epoch(trial, step)

    def _reported(self, trial: FrozenTrial) -> float | None:
        """What a trial has reported at the horizon."""
        return trial.intermediate_values.get(self._first_step(trial) + self._last - 1)


def was_retried(trial: FrozenTrial) -> bool:
    """Whether Optuna has made a trial to take up another one, which failed."""
    return "failed_trial" in trial.system_attrs


def _stride(trial: FrozenTrial) -> int:
    """How many steps lie between two reports, at least; 1 while there are not two."""
    return stride_of(sorted(trial.intermediate_values))
