"""Which epochs the steps of a trial are: the one place where steps become epochs.

A trial that reported step 0 counts its epochs from there, and one whose first report is step 1 from 1; one that first
reports later (at intervals; or it was resumed) follows the others of its study. So a step is an epoch in the unit in
which the objective reports. Where a study is no longer than 1,000 such epochs, a curve has a score for each of them. In
a longer study, whose steps count batches, samples or steps of an environment, a curve has a score for each epoch at
which the trial reported that reported most often on its way to the end: it is as long as there are reports, however
large the steps are.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Curve

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

__all__ = [
    "MOST_STEPS",
    "CurveReader",
    "EpochGrid",
    "first_step_of",
    "goes_down",
    "grid_of",
    "is_time_stamp",
    "stride_of",
    "was_retried",
]

MOST_STEPS = 10**9
"""A larger step is a time stamp: seconds since 1970 have been more since 2001."""

_EVERY_STEP = 1_000  # up to so many epochs each step is one
_TELLS_DIRECTION = 3  # reports: two may have come in the wrong order


def first_step_of(steps: Collection[float], usual: int) -> int:
    """The step that is epoch 1 of a trial.

    Args:
        steps: at which it reported.
        usual: the same in the trials of its study that tell; taken where this one does not.
    """
    if 0 in steps:
        return 0
    return 1 if 1 in steps else usual


def goes_down(steps: Iterable[float]) -> bool:
    """Whether a trial counts down: each of three or more steps, in the order of the reports, is below the last."""
    ordered = list(steps)
    return len(ordered) >= _TELLS_DIRECTION and all(later < earlier for earlier, later in pairwise(ordered))


def is_time_stamp(step: float) -> bool:
    """Whether a step is a time stamp and counts nothing."""
    return step > MOST_STEPS


def stride_of(epochs: Sequence[int]) -> int:
    """The least number of epochs between two reports; 1 while there are not two.

    Args:
        epochs: ascending.
    """
    return min((later - earlier for earlier, later in pairwise(epochs)), default=1)


@dataclass(frozen=True, slots=True)
class EpochGrid:
    """The epochs for which the curves of a study have a score.

    Args:
        epochs: ascending, each >= 1; the k-th score of a curve is that of the k-th of them.
    """

    epochs: Sequence[int]

    def __len__(self) -> int:
        return len(self.epochs)

    @property
    def is_every_epoch(self) -> bool:
        """Whether no epoch is left out."""
        return not self.epochs or self.epochs[-1] == len(self.epochs)

    def place(self, epoch: int) -> int:
        """How many epochs of the grid come up to an epoch."""
        return bisect_right(self.epochs, epoch)

    def curve(self, epochs: NDArray[np.int64], scores: NDArray[np.float64]) -> Curve | None:
        """The curve through some reports, gaps filled from their neighbours.

        Args:
            epochs: `[m]` ascending.
            scores: `[m]` finite, larger is better.

        Returns:
            A score for each epoch of the grid up to the last report; None where there is none, or where filling a gap
            overflows.
        """
        tau = self.place(int(epochs[-1])) if len(epochs) else 0
        if tau == 0:
            return None
        filled = np.interp(np.array(self.epochs[:tau]), epochs, scores)
        return Curve(filled) if np.isfinite(filled).all() else None


def grid_of(trials: Iterable[Sequence[int]], last: int) -> EpochGrid:
    """The epochs for which curves have a score.

    Args:
        trials: the epochs at which each trial reported, ascending; those of trials that come to the end, where there
            are any.
        last: the last epoch.
    """
    if last <= _EVERY_STEP:
        return EpochGrid(range(1, last + 1))
    densest = max(([epoch for epoch in epochs if 1 <= epoch <= last] for epochs in trials), key=len, default=[])
    if len(densest) == last:
        return EpochGrid(range(1, last + 1))
    return EpochGrid(tuple(sorted({*densest, last})))


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
        return first_step_of(trial.intermediate_values, self.first_step)

    def begins(self, trial: FrozenTrial) -> int:
        """The first epoch that a trial has reported, 1 or later; 1 if there is none."""
        first = self._first_step(trial)
        return min((step for step in trial.intermediate_values if step >= first), default=first) - first + 1

    def so_far(self, trial: FrozenTrial, last_step: int | None = None) -> Curve | None:
        """The curve of a running trial up to its last finite report, no later than a step; None if it has none."""
        from bandits.studies.parameter_columns import curve_through, reports_of

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
        from bandits.studies.parameter_columns import reports_of

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
