"""Hyperparameters of a Gaussian process by marginal likelihood, and the process in closed form once they are known.

A weak prior joins the marginal likelihood (Rasmussen and Williams 2006, section 5.4.1, and 2.7 for the free intercept).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.optimize import minimize

from bandits.predictors.regression.kernel import Kernel, Parts, total_of

__all__ = ["loss", "search", "solve"]

Floats = NDArray[np.float64]

_STEPS = 40  # of the search
_ACCURACY = 1e-4  # relative change of the log likelihood at which the search ends
_LOWEST, _HIGHEST = -14.0, 4.0  # logarithms of hyperparameters; the targets have variance 1
_PRIOR_WIDTH = 2.0  # of a logarithm: a factor of 7 either way is nothing unusual
_JITTER = 1e-9


def search(kernel: Kernel, start: Floats, parts: Parts, target: Floats, trust: Floats, blur: Floats) -> Floats:
    """Logarithms of the hyperparameters with the highest posterior density, from a start, by L-BFGS."""
    found = minimize(
        loss,
        start,
        args=(kernel, parts, target, trust, blur),
        jac=True,
        method="L-BFGS-B",
        bounds=[(_LOWEST, _HIGHEST)] * len(start),
        options={"maxiter": _STEPS, "ftol": _ACCURACY},
    )
    return np.asarray(found.x)


def loss(
    logs: Floats, kernel: Kernel, parts: Parts, target: Floats, trust: Floats, blur: Floats | float = 0.0
) -> tuple[float, Floats]:
    """Minus the log posterior of the hyperparameters (up to a constant), and its gradient; `blur` is noise that is
    known, so no search is needed for it."""
    terms, scaled = kernel.terms(logs, parts)
    matrix = total_of(terms)
    noise = np.exp(logs[-1]) / trust
    inverse, half_log_determinant = _inverse(matrix, noise + blur)
    ones = inverse.sum(axis=1)
    total = float(ones.sum())
    projected = inverse - np.outer(ones, ones / total)  # the intercept is free
    weights = projected @ target
    fit = half_log_determinant + 0.5 * (np.log(total) + target @ weights)
    moment = np.outer(weights, weights) - projected
    trace = np.diag(moment) @ noise
    slopes = [np.vdot(moment, term) for term in terms]
    moment *= terms[-1]  # the local one, if there are distances
    slopes += [-np.vdot(moment, distance) for distance in scaled]
    away = (logs - kernel.expected()) / _PRIOR_WIDTH
    gradient = -0.5 * np.array([*slopes, trace]) + away / _PRIOR_WIDTH
    return float(fit + 0.5 * away @ away), gradient


def _inverse(kernel: Floats, noise: Floats) -> tuple[Floats, float]:
    """The inverse of kernel plus noise, and half the logarithm of the determinant of kernel plus noise."""
    n = len(noise)
    covariance = kernel.copy()
    covariance.flat[:: n + 1] += noise + _JITTER
    factor, _ = lapack.dpotrf(covariance, lower=1, clean=1)
    half = float(np.log(np.diag(factor)).sum())
    lower, _ = lapack.dpotri(factor, lower=1, overwrite_c=1)
    inverse = lower + lower.T
    inverse.flat[:: n + 1] /= 2.0
    return np.asarray(inverse, dtype=np.float64), half


def solve(kernel: Floats, target: Floats, noise: Floats) -> tuple[Floats, float, Floats, Floats, Floats]:
    """Weights, intercept, precision, and exact leave-one-out residuals and variances for one kernel and noise.

    A is the kernel plus its noise, and P = A^-1 - A^-1 1 1' A^-1 / (1' A^-1 1). The weights are P t. The leave-one-out
    residual of a curve is (P t)_i / P_ii, with variance 1 / P_ii (Rasmussen and Williams 2006, eq. 5.12, with the
    intercept free).
    """
    precision, _ = _inverse(kernel, noise)
    ones = precision.sum(axis=1)
    total = float(ones.sum())
    intercept = float(ones @ target) / total
    weights: Floats = precision @ (target - intercept)
    own: Floats = np.diag(precision) - ones**2 / total
    return weights, intercept, precision, weights / own, 1.0 / own
