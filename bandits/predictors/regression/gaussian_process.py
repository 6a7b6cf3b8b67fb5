"""Gaussian process regression in closed form, deaf to outliers: a fit inside a running search is cheap.

The kernel adds a linear function of each block of inputs to a local one (RBF) of both blocks together,

    k(a, b) = sum_j w_j <a_j, b_j> / p_j + w exp(-sum_j g_j |a_j - b_j|^2 / p_j) + noise [a = b],

where block j has p_j columns: however long a block is, it counts as one. The marginal likelihood with a weak prior
chooses every weight and width (Rasmussen and Williams 2006, section 5.4.1, and 2.7 for the free intercept). Unlike
the lowest cross-validated error it is no minimum over many noisy estimates, so 20 curves suffice, and
leave-one-out errors stay honest.

A few runs that collapse for no visible reason would inflate the noise and bend the function. So errors are taken for
Student's t: after a first fit, each curve's noise is scaled by its expected weight under it, and the fit is repeated.

Of a curve that stopped early, a forecast stands in for the target (`imputation`). What it says is blurred by its own
variance, which is added to the noise of that curve, with a factor, since the errors of such forecasts go together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.optimize import minimize

from bandits.predictors.features import Design
from bandits.predictors.regression.imputation import Imputed
from bandits.predictors.regression.regressors import Fitted, Regressor
from bandits.predictors.regression.warp import Warp

__all__ = ["AdditiveProcess", "Process", "block_of", "mean_squares"]

Floats = NDArray[np.float64]

_SEARCHED_CURVES = 200  # hyperparameters are chosen on at most so many curves, since each step costs O(n^3)
_MEASURED_FIRST = 100  # of them are complete, if there are so many
_STEPS = 40  # of the search
_ACCURACY = 1e-4  # of the log likelihood, relative, at which the search ends
_LOWEST, _HIGHEST = -14.0, 4.0  # logarithms of hyperparameters; the targets have variance 1
_PRIOR_WIDTH = 2.0  # of a logarithm: a factor of 7 either way is nothing unusual
_LINEAR, _LOCAL, _WIDTH, _NOISE = -2.0, -1.0, -1.5, -2.0  # what a logarithm is expected to be
_T_DEGREES = 4.0  # of freedom: tails heavy enough for a collapsed run, and a variance that exists
_JITTER = 1e-9
_BLUR = 2.0  # times the variance of a stand-in is added to the noise


_Parts = tuple[list[Floats], list[Floats]]
"""Inner products and squared distances of each block."""
_Block = tuple[Floats, Floats, Floats]
"""`[m, n]` inner products and `[m, n]` squared distances, both per column, and `[m]` mean squares of the left side."""


def mean_squares(inputs: Floats) -> Floats:
    """`[n]` means of the squares of `[n, p]` inputs."""
    return np.asarray(np.einsum("ij,ij->i", inputs, inputs) / inputs.shape[1])


def block_of(left: Floats, right: Floats, squares: Floats) -> _Block:
    """What a kernel may be made of, between `[m, p]` and `[n, p]` inputs, of which the latter have these squares."""
    inner = left @ right.T / left.shape[1]
    own = mean_squares(left)
    return inner, np.maximum(own[:, np.newaxis] + squares - 2.0 * inner, 0.0), own


def _block(left: Floats, right: Floats) -> _Block:
    """The same, where nothing is known of them."""
    return block_of(left, right, mean_squares(right))


def _total(arrays: list[Floats]) -> Floats:
    """The sum of arrays of one shape."""
    total = arrays[0].copy()
    for array in arrays[1:]:
        total += array
    return total


@dataclass(frozen=True, slots=True)
class _Kernel:
    """Which blocks there are, and the hyperparameters' order: linear weights, then (weight, widths) of the local part.

    Args:
        blocks: names of the blocks of a `Design`; each has a column or more.
        linear, local: which parts there are, one or both.
    """

    blocks: tuple[str, ...]
    linear: bool = True
    local: bool = True

    def expected(self) -> Floats:
        """Logarithms of the hyperparameters that the prior is centred at; the noise stands last."""
        linear = [_LINEAR] * len(self.blocks) if self.linear else []
        local = [_LOCAL, *[_WIDTH] * len(self.blocks)] if self.local else []
        return np.array([*linear, *local, _NOISE])

    def parts(self, left: Design, right: Design) -> _Parts:
        """What the kernel is made of between two designs."""
        return self.chosen([_block(getattr(left, block), getattr(right, block)) for block in self.blocks])

    def chosen(self, blocks: list[_Block]) -> _Parts:
        """Of inner products and squared distances, those that the kernel has a part for."""
        return [inner for inner, _, _ in blocks] if self.linear else [], (
            [distances for _, distances, _ in blocks] if self.local else []
        )

    def terms(self, logs: Floats, parts: _Parts) -> tuple[list[Floats], list[Floats]]:
        """What the kernel without noise is the sum of, `[m, n]` each: linear terms, then the local one; and the
        scaled distances that the local one is made of."""
        weights = np.exp(logs)
        inner, distances = parts
        terms = [weight * product for weight, product in zip(weights, inner, strict=False)]
        scaled = [g * distance for g, distance in zip(weights[len(inner) + 1 :], distances, strict=False)]
        if scaled:
            terms.append(weights[len(inner)] * np.exp(-_total(scaled)))
        return terms, scaled

    def matrix(self, logs: Floats, parts: _Parts) -> Floats:
        """`[m, n]` kernel without noise."""
        return _total(self.terms(logs, parts)[0])

    def variance(self, logs: Floats, arms: int, squares: list[Floats]) -> Floats:
        """`[arms]` diagonal of the kernel of arms with themselves, given the mean squares of each block."""
        weights = np.exp(logs)
        total = np.full(arms, weights[len(self.blocks) if self.linear else 0] if self.local else 0.0)
        for weight, square in zip(weights, squares if self.linear else [], strict=False):
            total += weight * square
        return total


@dataclass(frozen=True, slots=True)
class Process(Fitted):
    """A fitted Gaussian process to n curves, of which the first c are complete; everything in target units.

    Args:
        kernel, logs: the kernel and its hyperparameters.
        warp: of the inputs, or None.
        anchored: whether the last score is added to what the process says.
        design: `[n]` the inputs that it was fitted to, warped.
        weights: `[n]` of the kernel on each of them.
        intercept: the constant.
        precision: `[n, n]` inverse of kernel and noise.
        sums: `[n]` of its rows.
        noise: variance of a measurement.
        unit: target units of one standard deviation.
        residuals: `[c]` leave-one-out.
        spread: `[c]` leave-one-out standard deviation of a new curve with each curve's inputs, noise included.
        target: `[n]` what it was fitted to, in its unit, less the last score if anchored.
        left_out: `[n - c, c]` the same of the curves that are not complete, had each complete one been left out.
    """

    kernel: _Kernel
    logs: Floats
    warp: Warp | None
    anchored: bool
    design: Design
    weights: Floats
    intercept: float
    precision: Floats
    sums: Floats
    noise: float
    unit: float
    residuals: Floats
    spread: Floats
    target: Floats
    left_out: Floats

    def predict(self, design: Design) -> Floats:
        """See `Fitted.predict`."""
        return self.look(design)[0]

    def look(self, design: Design, seen: dict[tuple[bool, str], _Block] | None = None) -> tuple[Floats, Floats]:
        """Predictions for m arms and their standard deviations, noise included: `[m]` each.

        Args:
            design: of the arms.
            seen: what processes that were fitted to the same curves have computed of these arms; it is added to.
        """
        blocks = self._blocks(design, {} if seen is None else seen)
        cross = self.kernel.matrix(self.logs, self.kernel.chosen(blocks))
        mean = (cross @ self.weights + self.intercept) * self.unit
        free = 1.0 - cross @ self.sums
        variance = self.kernel.variance(self.logs, len(mean), [squares for _, _, squares in blocks])
        variance += self.noise + free**2 / self.sums.sum()
        variance -= np.einsum("ij,ij->i", cross @ self.precision, cross)
        std = self.unit * np.sqrt(np.maximum(variance, self.noise))
        return mean + design.last if self.anchored else mean, std

    def look_without(self, design: Design, seen: dict[tuple[bool, str], _Block] | None = None) -> tuple[Floats, Floats]:
        """What `look` gives, had each of c complete curves in turn not been learnt from: `[m, c]` each.

        A prediction is a weighted sum of the targets; without a curve it is what it would be if that curve's target
        were its own leave-one-out prediction.
        """
        seen = {} if seen is None else seen
        cross = self.kernel.matrix(self.logs, self.kernel.chosen(self._blocks(design, seen)))
        c, total = len(self.residuals), self.sums.sum()
        shares = cross @ self.precision + np.outer(1.0 - cross @ self.sums, self.sums / total)
        measured, others = shares[:, :c], shares[:, c:]
        mean = (measured @ self.target[:c])[:, np.newaxis] - measured * (self.residuals / self.unit)
        mean = (mean + others @ self.left_out) * self.unit
        gained = self.unit**2 * measured**2 / (np.diag(self.precision)[:c] - self.sums[:c] ** 2 / total)
        std = np.sqrt(self.look(design, seen)[1][:, np.newaxis] ** 2 + gained)
        return mean + design.last[:, np.newaxis] if self.anchored else mean, std

    def _blocks(self, design: Design, seen: dict[tuple[bool, str], _Block]) -> list[_Block]:
        """What the kernel is made of, block by block, between arms and training curves."""
        for block in self.kernel.blocks:
            key = (self.warp is not None, block)
            if key not in seen:
                arms = getattr(design, block) if self.warp is None else self.warp.bent(design, block)
                seen[key] = _block(arms, getattr(self.design, block))
        return [seen[self.warp is not None, block] for block in self.kernel.blocks]


@dataclass(frozen=True, slots=True)
class AdditiveProcess(Regressor):
    """Gaussian process with a linear and a local part, and errors with heavy tails.

    Args:
        linear: without it, the process returns to the mean of the targets (or to the last score, if anchored) where
            no training curve is near.
        warped: look at inputs through a `Warp`, so that what is far out is far out by its logarithm only.
        anchored: model the gain over the last score: an odd arm ends near where it is.
        blocks: names of the blocks of a `Design` that count as inputs; those without columns are left out.
        local: without it, the process is a linear regression.
        robust: take errors for Student's t; without it, they are Gaussian.
        logs: hyperparameters of an earlier fit, which are kept; None searches for them.
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
        kernel = _Kernel(blocks, self.linear, self.local)
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
                logs = _search(kernel, logs, (inner, distances), *some)
            noise = np.exp(logs[-1]) / trust
            solved = _solve(kernel.matrix(logs, parts), target, noise + blur)
            weights, intercept, precision, residuals, variances = solved
            sums = precision.sum(axis=1)
            if n > c:  # the stand-ins must not know the curve that is left out either
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
    """On which of n curves, the first c of them complete, hyperparameters are chosen."""
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
        c: how many are of complete curves; they say what is ordinary, and no others weigh more than that.
    """
    typical = float(np.median(np.abs(z[:c]))) / 0.6745  # of a Gaussian's
    z = z / (typical or 1.0)
    weights = (_T_DEGREES + 1.0) / (_T_DEGREES + z**2)
    weights[c:] = np.minimum(weights[c:], 1.0)
    return np.asarray(weights)


def _search(kernel: _Kernel, start: Floats, parts: _Parts, target: Floats, trust: Floats, blur: Floats) -> Floats:
    """Logarithms of the hyperparameters with the highest posterior density, from a start, by L-BFGS."""
    found = minimize(
        _loss,
        start,
        args=(kernel, parts, target, trust, blur),
        jac=True,
        method="L-BFGS-B",
        bounds=[(_LOWEST, _HIGHEST)] * len(start),
        options={"maxiter": _STEPS, "ftol": _ACCURACY},
    )
    return np.asarray(found.x)


def _loss(
    logs: Floats, kernel: _Kernel, parts: _Parts, target: Floats, trust: Floats, blur: Floats | float = 0.0
) -> tuple[float, Floats]:
    """Minus the log posterior of the hyperparameters (up to a constant), and its gradient; `blur` is noise that is
    known and not searched for."""
    terms, scaled = kernel.terms(logs, parts)
    matrix = _total(terms)
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
    """Inverse of kernel and noise, and half the logarithm of its determinant before."""
    n = len(noise)
    covariance = kernel.copy()
    covariance.flat[:: n + 1] += noise + _JITTER
    factor, _ = lapack.dpotrf(covariance, lower=1, clean=1)
    half = float(np.log(np.diag(factor)).sum())
    lower, _ = lapack.dpotri(factor, lower=1, overwrite_c=1)
    inverse = lower + lower.T
    inverse.flat[:: n + 1] /= 2.0
    return np.asarray(inverse, dtype=np.float64), half


def _solve(kernel: Floats, target: Floats, noise: Floats) -> tuple[Floats, float, Floats, Floats, Floats]:
    """Weights, intercept, precision, and exact leave-one-out residuals and variances for one kernel and noise.

    With A the kernel and its noise, and P = A^-1 - A^-1 1 1' A^-1 / (1' A^-1 1), the weights are P t; left out, a
    curve is missed by (P t)_i / P_ii, with variance 1 / P_ii (Rasmussen and Williams 2006, eq. 5.12, with the
    intercept free).
    """
    precision, _ = _inverse(kernel, noise)
    ones = precision.sum(axis=1)
    total = float(ones.sum())
    intercept = float(ones @ target) / total
    weights: Floats = precision @ (target - intercept)
    own: Floats = np.diag(precision) - ones**2 / total
    return weights, intercept, precision, weights / own, 1.0 / own
