"""How well a member forecasts later scores: its errors and densities on arms whose later epochs were hidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from bandits.predictors.curve_process.members import Fit
from bandits.predictors.curve_process.observations import Observations

__all__ = ["DEGREES", "Check", "cross_validate", "log_student"]

Floats = NDArray[np.float64]

DEGREES = 5.0  # of freedom: how heavy the tails of errors are
_FOLDS = 3
_FRONTIERS = (0.5, 0.75)  # shares of the farthest position on the grid that any arm has reached
_CUTS = 2  # how often each arm is cut short
_LOG_CONSTANT = float(gammaln((DEGREES + 1) / 2) - gammaln(DEGREES / 2) - 0.5 * np.log(DEGREES * np.pi))
_LEAST = -20.0  # the least log density of an arm, however wrong its forecast was
_FACTORS = np.exp(np.linspace(0.0, 2.0, 21))  # by which stated errors may be wrong
_TRUST = 4.0  # how many arms it takes to believe that stated errors are wrong


@dataclass(frozen=True, slots=True)
class Check:
    """How good forecasts of arms were that had been cut short.

    Args:
        densities: `[N]` log densities on the member's scale.
        rows: `[N]` which arms.
        factor: multiplies stated errors.
    """

    densities: Floats
    rows: NDArray[np.intp]
    factor: float


def log_student(errors: Floats, scales: Floats) -> Floats:
    """Log density of errors with these scales."""
    z = errors / scales
    return np.asarray(_LOG_CONSTANT - (DEGREES + 1) / 2 * np.log1p(z * z / DEGREES) - np.log(scales))


def cross_validate(fit: Fit, arms: Observations, outcomes: Floats, rng: np.random.Generator) -> Check:
    """Hide later epochs of arms, and forecast the scores of their last epochs on the grid.

    Args:
        fit: fits a member to arms.
        arms: arms on the grid, and on the member's scale.
        outcomes: `[n, K]` their values on this scale, without its bounds.
        rng: decides which arms are hidden together.
    """
    rows, means, stds, far = [], [], [], []
    for shown, at, beyond in _hidden(arms, rng.permutation(len(arms)) % _FOLDS):
        far.append(np.full(len(at), beyond))
        mean, std = fit(shown).predict(shown.subset(at), arms.passed[at] - 1)
        rows.append(at)
        means.append(mean)
        stds.append(std)
    if not rows:
        return Check(np.zeros(0), np.zeros(0, dtype=np.intp), 1.0)
    row, mean, std = np.concatenate(rows), np.concatenate(means), np.concatenate(stds) + 1e-9
    outcome = outcomes[row, arms.passed[row] - 1]
    errors = (outcome - mean) / std
    factor = _factor(errors)
    densities = np.maximum(log_student(outcome - mean, factor * std), _LEAST)
    if arms.passed.max() < len(arms.grid):
        factor = _factor(errors[np.concatenate(far)], factor)
    return Check(densities, row, factor)


def _hidden(arms: Observations, fold: NDArray[np.intp]) -> Iterator[tuple[Observations, NDArray[np.intp], bool]]:
    """Arms cut short, which of them are to be forecast, and whether that is beyond all epochs that are shown."""
    passed = arms.passed
    lower = np.array([_lower(passed, own) for own in passed])
    for cut in (lower, np.maximum(passed // 2, 1)):
        for f in range(_FOLDS):
            hidden = (fold == f) & (cut < passed)
            if hidden.any():
                yield arms.cut(np.where(hidden, cut, passed)), np.flatnonzero(hidden), False
    for share in _FRONTIERS:
        frontier = max(int(share * passed.max()), 1)
        beyond = passed > frontier
        if beyond.any():
            yield arms.cut(np.minimum(passed, frontier)), np.flatnonzero(beyond), True


def _lower(passed: NDArray[np.intp], own: int) -> int:
    """The median position at which arms stopped, of those that stopped before position `own`."""
    below = np.sort(passed[passed < own])
    return int(below[len(below) // 2]) if len(below) else max(own // 3, 1)


def _factor(errors: Floats, usual: float = 1.0) -> float:
    """By how much stated errors are too small: the most probable factor, near the usual one for few arms."""
    total = log_student(errors[None, :], _FACTORS[:, None]).sum(axis=1) / _CUTS
    return float(_FACTORS[np.argmax(total - 0.5 * _TRUST * np.log(_FACTORS / usual) ** 2)])
