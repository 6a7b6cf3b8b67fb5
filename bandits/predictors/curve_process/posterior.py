"""The forecast of an arm's later score by the process, from the arm's own observations and those of all arms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from bandits.predictors.curve_process.system import System

__all__ = ["Posterior"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Path:
    """From observations at some times to a later one, for arms that were observed at the same times.

    Args:
        weights: `[q]` of the observations.
        variance: of the arm's own part, after these observations.
        a, u: common and shared features at the later time, less the part that the observations explain.
    """

    weights: Floats
    variance: float
    a: Floats
    u: Floats


class Posterior:
    """The process after its observations."""

    def __init__(self, system: System) -> None:
        self._part = system.part
        self._factor, beta = system.factor, system.beta
        K, m, r = self._part.width
        self._by_a, self._by_u = beta[:K], beta[K:].reshape(m, r)
        self._paths: dict[tuple[int, float | None, int], _Path] = {}

    def features_of(self, places: Floats) -> Floats:
        """`[c, m]` features of low rank, from the features `[c, p]` of arms."""
        return self._part.features_of(places)

    def predict(
        self, values: Floats, features: Floats, later: int, extra: float | None = None
    ) -> tuple[Floats, Floats]:
        """Forecast arms that were observed at the same times.

        Args:
            values: `[c, q]` at the first q places of the grid, or at the first q - 1 and at `extra`.
            features: `[c, m]`, see `features_of`.
            later: position on the grid of what is forecast.
            extra: the place of the last observation, if that is not on the grid.

        Returns:
            Means and standard deviations of what will be observed, `[c]` each.
        """
        count = values.shape[1] - (extra is not None)
        key = (count, extra, later)
        path = self._paths.get(key)
        if path is None:
            path = self._paths[key] = self._path(count, extra, later)
        means = values @ path.weights + path.a @ self._by_a + features @ (self._by_u @ path.u)
        low_rank = np.concatenate(
            (
                np.broadcast_to(path.a, (len(values), len(path.a))),
                (features[:, :, None] * path.u).reshape(len(values), features.shape[1] * len(path.u)),
            ),
            axis=1,
        )
        half = solve_triangular(self._factor, low_rank.T, lower=True, check_finite=False)
        variances = path.variance + self._part.noise + (half * half).sum(axis=0)
        return means, np.sqrt(variances)

    def _path(self, count: int, extra: float | None, later: int) -> _Path:
        part = self._part
        own, A, U = part.own[:count, :count], part.A[:count], part.U[:count]
        to_later = part.own[:count, later]
        if extra is not None:
            a, u, across, here = part.at_time(extra)
            row = across[:count]
            own = np.block([[own, row[:, None]], [row[None, :], np.full((1, 1), here)]])
            A, U, to_later = np.vstack((A, a)), np.vstack((U, u)), np.append(to_later, across[later])
        weights: Floats = np.zeros(0)
        if len(own):
            weights = np.asarray(np.linalg.solve(own + part.noise * np.eye(len(own)), to_later), dtype=np.float64)
        variance = max(float(part.own[later, later] - weights @ to_later), 0.0)
        return _Path(weights, variance, part.A[later] - weights @ A, part.U[later] - weights @ U)
