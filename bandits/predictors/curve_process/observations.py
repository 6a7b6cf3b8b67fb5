"""The curves of a history, as arrays on the grid of epochs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bandits.predictors.curve_process.scales import Scale
from bandits.predictors.curve_process.time_grid import TimeGrid

__all__ = ["Observations"]

Floats = NDArray[np.float64]
Whole = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Observations:
    """Curves of `n` arms that stopped anywhere.

    Args:
        grid: the epochs of the columns.
        values: `[n, K]` scores at the epochs of the grid; NaN where an arm has not come so far.
        passed: `[n]` how many epochs of the grid an arm has, >= 0.
        taus: `[n]` how many epochs in all.
        last: `[n]` the score of the last epoch.
        places: `[n, p]` features.
    """

    grid: TimeGrid
    values: Floats
    passed: Whole
    taus: Whole
    last: Floats
    places: Floats

    def __len__(self) -> int:
        return len(self.values)

    def known(self) -> Floats:
        """All scores at epochs of the grid, `[N]`."""
        return np.asarray(self.values[np.arange(len(self.grid)) < self.passed[:, None]])

    def subset(self, rows: Whole) -> Observations:
        """Some of the arms."""
        return replace(
            self,
            values=self.values[rows],
            passed=self.passed[rows],
            taus=self.taus[rows],
            last=self.last[rows],
            places=self.places[rows],
        )

    def scaled(self, scale: Scale) -> Observations:
        """The same arms on a scale, within its bounds."""
        return replace(self, values=scale.to_bounded(self.values), last=scale.to_bounded(self.last))

    def cut(self, passed: Whole) -> Observations:
        """The arms as they were at earlier epochs of the grid (0: before the first)."""
        taus = np.where(passed > 0, self.grid.epochs[np.maximum(passed, 1) - 1], 0)
        last = self.values[np.arange(len(self)), np.maximum(passed, 1) - 1]
        return replace(self, passed=passed, taus=taus, last=last)

    def on_grid(self) -> Observations:
        """The arms without the epochs after the last epoch of the grid that they have reached."""
        return self.cut(self.passed)
