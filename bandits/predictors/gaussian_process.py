"""Gaussian process regression with a free intercept, in closed form: a fit inside a running search is cheap.

One eigendecomposition of a kernel matrix K answers, for every noise level at once, how likely the targets are
under it and how far off each curve is when left out. The marginal likelihood chooses the kernel's widths and
the noise (Rasmussen and Williams 2006, sections 2.7 and 5.4); unlike the lowest cross-validated error it is not
a minimum over many noisy estimates, so 20 curves suffice, and the leave-one-out errors stay honest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from bandits.predictors.features import Design
from bandits.predictors.regressors import Fitted, Linear, Regressor, squared_distances

__all__ = ["LinearProcess", "LocalExpansion", "LocalProcess"]

Floats = NDArray[np.float64]

_NOISE = np.logspace(-4.0, 1.0, 11)  # noise variance, relative to the kernel's mean eigenvalue
_WIDTHS = (0.02, 0.1, 0.5, 2.0)  # gamma per column: from nearly linear to nearly nearest neighbour
_SEARCHED_CURVES = 200  # widths are chosen on at most so many curves, since each costs O(n^3)


def _evidence(K: Floats, t: Floats) -> tuple[float, float]:
    """The best restricted log marginal likelihood (up to a constant) over the noise levels, and that noise.

    Args:
        K: `[n, n]` kernel matrix.
        t: `[n]` targets; their scale is profiled out.
    """
    n = len(t)
    spectrum, U = np.linalg.eigh(K)
    spectrum = np.maximum(spectrum, 0.0)
    noise = _NOISE * (spectrum.mean() or 1.0)
    precision = 1.0 / (spectrum + noise[:, None])  # [levels, n]
    ones, along = U.sum(axis=0), U.T @ t
    total = precision @ ones**2
    misfit = precision @ along**2 - (precision @ (ones * along)) ** 2 / total
    misfit = np.maximum(misfit, np.finfo(float).tiny)
    evidence = np.log(precision).sum(axis=1) - (n - 1) * np.log(misfit) - np.log(total)
    best = int(evidence.argmax())
    return float(evidence[best]), float(noise[best])


def _solve(K: Floats, t: Floats, noise: float) -> tuple[Floats, float, Floats]:
    """Dual weights `[n]`, intercept and exact leave-one-out residuals `[n]` for one kernel and noise.

    With A = K + noise I and P = A^-1 - A^-1 1 1' A^-1 / (1' A^-1 1), the weights are P t and the residual of a
    curve that is left out is (P t)_i / P_ii (Rasmussen and Williams 2006, eq. 5.12, with the intercept free).
    """
    inverse = np.linalg.inv(K + noise * np.eye(len(t)))
    ones = inverse.sum(axis=1)
    total = float(ones.sum())
    intercept = float(ones @ t) / total
    weights = inverse @ (t - intercept)
    return weights, intercept, weights / (np.diag(inverse) - ones**2 / total)


@dataclass(frozen=True, slots=True)
class LinearProcess(Regressor):
    """Ridge regression in which each block of inputs counts equally, however many columns it has.

    A curve of 100 epochs has 297 columns of TS; without this they would drown two hyperparameters.

    Args:
        blocks: names of blocks of a `Design`.
    """

    blocks: tuple[str, ...]

    def fit(self, design: Design, y: Floats, rng: np.random.Generator) -> Linear:  # noqa: ARG002 - draws nothing
        """See `Regressor.fit`."""
        parts = [design.columns(block) for block in self.blocks]
        scale = np.concatenate([np.full(part.shape[1], 1.0 / max(1, part.shape[1])) for part in parts])
        X = np.concatenate(parts, axis=1)
        K = (X * scale) @ X.T
        _, noise = _evidence(K, y)
        weights, intercept, residuals = _solve(K, y, noise)
        return Linear((weights @ X) * scale, intercept, residuals, self.blocks)


@dataclass(frozen=True, slots=True)
class LocalExpansion(Fitted):
    """A weighted sum of RBF kernels, one on each training curve."""

    columns: Floats
    weights: Floats
    intercept: float
    scale: Floats
    blocks: tuple[str, ...]
    residuals: Floats

    def predict(self, design: Design) -> Floats:
        """See `Fitted.predict`."""
        X = design.columns(*self.blocks) * self.scale
        return np.asarray(np.exp(-squared_distances(X, self.columns)) @ self.weights + self.intercept)


@dataclass(frozen=True, slots=True)
class LocalProcess(Regressor):
    """Gaussian process with an RBF kernel: curves that look alike end alike.

    Args:
        groups: blocks of a `Design`, in groups that share a width. Distances are per column of the group, so
            that with one group every column counts equally, and with several every group may.
    """

    groups: tuple[tuple[str, ...], ...]

    def fit(self, design: Design, y: Floats, rng: np.random.Generator) -> LocalExpansion:
        """See `Regressor.fit`."""
        parts = [part for part in (design.columns(*group) for group in self.groups) if part.shape[1]]
        if not parts:  # none of these blocks varies: the mean is all there is
            parts = [np.zeros((len(y), 0))]
        n = len(y)
        searched = np.arange(n) if n <= _SEARCHED_CURVES else np.sort(rng.permutation(n)[:_SEARCHED_CURVES])
        distances = [squared_distances(part[searched], part[searched]) / max(1, part.shape[1]) for part in parts]
        gammas = max(_candidates(len(parts)), key=lambda g: _evidence(_rbf(distances, g), y[searched])[0])
        scale = np.concatenate(
            [np.full(part.shape[1], np.sqrt(g / max(1, part.shape[1]))) for part, g in zip(parts, gammas, strict=True)]
        )
        X = np.concatenate(parts, axis=1) * scale
        K = np.exp(-squared_distances(X, X))
        _, noise = _evidence(K, y)
        weights, intercept, residuals = _solve(K, y, noise)
        blocks = tuple(block for group in self.groups for block in group)
        return LocalExpansion(X, weights, intercept, scale, blocks, residuals)


def _rbf(distances: Sequence[Floats], gammas: Sequence[float]) -> Floats:
    """The product of one RBF kernel per group."""
    exponent = sum(gamma * distance for gamma, distance in zip(gammas, distances, strict=True))
    return np.asarray(np.exp(-np.asarray(exponent)))


def _candidates(groups: int) -> list[tuple[float, ...]]:
    """Widths to compare; every group but the first may also be ignored (gamma 0)."""
    return list(product(_WIDTHS, *[(0.0, *_WIDTHS)] * (groups - 1)))
