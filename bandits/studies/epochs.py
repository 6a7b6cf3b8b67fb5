"""Which epochs the steps of a trial are, what its curve is, and what it is worth at the horizon."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from optuna.trial import FrozenTrial

from bandits.curves import Curve
from bandits.studies.parameter_columns import curve_through, reports_of

__all__ = ["CurveReader", "first_step_of", "was_retried"]


def first_step_of(trial: FrozenTrial, usual: int) -> int:
    """The step that is epoch 1 of a trial.

    Args:
        trial: whose.
        usual: the same in the trials of its study that tell; taken where this one does not.
    """
    reports = trial.intermediate_values
    if 0 in reports:
        return 0
    return 1 if 1 in reports else usual


class CurveReader:
    """Reads the trials of a study, whose objective may have changed on the way.

    Steps. A trial that has reported step 0 counts its epochs from there, and one whose first report is step 1 from
    1. One that first reports later (at intervals; or it was resumed) follows the others of its study (`first_step`).

    Length. A trial has reached the horizon if its next report would have come after it; then the value that its
    objective returned is its score at the horizon. If it has gone on after that, for as long as between two reports
    or longer, its value tells of another epoch: its report at the horizon is its score, if there is one.

    Beginning. A trial that was resumed after a failure, and has not inherited the reports of the failed one, begins
    in the middle. What came before is not made up.

    Args:
        sign: 1 where a larger value is better, -1 where a smaller one is.
        horizon: the epoch whose score decides.

    Attributes:
        first_step: the step that is epoch 1 for trials which do not tell.
    """

    def __init__(self, sign: float, horizon: int) -> None:
        self._sign, self._horizon = sign, horizon
        self.first_step = 1

    def epoch(self, trial: FrozenTrial, step: int) -> int:
        """Which epoch a step of a trial is."""
        return step - self._first_step(trial) + 1

    def _first_step(self, trial: FrozenTrial) -> int:
        return first_step_of(trial, self.first_step)

    def begins(self, trial: FrozenTrial) -> int:
        """The first epoch that a trial has reported, 1 or later; 1 if there is none."""
        first = self._first_step(trial)
        return min((step for step in trial.intermediate_values if step >= first), default=first) - first + 1

    def so_far(self, trial: FrozenTrial, last_step: int | None = None) -> Curve | None:
        """The curve of a running trial up to its last finite report, no later than a step; None if it has none."""
        first = self._first_step(trial)
        last = self._horizon if last_step is None else min(last_step - first + 1, self._horizon)
        epochs, scores = reports_of(trial, sign=self._sign, first_step=first, last_epoch=last)
        return curve_through(epochs, scores, int(epochs[-1])) if len(epochs) else None

    def score(self, trial: FrozenTrial) -> float | None:
        """What a completed trial is worth, whether it has reached the horizon or not; None if that is not known."""
        value = self._reported(trial) if self.is_longer(trial) else trial.value
        return self._sign * value if value is not None and math.isfinite(value) else None

    def whole(self, trial: FrozenTrial) -> Curve | None:
        """The curve of a completed trial, to the horizon; it ends with the trial's score. None if it has not come so
        far, or its score or all of its reports are missing."""
        last = self._last_epoch(trial)
        if last is None or last + _stride(trial) <= self._horizon:
            return None
        epochs, scores = reports_of(
            trial, sign=self._sign, first_step=self._first_step(trial), last_epoch=self._horizon
        )
        score = self.score(trial)
        if len(epochs) == 0 or score is None:
            return None
        filled = np.interp(np.arange(1, self._horizon + 1), epochs, scores)
        filled[-1] = score
        return Curve(filled) if np.isfinite(filled).all() else None  # filling its gaps may overflow

    def reached(self, trial: FrozenTrial) -> int:
        """The last epoch that a trial has reported, or the horizon if that lies between its last two reports; 0 if it
        has reported nothing."""
        last = self._last_epoch(trial)
        if last is None:
            return 0
        return last if last <= self._horizon or self.is_longer(trial) else self._horizon

    def is_longer(self, trial: FrozenTrial) -> bool:
        """Whether a trial has gone on after the horizon, so that its value is not its score there."""
        last = self._last_epoch(trial)
        return last is not None and last - self._horizon >= _stride(trial)

    def lacks_beginning(self, trial: FrozenTrial, usual: int) -> bool:
        """Whether a trial was resumed and begins in the middle.

        Args:
            trial: running or finished.
            usual: the latest epoch with which trials begin that have not been resumed.
        """
        if self.begins(trial) <= max(usual, _stride(trial) + 1):
            return False  # without a look at the system attributes, which a running trial reads from its storage
        return was_retried(trial)

    def _last_epoch(self, trial: FrozenTrial) -> int | None:
        step = trial.last_step
        return None if step is None else self.epoch(trial, step)

    def _reported(self, trial: FrozenTrial) -> float | None:
        """What a trial has reported at the horizon."""
        return trial.intermediate_values.get(self._first_step(trial) + self._horizon - 1)


def was_retried(trial: FrozenTrial) -> bool:
    """Whether Optuna has made a trial to take up another one, which failed."""
    return "failed_trial" in trial.system_attrs


def _stride(trial: FrozenTrial) -> int:
    """How many steps lie between two reports, at least; 1 while there are not two."""
    return min((later - earlier for earlier, later in pairwise(sorted(trial.intermediate_values))), default=1)
