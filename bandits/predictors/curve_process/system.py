"""The process after its observations: a linear system for the weights of the features of low rank.

Arms that were observed at the same times enter the system by sums alone. So the cost grows with the number of different
lengths, and hardly with the number of arms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve

from bandits.predictors.curve_process.covariance import Covariance

__all__ = ["Group", "System"]

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Group:
    """Arms that were observed at the same times.

    Args:
        arms: `[c]` their rows among the features.
        times: `[q]` positions among the places in time.
        values: `[c, q]` what was observed.
    """

    arms: Rows
    times: Rows
    values: Floats


class Sums:
    """What a group adds to the system: sums over its arms, and the parts at its times."""

    def __init__(self, group: Group, part: Covariance) -> None:
        at = group.times
        self.count = len(group.arms)
        own = part.own[np.ix_(at, at)] + part.noise * np.eye(len(at))
        factor = np.linalg.cholesky(own)
        self.log_det = 2.0 * float(np.log(np.diag(factor)).sum())
        self.G = cho_solve((factor, True), np.eye(len(at)), check_finite=False)
        self.A, self.U, self.F = part.A[at], part.U[at], part.F[group.arms]
        self.y_sum = group.values.sum(axis=0)
        self.yy = group.values.T @ group.values
        self.Fy = self.F.T @ group.values
        self.F_sum, self.FF = self.F.sum(axis=0), self.F.T @ self.F
        self.GA, self.GU = self.G @ self.A, self.G @ self.U


class System:
    """The linear system of all observations: M beta = v for the weights of the features of low rank."""

    def __init__(self, part: Covariance, groups: Sequence[Group]) -> None:
        K, m, r = part.width
        self.part, self.groups = part, groups
        self.sums = [Sums(group, part) for group in groups]
        M00, M01, M11 = np.zeros((K, K)), np.zeros((K, m, r)), np.zeros((m, r, m, r))
        v0, v1 = np.zeros(K), np.zeros((m, r))
        square = log_det = 0.0
        for s in self.sums:
            M00 += s.count * (s.A.T @ s.GA)
            M01 += s.F_sum[None, :, None] * (s.A.T @ s.GU)[:, None, :]
            M11 += s.FF[:, None, :, None] * (s.U.T @ s.GU)[None, :, None, :]
            v0 += s.GA.T @ s.y_sum
            v1 += s.Fy @ s.GU
            square += float((s.G * s.yy).sum())
            log_det += s.count * s.log_det
        P = K + m * r
        M = np.empty((P, P))
        M[:K, :K], M[:K, K:], M[K:, K:] = M00, M01.reshape(K, m * r), M11.reshape(m * r, m * r)
        M[K:, :K] = M[:K, K:].T
        M[np.diag_indices(P)] += 1.0
        self.v = np.concatenate((v0, v1.ravel()))
        self.factor = np.linalg.cholesky(M)
        self.beta = cho_solve((self.factor, True), self.v, check_finite=False)
        self.minus_log = 0.5 * (
            square - float(self.v @ self.beta) + log_det + 2.0 * float(np.log(np.diag(self.factor)).sum())
        )
