"""Convert the steps of a trial to epochs: the only place where this is done.

A trial that reported step 0 counts its epochs from 0, one whose first report is at step 1 counts from 1. A trial that
first reports later (because it reports at intervals, or was resumed) counts as the others of its study do. So an epoch
is one step of the objective. If a study has at most 1,000 such epochs, its curves have a score for each of them. In a
longer study, steps count batches, samples or steps of an environment: its curves then have a score for each epoch at
which one trial reported, the trial with the most reports among those that came to the end. So a curve is as long as
there are reports, however large the steps are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Curve

__all__ = [
    "MOST_STEPS",
    "TELLS_DIRECTION",
    "EpochGrid",
    "every_epoch",
    "first_step_of",
    "goes_down",
    "grid_of",
    "is_time_stamp",
    "stride_of",
]

MOST_STEPS = 10**9
"""A larger step is a time stamp: since 2001, the seconds since 1970 have been larger than this."""

_EVERY_STEP = 1_000  # studies with at most this many epochs have a score for each
TELLS_DIRECTION = 3
"""The fewest reports that show whether steps go down; two may be in the wrong order by chance."""


def first_step_of(steps: Collection[float], usual: int) -> int:
    """The step that counts as epoch 1 of a trial.

    Args:
        steps: the steps at which it reported.
        usual: the first step of the study's other trials; used if this trial's steps do not show its own.
    """
    if 0 in steps:
        return 0
    return 1 if 1 in steps else usual


def goes_down(steps: Collection[float]) -> bool:
    """Whether a trial counts down: it has three steps or more, each below the one reported before."""
    return len(steps) >= TELLS_DIRECTION and all(later < earlier for earlier, later in pairwise(steps))


def is_time_stamp(step: float) -> bool:
    """Whether a step is a time stamp, so that it is no count."""
    return step > MOST_STEPS


def stride_of(epochs: Sequence[int]) -> int:
    """The smallest distance between two reports in epochs; 1 while there are fewer than two.

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
    def last(self) -> int:
        """The last epoch of the grid, or 0."""
        return self.epochs[-1] if self.epochs else 0

    @property
    def is_every_epoch(self) -> bool:
        """Whether no epoch is left out."""
        return not self.epochs or self.epochs[-1] == len(self.epochs)

    def place(self, epoch: int) -> int:
        """How many epochs of the grid are at most `epoch`."""
        return bisect_right(self.epochs, epoch)

    def curve(self, epochs: NDArray[np.int64], scores: NDArray[np.float64]) -> Curve | None:
        """The curve through reports, with gaps filled from their neighbours.

        Args:
            epochs: `[m]` ascending.
            scores: `[m]` finite, larger is better.

        Returns:
            A score for each epoch of the grid up to the last report; None if there is no report, or if filling a gap
            overflows.
        """
        tau = self.place(int(epochs[-1])) if len(epochs) else 0
        if tau == 0:
            return None
        filled = np.interp(_array(self.epochs[:tau]), epochs, scores)
        return Curve(filled) if np.isfinite(filled).all() else None

    def whole_curve(self, epochs: NDArray[np.int64], scores: NDArray[np.float64], end: float) -> Curve | None:
        """The curve of a trial that reached the end of the grid.

        Args:
            epochs, scores: as in `curve`.
            end: its score at the last epoch of the grid.

        Returns:
            A score for each epoch of the grid; None if there is no report, or if filling a gap overflows.
        """
        if len(epochs) == 0:
            return None
        filled = np.interp(_array(self.epochs), epochs, scores)
        filled[-1] = end
        return Curve(filled) if np.isfinite(filled).all() else None


def _array(epochs: Sequence[int]) -> NDArray[np.int64]:
    return np.arange(epochs.start, epochs.stop) if isinstance(epochs, range) else np.array(epochs)


def every_epoch(last: int) -> EpochGrid | None:
    """The grid of all epochs, if they are at most 1,000; None if the grid depends on the reports."""
    return EpochGrid(range(1, last + 1)) if last <= _EVERY_STEP else None


def grid_of(trials: Iterable[Sequence[int]], last: int) -> EpochGrid:
    """The epochs for which curves have a score.

    Args:
        trials: the epochs at which each trial reported, ascending; only trials that came to the end, if there are any.
        last: the last epoch.
    """
    all_of_them = every_epoch(last)
    if all_of_them is not None:
        return all_of_them
    densest = max(([epoch for epoch in epochs if 1 <= epoch <= last] for epochs in trials), key=len, default=[])
    if len(densest) == last:
        return EpochGrid(range(1, last + 1))
    return EpochGrid(tuple(sorted({*densest, last})))
