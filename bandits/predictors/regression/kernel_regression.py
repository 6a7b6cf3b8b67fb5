"""Gaussian process regression with a weight and a width for each block of inputs; its errors as calibrated.

See `bandits.predictors.regression.gaussian_process` for the processes of the default, which bear outliers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack, solve_triangular
from scipy.optimize import minimize

from bandits.predictors.features import Design
from bandits.predictors.regression.calibrated import Calibrated
from bandits.predictors.regression.regressors import Fitted, Regressor, squared_distances

__all__ = ["KernelRegression", "Process"]

Floats = NDArray[np.float64]

_SEARCHED_CURVES = 200  # the kernel is fitted to at most so many, since each evaluation costs O(n^3)
_LONGEST_SEARCH = 60  # iterations
_PRIOR_STD = 2.0  # of the logarithm of each parameter around its start: a factor of 7 either way is nothing unusual
_BOX = 9.0  # farthest from its start that the logarithm of a parameter goes: a factor of 8000


@dataclass(frozen=True, slots=True)
class _Kernel:
    """exp(rbf) exp(-sum_b exp(width_b) D_b / 2) + sum_b exp(linear_b) G_b + 1, for targets of variance 1.

    D_b are the squared distances and G_b the inner products in block b, both per column, so that blocks count alike
    however wide they are.

    Args:
        log_rbf: weight of the RBF kernel.
        log_widths: `[b]` squared inverse widths; without any, the RBF kernel is one more constant.
        log_linear: `[b]` weights of the linear kernels.
        log_noise: variance of the noise, which is no part of the kernel.
    """

    log_rbf: float
    log_widths: Floats
    log_linear: Floats
    log_noise: float

    @classmethod
    def unpack(cls, parameters: Floats, blocks: int) -> _Kernel:
        """From the vector that is searched."""
        widths, linear = parameters[1 : len(parameters) - blocks - 1], parameters[len(parameters) - blocks - 1 : -1]
        return cls(parameters[0], widths, linear, parameters[-1])

    @staticmethod
    def start(blocks: int, local: bool = True) -> Floats:
        """Half of the variance from lines, half from bumps a distance of 1 wide, a tenth noise."""
        widths = [np.log(1.0 / blocks)] * (blocks if local else 0)
        return np.array([np.log(0.5), *widths, *[np.log(0.5 / blocks)] * blocks, np.log(0.1)])

    def rbf(self, distances: list[Floats]) -> Floats:
        """The RBF part."""
        exponent = sum(np.exp(w) * D for w, D in zip(self.log_widths, distances, strict=True))
        return np.asarray(np.exp(self.log_rbf - 0.5 * np.asarray(exponent)))

    def linear(self, products: list[Floats]) -> Floats:
        """The linear part and the constant."""
        return np.asarray(1.0 + sum(np.exp(w) * G for w, G in zip(self.log_linear, products, strict=True)))


@dataclass(frozen=True, slots=True)
class KernelRegression(Regressor):
    """The process of one tau.

    Args:
        restarts: as of `GaussianProcess`.
        blocks: of a `Design`; those without columns are left out.
        local: False leaves out the RBF kernels, which makes it a linear regression.
    """

    restarts: int
    blocks: tuple[str, ...] = ("series", "summary", "static")
    local: bool = True

    def fit(self, design: Design, y: Floats, rng: np.random.Generator) -> Fitted:
        """See `Regressor.fit`. Residuals are leave-one-out."""
        blocks = tuple(block for block in self.blocks if design.columns(block).shape[1])
        parts = _parts(design, blocks)
        distant = len(parts) if self.local else 0
        n, centre, spread = len(y), float(y.mean()), float(y.std())
        t: Floats = (y - centre) / spread
        searched = np.arange(n) if n <= _SEARCHED_CURVES else np.sort(rng.permutation(n)[:_SEARCHED_CURVES])
        kernel = self._search([part[searched] for part in parts], t[searched], rng)
        distances = [squared_distances(part, part) for part in parts[:distant]]
        K = kernel.rbf(distances) + kernel.linear([part @ part.T for part in parts])
        K[np.diag_indices(n)] += np.exp(kernel.log_noise)
        whiten = solve_triangular(np.linalg.cholesky(K), np.eye(n), lower=True)
        weights = whiten.T @ (whiten @ t)
        process = Process(kernel, blocks, parts, whiten, weights, centre, spread)
        precision = (whiten**2).sum(axis=0)
        # Curves that are left out have had a say in the kernel: as in a regression, its parameters cost freedom.
        freedom = max(n - len(kernel.log_widths) - len(kernel.log_linear) - 2, n / 4)
        return Calibrated.of(process, spread * weights / precision, spread * np.sqrt(freedom / n / precision))

    def _search(self, parts: list[Floats], t: Floats, rng: np.random.Generator) -> _Kernel:
        """The most probable kernel: the best of a few searches by gradient."""
        start = _Kernel.start(len(parts), self.local)
        evidence = _Evidence(parts, t, start)
        starts = [start, *(start + rng.normal(0.0, _PRIOR_STD, len(start)) for _ in range(self.restarts))]
        box = np.stack((start - _BOX, start + _BOX), axis=1)
        found = [
            minimize(
                evidence.cost, s, jac=True, method="L-BFGS-B", bounds=box.tolist(), options={"maxiter": _LONGEST_SEARCH}
            )
            for s in starts
        ]
        return _Kernel.unpack(min(found, key=lambda result: float(result.fun)).x, len(parts))


class _Evidence:
    """The negative logarithm of marginal likelihood times prior, and its gradient (Rasmussen and Williams, 5.9)."""

    def __init__(self, parts: list[Floats], t: Floats, centre: Floats) -> None:
        distant = parts if len(centre) == 2 * len(parts) + 2 else []
        self._distances = [squared_distances(part, part) for part in distant]
        self._products = [part @ part.T for part in parts]
        self._t, self._centre = t, centre

    def cost(self, parameters: Floats) -> tuple[float, Floats]:
        """Cost and gradient."""
        kernel, n = _Kernel.unpack(parameters, len(self._products)), len(self._t)
        rbf = kernel.rbf(self._distances)
        noise = float(np.exp(kernel.log_noise))
        K = rbf + kernel.linear(self._products)
        K[np.diag_indices(n)] += noise
        L, failed = lapack.dpotrf(K, lower=1)
        if failed:
            return 1e25, np.zeros_like(parameters)
        lower, _ = lapack.dpotri(L, lower=1)
        inverse = np.tril(lower) + np.tril(lower, -1).T
        alpha = inverse @ self._t
        slope = 0.5 * (inverse - np.outer(alpha, alpha))  # of the cost, by K
        far = parameters - self._centre
        cost = 0.5 * float(self._t @ alpha) + float(np.log(np.diag(L)).sum()) + 0.5 * float(far @ far) / _PRIOR_STD**2
        bumps = slope * rbf
        gradient = [
            bumps.sum(),
            *(-0.5 * np.exp(w) * (bumps * D).sum() for w, D in zip(kernel.log_widths, self._distances, strict=True)),
            *(np.exp(w) * (slope * G).sum() for w, G in zip(kernel.log_linear, self._products, strict=True)),
            noise * np.trace(slope),
        ]
        return cost, np.array(gradient) + far / _PRIOR_STD**2


@dataclass(frozen=True, slots=True)
class Process:
    """What is known after the training curves: see `bandits.predictors.regression.calibrated.Distribution`.

    Args:
        kernel: with the parameters found.
        blocks: names of the blocks of a `Design` that it looks at.
        parts: one `[n, p_b]` array for each: the training curves' columns over sqrt(p_b).
        whiten: `[n, n]` inverse of the Cholesky factor of the kernel matrix with noise.
        weights: `[n]` inverse of that matrix times the standardised targets.
        centre, spread: of the targets.
    """

    kernel: _Kernel
    blocks: tuple[str, ...]
    parts: list[Floats]
    whiten: Floats
    weights: Floats
    centre: float
    spread: float

    def mean(self, design: Design) -> Floats:
        """`[m]` means."""
        return np.asarray(self.centre + self.spread * (self._to_curves(_parts(design, self.blocks)) @ self.weights))

    def std(self, design: Design) -> Floats:
        """`[m]` standard deviations of a new measurement."""
        parts = _parts(design, self.blocks)
        k = self._to_curves(parts)
        squares = [(part**2).sum(axis=1) for part in parts]
        own = np.exp(self.kernel.log_rbf) + self.kernel.linear(squares)
        known = ((k @ self.whiten.T) ** 2).sum(axis=1)
        noise = float(np.exp(self.kernel.log_noise))
        return np.asarray(self.spread * np.sqrt(np.maximum(own - known, 0.0) + noise))

    def _to_curves(self, parts: list[Floats]) -> Floats:
        """`[m, n]` kernel between m arms and the training curves."""
        pairs = list(zip(parts, self.parts, strict=True))
        distant = pairs[: len(self.kernel.log_widths)]
        rbf = self.kernel.rbf([squared_distances(arms, curves) for arms, curves in distant])
        return np.asarray(rbf + self.kernel.linear([arms @ curves.T for arms, curves in pairs]))


def _parts(design: Design, blocks: tuple[str, ...]) -> list[Floats]:
    """Blocks of inputs, scaled so that squared distances are means over columns."""
    parts = [design.columns(block) for block in blocks]
    return [part / np.sqrt(part.shape[1]) for part in parts]
