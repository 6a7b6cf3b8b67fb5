"""Members of the ensemble: a process, or the last value with the growth that all arms have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bandits.predictors.curve_process.covariance import Covariance, Places
from bandits.predictors.curve_process.observations import Observations
from bandits.predictors.curve_process.posterior import Posterior
from bandits.predictors.curve_process.system import Group, System

__all__ = ["LastValue", "Member", "Process", "inducing_rows"]

Floats = NDArray[np.float64]
Whole = NDArray[np.intp]


class Member(Protocol):
    """Forecasts scores on one scale."""

    def predict(self, arms: Observations, later: Whole) -> tuple[Floats, Floats]:
        """Means and standard deviations, `[n]` each, of arms at later positions of the grid, `[n]`."""
        ...


def inducing_rows(places: Floats, most: int) -> Whole:
    """The first arm, then the one farthest from all chosen, and so on: `[m]` rows, m <= `most`."""
    if not places.shape[1]:
        return np.zeros(0, dtype=np.intp)
    chosen = [0]
    nearest = np.square(places - places[0]).sum(axis=1)
    while len(chosen) < most and nearest.max() > 1e-9:
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, np.square(places - places[chosen[-1]]).sum(axis=1))
    return np.array(chosen, dtype=np.intp)


def in_groups(arms: Observations, later: Whole | None = None) -> list[Whole]:
    """Rows of arms in groups: the arms of a group have equally many epochs, and one position is forecast for them."""
    keys = arms.taus if later is None else arms.taus * (len(arms.grid) + 1) + later
    order = np.argsort(keys, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(keys[order])) + 1) if len(order) else []


def seen(arms: Observations, rows: Whole) -> tuple[Floats, int | None]:
    """Values `[c, q]` of arms with equally many epochs; and their last epoch, if it is not on the grid."""
    passed, tau = int(arms.passed[rows[0]]), int(arms.taus[rows[0]])
    values = arms.values[rows, :passed]
    if passed == 0 or arms.grid.epochs[passed - 1] == tau:
        return values, None
    return np.column_stack((values, arms.last[rows])), tau


def places_of(arms: Observations, inducing: Floats, shared: int) -> Places:
    """Where the process is looked at: the grid, then the other epochs at which arms stopped."""
    grid = arms.grid
    others = np.setdiff1d(arms.taus, np.append(grid.epochs, 0))
    return Places(
        np.concatenate((grid.places(grid.epochs), grid.places(others))),
        len(grid),
        np.linspace(0.0, 1.0, shared),
        arms.places,
        inducing,
    )


def groups_of(arms: Observations) -> list[Group]:
    """The arms with an epoch, grouped by how many they have."""
    others = np.setdiff1d(arms.taus, np.append(arms.grid.epochs, 0))
    groups = []
    for rows in in_groups(arms):
        values, extra = seen(arms, rows)
        times = np.arange(values.shape[1])
        if extra is not None:
            times[-1] = len(arms.grid) + int(np.searchsorted(others, extra))
        if len(times):
            groups.append(Group(rows, times, values))
    return groups


class Process:
    """The process, conditioned on the observations of some arms."""

    def __init__(self, part: Covariance, arms: Observations) -> None:
        self._posterior = Posterior(System(part, groups_of(arms)))

    def predict(self, arms: Observations, later: Whole) -> tuple[Floats, Floats]:
        """See `Member.predict`."""
        means, stds = np.zeros(len(arms)), np.zeros(len(arms))
        features = self._posterior.features_of(arms.places)
        for rows in in_groups(arms, later):
            values, extra = seen(arms, rows)
            place = None if extra is None else float(arms.grid.places(np.array([extra]))[0])
            means[rows], stds[rows] = self._posterior.predict(values, features[rows], int(later[rows[0]]), place)
        return means, stds


class LastValue:
    """The last value plus the median gain of arms; without an epoch, the value that arms start with."""

    def __init__(self, arms: Observations) -> None:
        steps = len(arms.grid) - 1
        growth, error, typical = np.zeros(steps), np.zeros(steps), 0.3
        for k in range(steps):
            rows = arms.passed >= k + 2
            change = arms.values[rows, k + 1] - arms.values[rows, k]
            if len(change) >= 2:
                growth[k] = np.median(change) * len(change) / (len(change) + 2)
            if len(change) >= 3:
                spread = 1.4826 * float(np.median(np.abs(change - growth[k]))) + 0.02
                typical = 0.5 * typical + 0.5 * spread
            error[k] = typical
        first = arms.values[arms.passed >= 1, 0]
        self._start = (float(np.median(first)), 1.4826 * float(np.median(np.abs(first - np.median(first)))) + 0.1)
        self._growth = np.concatenate(([0.0], np.cumsum(growth)))
        self._variance = np.concatenate(([0.0], np.cumsum(error * error)))

    def predict(self, arms: Observations, later: Whole) -> tuple[Floats, Floats]:
        """See `Member.predict`."""
        fresh = arms.taus == 0
        at = np.array([arms.grid.position(int(tau)) for tau in arms.taus])
        steps = np.arange(len(self._growth))
        means = np.where(fresh, self._start[0], arms.last) + self._growth[later] - np.interp(at, steps, self._growth)
        variances = self._variance[later] - np.interp(at, steps, self._variance)
        return means, np.sqrt(variances + np.where(fresh, self._start[1] ** 2, 1e-4))


Fit = Callable[[Observations], Member]
