"""The parts of the covariance of curves at the places where they are looked at.

A curve is f0(t) + f1(x, t) + f2(t) + noise: a course common to all arms; a course that arms with similar features
share; the arm's own course, independent of all others. Features of low rank give the common and the shared part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.predictors.curve_process.hyperparameters import Hyperparameters
from bandits.predictors.curve_process.kernels import LowRank, matern, squared_exponential

__all__ = ["Covariance", "Places"]

Floats = NDArray[np.float64]

_LEAST_NOISE = 1e-8  # variance that is always there


@dataclass(frozen=True, slots=True)
class Places:
    """Where curves are looked at, in time and among features.

    Args:
        times: `[T]` places in [0, 1]; the common course has all of the first `grid` as inducing points.
        grid: how many times are inducing points of the common course.
        shared: `[r]` inducing places in time of the shared course.
        features: `[n, p]` features of the arms; p may be 0.
        inducing: `[m, p]` inducing places among the features.
    """

    times: Floats
    grid: int
    shared: Floats
    features: Floats
    inducing: Floats

    def apart(self, times: Floats) -> Floats:
        """Distances `[q, T]` of some times from all."""
        return np.abs(times[:, None] - self.times)

    def squares(self, features: Floats) -> Floats:
        """Squared differences `[q, m, p]` of some features from the inducing ones."""
        return np.square(features[:, None, :] - self.inducing[None])


class Covariance:
    """The parts of the covariance for given hyperparameters, at given places.

    Args:
        theta: `[8 + p]`, see `Hyperparameters`.
        places: where curves are looked at.
    """

    def __init__(self, theta: Floats, places: Places) -> None:
        self.places = places
        self.h = h = Hyperparameters.of(theta)
        grid, times = places.times[: places.grid], places.times
        self.common = LowRank.of(*(matern(np.abs(a[:, None] - grid), h.common_length)[0] for a in (times, grid)))
        self.over_time = LowRank.of(
            *(matern(np.abs(a[:, None] - places.shared), h.shared_length)[0] for a in (times, places.shared))
        )
        self.across_squares, self.within_squares = places.squares(places.features), places.squares(places.inducing)
        self.over_arms = LowRank.of(
            squared_exponential(self.across_squares, h.lengths), squared_exponential(self.within_squares, h.lengths)
        )
        self.A = h.common * self.common.features
        self.U = h.shared * self.over_time.features
        self.F = self.over_arms.features
        self.course, self.course_slope = matern(places.apart(times), h.own_length)
        self.own = h.own**2 * self.course + h.offset**2
        self.width = (self.A.shape[1], self.F.shape[1], self.U.shape[1])

    @property
    def noise(self) -> float:
        """Variance of the noise of an observation."""
        return self.h.noise**2 + _LEAST_NOISE

    def features_of(self, rows: Floats) -> Floats:
        """`[q, m]` features of low rank of the shared part, from other arms' features `[q, p]`."""
        across = squared_exponential(self.places.squares(rows), self.h.lengths)
        return LowRank.of_new(across, self.over_arms.factor)

    def at_time(self, time: float) -> tuple[Floats, Floats, Floats, float]:
        """Common and shared features at another time, and the own part's covariance with all places and with itself."""
        h, places = self.h, self.places
        here = np.array([time])
        grid = places.times[: places.grid]
        a = LowRank.of_new(matern(np.abs(here[:, None] - grid), h.common_length)[0], self.common.factor)
        u = LowRank.of_new(matern(np.abs(here[:, None] - places.shared), h.shared_length)[0], self.over_time.factor)
        own = h.own**2 * matern(places.apart(here)[0], h.own_length)[0] + h.offset**2
        return h.common * a[0], h.shared * u[0], own, h.own**2 + h.offset**2
