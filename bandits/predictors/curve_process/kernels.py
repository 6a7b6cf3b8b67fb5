"""Kernels of unit variance, with derivatives by the logarithms of their length scales; features of low rank."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

__all__ = ["LowRank", "matern", "squared_exponential"]

Floats = NDArray[np.float64]

_ROOT_3 = np.sqrt(3.0)
_JITTER = 1e-6  # added to the diagonal of a kernel before it is factored


def matern(distances: Floats, length: float) -> tuple[Floats, Floats]:
    """The Matern kernel of smoothness 3/2.

    Args:
        distances: any shape, >= 0.
        length: the length scale, > 0.

    Returns:
        Values, and their derivatives by log(length); both of the shape of `distances`.
    """
    r = _ROOT_3 * distances / length
    decay = np.exp(-r)
    return (1.0 + r) * decay, r * r * decay


def squared_exponential(squares: Floats, lengths: Floats) -> Floats:
    """The Gaussian kernel with a length scale for each feature: `[a, b]` from squared differences `[a, b, p]`.

    Its derivative by log(lengths[j]) is the value times squares[..., j] / lengths[j]^2.
    """
    values: Floats = np.exp(-0.5 * (squares @ lengths**-2.0))
    return values


@dataclass(frozen=True, slots=True)
class LowRank:
    """Features A `[n, m]` with A A' near a kernel: exact among m inducing points (Nystroem).

    Args:
        features: A = K_nm L^-T, where L is the Cholesky factor of K_mm.
        factor: L, `[m, m]`, lower triangular.
    """

    features: Floats
    factor: Floats

    @classmethod
    def of(cls, across: Floats, within: Floats) -> LowRank:
        """From the kernel `[n, m]` of all points with the inducing ones, and that `[m, m]` among the inducing ones."""
        factor: Floats = np.asarray(np.linalg.cholesky(within + _JITTER * np.eye(len(within))), dtype=np.float64)
        return cls(cls.of_new(across, factor), factor)

    @staticmethod
    def of_new(across: Floats, factor: Floats) -> Floats:
        """The features `[q, m]` of other points, from their kernel with the inducing ones."""
        if not len(factor):
            return np.zeros_like(across)
        return np.ascontiguousarray(solve_triangular(factor, across.T, lower=True, check_finite=False).T)

    def pull_back(self, by_features: Floats) -> tuple[Floats, Floats]:
        """The derivatives of a number by the two kernels, from its derivative by the features, `[n, m]`.

        Returns:
            `[n, m]` and `[m, m]`, as `of` takes them.
        """
        L = self.factor
        if not len(L):
            return by_features, np.zeros_like(L)
        by_across = solve_triangular(L, by_features.T, lower=True, trans="T", check_finite=False).T
        by_factor = -np.tril(by_across.T @ self.features)  # derivative by L, through K_nm L^-T
        inner = np.tril(L.T @ by_factor)
        inner[np.diag_indices(len(L))] *= 0.5
        half = solve_triangular(L, inner, lower=True, trans="T", check_finite=False)
        full = solve_triangular(L, half.T, lower=True, trans="T", check_finite=False).T
        return by_across, 0.5 * (full + full.T)
