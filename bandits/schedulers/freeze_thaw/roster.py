"""Which arms wait, which train, and how far each has come, as arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Roster"]

_WAITS, _TRAINS, _ENDED = 0, 1, 2
Ids = NDArray[np.intp]


class Roster:
    """All arms by id; ids count from 0.

    Args:
        max_epochs: R.

    Attributes:
        started: how many arms have begun.
        best, best_end: the fully trained arm with the best score (of equal ones, the smaller id), and that score.
    """

    def __init__(self, max_epochs: int) -> None:
        self._max_epochs = max_epochs
        self._arrays = np.zeros((3, 64), dtype=np.intp)  # state, epochs, stop
        self.started = 0
        self._completed = 0
        self.best: int | None = None
        self.best_end: float | None = None

    @property
    def epochs(self) -> Ids:
        """`[n]` epochs of each arm when it last paused."""
        return self._arrays[1, : self.started]

    @property
    def stops(self) -> Ids:
        """`[n]` the epoch where each arm is, or will be when its stretch is over."""
        return self._arrays[2, : self.started]

    @property
    def finishing(self) -> int:
        """How many arms are fully trained, or will be when their stretch is over."""
        return self._completed + int(((self._state == _TRAINS) & (self.stops == self._max_epochs)).sum())

    @property
    def _state(self) -> Ids:
        return self._arrays[0, : self.started]

    def waiting(self) -> Ids:
        """Ids of the arms that wait, ascending."""
        return np.flatnonzero(self._state == _WAITS)

    def open_ids(self) -> Ids:
        """Ids of the arms that wait or train, ascending."""
        return np.flatnonzero(self._state != _ENDED)

    def began(self, trial_id: int, stop: int) -> None:
        """An arm begins to train; a new one has the next id."""
        if trial_id == self.started:
            self.started += 1
            if self.started > self._arrays.shape[1]:
                self._arrays = np.concatenate((self._arrays, np.zeros_like(self._arrays)), axis=1)
        self._arrays[0, trial_id], self._arrays[2, trial_id] = _TRAINS, stop

    def paused(self, trial_id: int, epochs: int) -> None:
        """An arm waits at an epoch."""
        self._arrays[:, trial_id] = _WAITS, epochs, epochs

    def completed(self, trial_id: int, score: float) -> None:
        """An arm is fully trained."""
        self.left(trial_id)
        self._completed += 1
        if self.best is None or self.best_end is None or (score, -trial_id) > (self.best_end, -self.best):
            self.best, self.best_end = trial_id, score

    def left(self, trial_id: int) -> None:
        """An arm has come to its end."""
        self._arrays[0, trial_id] = _ENDED
