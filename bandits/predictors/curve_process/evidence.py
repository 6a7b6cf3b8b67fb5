"""The evidence for hyperparameters: the log density of all observations, and its gradient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve

from bandits.predictors.curve_process.covariance import Covariance, Places
from bandits.predictors.curve_process.kernels import matern, squared_exponential
from bandits.predictors.curve_process.system import Group, System

__all__ = ["evidence"]

Floats = NDArray[np.float64]


def evidence(theta: Floats, places: Places, groups: Sequence[Group]) -> tuple[float, Floats]:
    """Minus the log density of all observations, up to a constant, and its gradient by theta.

    Raises:
        numpy.linalg.LinAlgError: a matrix is not positive definite.
    """
    system = System(Covariance(theta, places), groups)
    return system.minus_log, _gradient(system)


def _gradient(system: System) -> Floats:
    """The derivatives of `minus_log` by theta: `[8 + p]`."""
    K, m, r = system.part.width
    P = K + m * r
    by_M = 0.5 * (np.outer(system.beta, system.beta) + cho_solve((system.factor, True), np.eye(P), check_finite=False))
    by_v0, by_v1 = -system.beta[:K], -system.beta[K:].reshape(m, r)
    B00, B01 = by_M[:K, :K], by_M[:K, K:].reshape(K, m, r)
    B11 = by_M[K:, K:].reshape(m, r, m, r).transpose(0, 2, 1, 3).reshape(m * m, r * r)
    part = system.part
    by_A, by_U, by_F = np.zeros_like(part.A), np.zeros_like(part.U), np.zeros_like(part.F)
    by_own = np.zeros_like(part.own)
    noise = 0.0
    for group, s in zip(system.groups, system.sums, strict=True):
        Q00, Q01 = s.count * B00, 2.0 * np.einsum("bac,a->bc", B01, s.F_sum)
        Q11 = (s.FF.reshape(-1) @ B11).reshape(r, r)
        linear = s.A @ by_v0
        shared = s.Fy.T @ by_v1  # [q, r]
        by_G = s.A @ Q00 @ s.A.T + s.A @ Q01 @ s.U.T + s.U @ Q11 @ s.U.T + shared @ s.U.T
        by_G += np.outer(linear, s.y_sum) + 0.5 * s.yy
        by_S = 0.5 * s.count * s.G - s.G @ (0.5 * (by_G + by_G.T)) @ s.G
        at = group.times
        by_own[np.ix_(at, at)] += by_S
        noise += float(np.trace(by_S))
        by_A[at] += 2.0 * s.GA @ Q00 + s.GU @ Q01.T + np.outer(s.G @ s.y_sum, by_v0)
        by_U[at] += s.G @ (s.A @ Q01 + shared) + s.GU @ (Q11 + Q11.T)
        by_FF = (B11 @ (s.U.T @ s.GU).reshape(-1)).reshape(m, m)
        by_sum = 2.0 * np.einsum("bac,bc->a", B01, s.A.T @ s.GU)
        by_F[group.arms] += s.F @ (by_FF + by_FF.T) + by_sum + group.values @ s.GU @ by_v1.T
    return _by_theta(part, by_A, by_U, by_F, by_own, noise)


def _by_theta(part: Covariance, by_A: Floats, by_U: Floats, by_F: Floats, by_own: Floats, noise: float) -> Floats:
    """Derivatives by the logarithms of hyperparameters, from derivatives by the parts of the covariance."""
    h, places = part.h, part.places
    grid, times, shared = places.times[: places.grid], places.times, places.shared
    out = np.zeros(8 + len(h.lengths))
    for at, by, values, low_rank, inducing, length, size in (
        (0, by_A, part.A, part.common, grid, h.common_length, h.common),
        (2, by_U, part.U, part.over_time, shared, h.shared_length, h.shared),
    ):
        out[at] = (by * values).sum()
        across, within = low_rank.pull_back(size * by)
        out[at + 1] = (across * matern(np.abs(times[:, None] - inducing), length)[1]).sum()
        out[at + 1] += (within * matern(np.abs(inducing[:, None] - inducing), length)[1]).sum()
    out[4] = 2.0 * h.own**2 * (by_own * part.course).sum()
    out[5] = h.own**2 * (by_own * part.course_slope).sum()
    out[6] = 2.0 * h.offset**2 * by_own.sum()
    out[7] = 2.0 * h.noise**2 * noise
    if len(h.lengths):
        across, within = part.over_arms.pull_back(by_F)
        across = across * squared_exponential(part.across_squares, h.lengths)
        within = within * squared_exponential(part.within_squares, h.lengths)
        out[8:] = np.tensordot(across, part.across_squares, 2) + np.tensordot(within, part.within_squares, 2)
        out[8:] /= h.lengths**2
    return out
