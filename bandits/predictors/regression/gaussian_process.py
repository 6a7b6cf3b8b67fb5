"""Gaussian process regression in closed form, robust to outliers; a fit inside a running search is cheap.

The marginal likelihood chooses every weight and width of the kernel. The lowest cross-validated error would be a
minimum over many noisy estimates; the marginal likelihood is not. So 20 curves suffice, and leave-one-out errors are
not too small.

A few runs that collapse for no visible reason would inflate the noise and bend the function. So errors are assumed to
follow Student's t. After a first fit, each curve's noise is divided by the curve's expected weight under it, and the
fit is repeated.

For a curve that stopped early, a forecast stands in for the target (`imputation`). The variance of that forecast is
added to the noise of the curve, times a factor, since the errors of such forecasts are correlated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.predictors.features import Design
from bandits.predictors.regression.imputation import Imputed
from bandits.predictors.regression.kernel import Kernel
from bandits.predictors.regression.marginal_likelihood import search, solve
from bandits.predictors.regression.process import Process
from bandits.predictors.regression.regressors import Regressor
from bandits.predictors.regression.warp import Warp

__all__ = ["AdditiveProcess"]

Floats = NDArray[np.float64]

_SEARCHED_CURVES = 200  # hyperparameters are chosen on at most so many curves, since each step costs O(n^3)
_MEASURED_FIRST = 100  # so many of these are complete curves, if there are so many
_T_DEGREES = 4.0  # of freedom: tails heavy enough for a collapsed run, and a variance that exists
_BLUR = 2.0  # the variance of a stand-in, times this, is added to the noise


@dataclass(frozen=True, slots=True)
class AdditiveProcess(Regressor):
    """Gaussian process with a linear and a local part, and errors with heavy tails.

    Args:
        linear: without it, the process returns to the mean of the targets (or to the last score, if anchored) where
            no training curve is near.
        warped: pass inputs through a `Warp`, so that inputs far from the others count by their logarithm only.
        anchored: model the gain over the last score, so that an unusual arm is forecast to end near its last score.
        blocks: names of the blocks of a `Design` that count as inputs; those without columns are left out.
        local: without it, the process is a linear regression.
        robust: errors follow Student's t; without it, they are Gaussian.
        logs: logarithms of the hyperparameters of an earlier fit, which are kept; None searches for them.
    """

    linear: bool = True
    warped: bool = False
    anchored: bool = True
    blocks: tuple[str, ...] = ("summary", "static")
    local: bool = True
    robust: bool = True
    logs: tuple[float, ...] | None = None

    def fit(self, design: Design, y: Floats, rng: np.random.Generator, imputed: Imputed | None = None) -> Process:
        """See `ImputingRegressor.fit`."""
        blocks = tuple(block for block in self.blocks if getattr(design, block).shape[1]) or ("series",)
        warp = Warp.learn(design, blocks) if self.warped else None
        inputs = design if warp is None else warp.apply(design)
        kernel = Kernel(blocks, self.linear, self.local)
        unit = float(y.std())
        n, c = len(design.last), len(y)
        means, left_out, blur = y, np.zeros((0, c)), np.zeros(n)
        if imputed is not None:
            means, left_out = np.concatenate((y, imputed.means)), imputed.left_out
            blur[c:] = _BLUR * imputed.variances / unit**2
        target = (means - design.last if self.anchored else means) / unit
        left_out = (left_out - design.last[c:, np.newaxis] if self.anchored else left_out) / unit
        searched = _searched(n, c, rng)
        parts = kernel.parts(inputs, inputs)
        inner, distances = ([part[np.ix_(searched, searched)] for part in block] for block in parts)
        trust = np.ones(n)
        logs = kernel.expected()
        for _ in range(2 if self.robust else 1):
            if self.logs is not None and len(self.logs) == len(logs):
                logs = np.array(self.logs)
            else:
                some = target[searched], trust[searched], blur[searched]
                logs = search(kernel, logs, (inner, distances), *some)
            noise = np.exp(logs[-1]) / trust
            solved = solve(kernel.matrix(logs, parts), target, noise + blur)
            weights, intercept, precision, residuals, variances = solved
            sums = precision.sum(axis=1)
            if n > c:  # the stand-ins must not have learnt from the curve that is left out either
                own = precision[:c, c:] - np.outer(sums[:c], sums[c:] / sums.sum())
                residuals[:c] += variances[:c] * np.einsum("jk,kj->j", own, left_out - target[c:, np.newaxis])
            used, trust = trust, _trust(residuals / np.sqrt(variances), c)
        residuals, variances = residuals[:c], variances[:c]
        spread = np.sqrt(np.maximum(variances - noise[:c], 0.0) + (noise * used)[:c])
        return Process(
            kernel, logs, warp, self.anchored, inputs, weights, intercept, precision, sums,
            float(np.exp(logs[-1])), unit, residuals * unit, spread * unit, target, left_out,
        )  # fmt: skip


def _searched(n: int, c: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """The curves on which hyperparameters are chosen, of n curves of which the first c are complete."""
    if n <= _SEARCHED_CURVES:
        return np.arange(n)
    if n == c:
        return np.sort(rng.permutation(n)[:_SEARCHED_CURVES])
    complete = min(c, max(_MEASURED_FIRST, _SEARCHED_CURVES - (n - c)))
    others = c + rng.permutation(n - c)[: _SEARCHED_CURVES - complete]
    return np.sort(np.concatenate((rng.permutation(c)[:complete], others)))


def _trust(z: Floats, c: int) -> Floats:
    """`[n]` weights of observations with standardised errors z under Student's t; about 1 for ordinary ones.

    Args:
        z: `[n]`.
        c: how many are of complete curves. These say what is ordinary, and the others weigh 1 at most.
    """
    typical = float(np.median(np.abs(z[:c]))) / 0.6745  # a Gaussian's median size
    z = z / (typical or 1.0)
    weights = (_T_DEGREES + 1.0) / (_T_DEGREES + z**2)
    weights[c:] = np.minimum(weights[c:], 1.0)
    return np.asarray(weights)
