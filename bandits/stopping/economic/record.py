"""What forecasts say of the arms so far, after each check epoch that they passed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Curve, Trial
from bandits.forecasts import Forecast
from bandits.predictors.base import Forecaster

__all__ = ["ENDS", "PROBABILITIES", "Record", "ends_of", "record_of"]

Floats = NDArray[np.float64]

ENDS = 26  # a forecast as so many equally likely ends
PROBABILITIES = (np.arange(ENDS) + 0.5) / ENDS
_MOST_ARMS = 400  # the latest arms; more of them change little


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """Forecasts of arms that have stopped anywhere, by one fit.

    Args:
        horizon: the epoch that is forecast, T.
        epochs: `[n, K]` the check epochs that each arm passed, ascending; T where it passed fewer than K.
        forecasts: `[n, K, q]` equally likely scores at T, by the forecast after each of these epochs; where there is
            none, those of the arm's last forecast.
        ends: `[n, q]` the last that is known of each arm: its score at T, or its last forecast.
    """

    horizon: int
    epochs: NDArray[np.intp]
    forecasts: Floats
    ends: Floats

    def __len__(self) -> int:
        """How many arms there are."""
        return len(self.ends)

    @property
    def first(self) -> Floats:
        """`[n, q]` the forecasts after the first check epoch: what a fresh arm looks like."""
        return self.forecasts[:, 0]


def ends_of(forecast: Forecast) -> Floats:
    """A forecast as `[q]` equally likely scores, ascending."""
    if forecast.samples is not None:
        samples = np.asarray(forecast.samples)
        known = (np.arange(len(samples)) + 0.5) / len(samples)
        return np.asarray(np.interp(PROBABILITIES, known, samples))
    return np.array([forecast.quantile(p) for p in PROBABILITIES.tolist()])


def record_of(
    forecaster: Forecaster, arms: Sequence[tuple[Trial, Curve]], epochs: Sequence[int], horizon: int
) -> Record:
    """Forecast the latest arms after each check epoch that they passed.

    Args:
        forecaster: a fit for the horizon.
        arms: all arms with an epoch. Those of which there is no finite forecast are left out.
        epochs: the check epochs, ascending, before the horizon.
        horizon: T.
    """
    asked = [
        (row, epoch, (trial, curve.prefix(epoch)))
        for row, (trial, curve) in enumerate(arms[-_MOST_ARMS:])
        for epoch in epochs
        if epoch <= curve.tau
    ]
    said: dict[int, list[tuple[int, Floats]]] = {}
    for (row, epoch, _), answer in zip(asked, forecaster.forecast_many([arm for *_, arm in asked]), strict=True):
        if isinstance(answer, Forecast) and np.isfinite(ends := ends_of(answer)).all():
            said.setdefault(row, []).append((epoch, ends))
    most = max(map(len, said.values()), default=1)
    passed = np.full((len(said), most), horizon, dtype=np.intp)
    forecasts, last = np.empty((len(said), most, ENDS)), np.empty((len(said), ENDS))
    for place, (row, answers) in enumerate(said.items()):
        curve = arms[-_MOST_ARMS:][row][1]
        for k in range(most):
            forecasts[place, k] = answers[min(k, len(answers) - 1)][1]
        passed[place, : len(answers)] = [epoch for epoch, _ in answers]
        last[place] = curve.scores[horizon - 1] if curve.tau >= horizon else answers[-1][1]
    return Record(horizon, passed, forecasts, last)
