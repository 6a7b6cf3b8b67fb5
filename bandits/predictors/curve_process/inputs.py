"""Features of arms as places in the unit cube; features may be missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Trial
from bandits.predictors.features import feature_row

__all__ = ["UnitCube"]

Floats = NDArray[np.float64]

_LOG_SPAN = 10.0  # a positive feature that spans this factor is replaced by its logarithm
_OUTSIDE = 0.25  # how far beyond the cube a place may lie
_LARGEST = 1e100


@dataclass(frozen=True, slots=True)
class UnitCube:
    """Features on scales from 0 to 1, learnt from the training arms; those that do not vary are dropped.

    A feature that is missing, or is not a finite number, counts as the median of the others.

    Args:
        names: `p` names.
        logarithmic: `[p]` whether the logarithm is taken.
        low, width, middle: `[p]` after logarithms: the smallest value, the largest less the smallest, the median.
    """

    names: tuple[str, ...]
    logarithmic: NDArray[np.bool_]
    low: Floats
    width: Floats
    middle: Floats

    @classmethod
    def learn(cls, trials: Sequence[Trial]) -> UnitCube:
        """Read which features vary among some trials."""
        names = tuple(sorted({name for trial in trials for name in trial.features}))
        raw = _raw(trials, names)
        kept: list[tuple[str, bool, float, float, float]] = []
        for name, column in zip(names, raw.T, strict=True):
            known = column[np.isfinite(column)]
            if not len(known):
                continue
            logarithmic = bool(known.min() > 0 and known.max() / _LOG_SPAN > known.min())
            known = np.log(known) if logarithmic else known
            low, width = float(known.min()), float(known.max() - known.min())
            if width > 1e-12 * max(1.0, abs(low)):
                kept.append((name, logarithmic, low, width, float(np.median(known))))
        columns = [np.array(column) for column in zip(*kept, strict=True)] if kept else [np.zeros(0)] * 5
        return cls(tuple(row[0] for row in kept), columns[1].astype(np.bool_), *columns[2:])

    def places(self, trials: Sequence[Trial]) -> Floats:
        """`[n, p]` places of trials; a place far outside the cube is moved near it."""
        raw = _raw(trials, self.names)
        for j in np.flatnonzero(self.logarithmic):
            column = raw[:, j]
            positive = column > 0
            column[positive] = np.log(column[positive])
            column[~positive & np.isfinite(column)] = self.low[j]
        raw = np.where(np.isfinite(raw), raw, self.middle)
        return np.clip((raw - self.low) / self.width, -_OUTSIDE, 1.0 + _OUTSIDE)


def _raw(trials: Sequence[Trial], names: Sequence[str]) -> Floats:
    rows = [feature_row(trial.features, names) for trial in trials]
    raw = np.array(rows, dtype=np.float64).reshape(len(trials), len(names))
    return np.where(np.abs(raw) <= _LARGEST, raw, np.nan)
