"""nu support vector regression: the default of Baker et al. (2017), with its random search.

A thousand settings, three folds and n refits cost half a second at 100 curves, for three reasons: kernels are made from
distances that are computed once; a stack of small problems is solved together (`nu_svr`); and a setting is dropped as
soon as it can no longer win (`race`). None of them changes which setting wins.

Without the race the search takes 5 to 6 times as long with an RBF kernel, and 1.5 to 1.7 times with a linear one
(`python -m benchmarks.prediction_cost.own_code`); scikit-learn's search takes 22 to 40 times as long as this one, with
R2 no worse (`python -m benchmarks.prediction_cost`). 100 curves, 1000 settings, 3 tables, 3 splits each.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from bandits.predictors.features import Design
from bandits.predictors.regression.nu_svr import interior_point
from bandits.predictors.regression.regressors import Fitted, Regressor, folds_of

__all__ = ["SVR", "Machine", "held_out", "race", "solve"]

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]

_SMALL = 150  # curves up to which a stack of interior points is faster than LIBSVM, one by one
_PATIENCE = 10  # iterations per curve after which LIBSVM counts as too slow
_NUMBERS = 400_000  # in a stack of kernels: few enough for the processor's cache
_CHUNK = 32  # settings that race together
_REFITS = 200  # the most refits for leave-one-out residuals
_THIN = 0.45  # rank per curve up to which the root of a linear kernel saves time
_ROUNDING = 1e-10  # share of the largest eigenvalue below which one is taken for 0
_ROUGH = 1e-5  # gap during the search


@dataclass(frozen=True, slots=True)
class Machine(Fitted):
    """A fitted nu-SVR: a kernel expansion over its support vectors, evaluated without scikit-learn's overhead.

    Args:
        support: `[k, p]` inputs of the support vectors; with a linear kernel, their weighted sum alone.
        weights: `[k]`.
        intercept: in target units.
        settings: C, nu and gamma, of which a linear kernel has no gamma: None.
        residuals: see `Fitted`.
    """

    support: Floats
    weights: Floats
    intercept: float
    settings: tuple[float, float, float | None]
    residuals: Floats

    def predict(self, design: Design) -> Floats:
        """See `Fitted.predict`."""
        X, gamma = design.paper, self.settings[2]
        kernel = X @ self.support.T if gamma is None else _rbf(gamma, cdist(X, self.support, "sqeuclidean"))
        return np.asarray(kernel @ self.weights + self.intercept)


def solve(
    K: Floats, y: Floats, C: Floats, nu: Floats, gap: float = 1e-7, root: Floats | None = None
) -> tuple[Floats, Floats]:
    """Fit nu-SVR b times.

    Args:
        K: `[b, n, n]` kernel matrices; a broadcast view will do.
        y: `[b, n]` standardised targets.
        C: `[b]`, > 0.
        nu: `[b]`, in (0, 1].
        gap, root: see `interior_point`.

    Returns:
        Dual weights `[b, n]` and intercepts `[b]`. Where there are many curves and no root, LIBSVM is
        tried first: its cost grows with n^2, the interior point's with n^3. The interior point solves the problems for
        which LIBSVM is too slow, as it is where C is large.
    """
    count, n = y.shape
    if n <= _SMALL or root is not None:
        return interior_point(K, y, C, nu, gap, root)
    from sklearn import config_context
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import NuSVR

    weights, intercepts = np.zeros((count, n)), np.zeros(count)
    crawled = []
    with config_context(assume_finite=True, skip_parameter_validation=True), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for i in range(count):
            svr = NuSVR(kernel="precomputed", C=float(C[i]), nu=float(nu[i]), max_iter=_PATIENCE * n)
            svr.random_state = 0  # of no effect here, but without it `fit` draws from NumPy's global generator
            svr.fit(K[i], y[i])
            weights[i, svr.support_], intercepts[i] = svr.dual_coef_[0], svr.intercept_[0]
            if svr.fit_status_ != 0:
                crawled.append(i)
    if crawled:
        weights[crawled], intercepts[crawled] = interior_point(
            K[crawled], y[crawled], C[crawled], nu[crawled], gap, root
        )
    return weights, intercepts


def held_out(
    K: Floats, y: Floats, C: float, nu: float, folds: Sequence[Positions], root: Floats | None = None
) -> Floats:
    """Predict each held-out set from all other curves: `[n]` predictions, in the order of `y`.

    With a `root` `[n, r]` of K, sets are taken one by one, which is faster where there are many curves.
    """
    n = len(y)
    predictions = np.empty(n)
    for size in sorted({len(fold) for fold in folds}):
        tests = np.stack([fold for fold in folds if len(fold) == size])
        for chunk in _chunks(np.arange(len(tests)), (n - size) ** 2 if root is None else _NUMBERS):
            test = tests[chunk]
            train = np.stack([np.setdiff1d(np.arange(n), fold) for fold in test])
            among, across = K[train[:, :, None], train[:, None, :]], K[test[:, :, None], train[:, None, :]]
            settings = np.full(len(test), C), np.full(len(test), nu)
            weights, intercepts = solve(among, y[train], *settings, root=None if root is None else root[train[0]])
            predictions[test] = (across @ weights[:, :, None])[:, :, 0] + intercepts[:, None]
    return predictions


def race(least: Floats, measure: Callable[[Positions, int], Floats]) -> int:
    """Find the setting whose errors have the smallest sum, without measuring those that cannot win.

    Errors are >= 0 and sums only grow, so a setting is out as soon as its known errors exceed the best sum. A few
    settings are measured on all folds first, and the others are compared with these. Then all are measured on the
    first fold. The rest follow, the most promising first.

    Args:
        least: `[settings, folds]` a lower bound of each error, >= 0.
        measure: errors of some settings (their positions) on one fold; inf or NaN where there is none.

    Returns:
        The position of the smallest sum; of equals the first. The same as if all had been measured.
    """
    settings, folds = least.shape
    known = least.copy()
    measured = np.zeros(settings, dtype=np.intp)  # on how many folds each setting was measured
    order = np.arange(folds)

    def sums() -> tuple[Floats, float]:
        """A lower bound of each sum, and the best complete sum."""
        totals = known.sum(axis=1)
        return totals, float(totals[measured == folds].min(initial=np.inf))

    def go(runners: Positions, last: int) -> None:
        """Measure settings, while they are in the race, up to the `last` fold of the order."""
        for place, fold in enumerate(order[:last].tolist()):
            totals, best = sums()
            going = runners[(measured[runners] == place) & (totals[runners] <= best)]
            if len(going):
                errors = measure(going, fold)
                known[going, fold] = np.where(np.isfinite(errors), errors, np.inf)
                measured[going] = place + 1

    first = np.arange(min(_CHUNK, settings))
    go(first, folds)
    order = np.argsort(-known[first].min(axis=0), kind="stable")  # the hardest fold comes first: it tells most
    go(np.arange(settings), 1)
    while True:
        totals, best = sums()
        waiting = np.flatnonzero((measured < folds) & (totals <= best))
        if len(waiting) == 0:
            return int(np.where(measured == folds, totals, np.inf).argmin())
        go(waiting[np.argsort(totals[waiting], kind="stable")][:_CHUNK], folds)


@dataclass(frozen=True, slots=True)
class SVR(Regressor):
    """nu-SVR with the random search of Baker et al. (2017): C and gamma log-uniform in [1e-5, 10], nu uniform in
    (0, 1]; the lowest cross-validated squared error wins, then all curves are used.

    Residuals are leave-one-out, by n refits. Of more than 200 curves, one 200th of them is left out at a time.

    Args:
        kernel: "rbf" or "linear".
        draws: how many settings are tried (1000 in the paper).
        folds: folds of the cross-validation (3 in the paper).
        settings: C, nu and gamma to use instead of a search.
    """

    kernel: Literal["rbf", "linear"]
    draws: int
    folds: int
    settings: tuple[float, float, float | None] | None = None

    def fit(self, design: Design, y: Floats, rng: np.random.Generator) -> Fitted:
        """See `Regressor.fit`."""
        X = design.paper
        n = len(y)
        centre, unit = float(y.mean()), float(y.std()) or 1.0
        target = (y - centre) / unit
        base = cdist(X, X, "sqeuclidean") if self.kernel == "rbf" else X @ X.T
        root = _root(base) if self.kernel == "linear" else None
        C, nu, gamma = self.settings or self._chosen(base, root, target, rng)
        K = base if gamma is None else _rbf(gamma, base)
        alone = np.array_split(np.arange(n), min(n, _REFITS))
        residuals = (target - held_out(K, target, C, nu, alone, root if n > _SMALL else None)) * unit
        stack, intercepts = solve(K[None], target[None], np.array([C]), np.array([nu]), root=root)
        weights, intercept = stack[0] * unit, float(intercepts[0]) * unit + centre
        support = X[weights != 0]
        weights = weights[weights != 0]
        if gamma is None:
            support, weights = (weights @ support)[None], np.ones(1)
        return Machine(support, weights, intercept, (C, nu, gamma), residuals)

    def with_hyperparameters_of(self, fitted: Fitted) -> Regressor:
        """See `Regressor.with_hyperparameters_of`."""
        return replace(self, settings=fitted.settings) if isinstance(fitted, Machine) else self

    def _chosen(
        self, base: Floats, root: Floats | None, y: Floats, rng: np.random.Generator
    ) -> tuple[float, float, float | None]:
        """The best C, nu and gamma, by cross-validation.

        Args:
            base: `[n, n]` squared distances or inner products.
            root: `[n, r]` of the inner products, if r is small.
            y: `[n]` standardised targets.
            rng: consumed.
        """
        folds = folds_of(len(y), self.folds, rng)
        settings = np.empty((self.draws, 3))
        for row in settings:
            row[:] = 10.0 ** rng.uniform(-5.0, 1.0), 10.0 ** rng.uniform(-5.0, 1.0), 1.0 - rng.random()
        C, gamma, nu = settings.T
        if self.draws == 1:
            return self._setting(C[0], nu[0], gamma[0])
        trains = [np.setdiff1d(np.arange(len(y)), test) for test in folds]

        def kernels(chosen: Positions, rows: Positions, columns: Positions) -> Floats:
            """`[m, rows, columns]`, a kernel for each setting chosen."""
            block = base[np.ix_(rows, columns)]
            if self.kernel == "rbf":
                return _rbf(gamma[chosen, None, None], block)
            return np.broadcast_to(block, (len(chosen), *block.shape))

        def measure(chosen: Positions, fold: int) -> Floats:
            """`[m]` sums of squared errors."""
            test, train = folds[fold], trains[fold]
            errors = []
            thin = None if root is None else root[train]
            for part in _chunks(chosen, len(train) * len(train if root is None else root.T)):
                targets = np.broadcast_to(y[train], (len(part), len(train)))
                weights, intercepts = solve(kernels(part, train, train), targets, C[part], nu[part], _ROUGH, thin)
                predictions = (kernels(part, test, train) @ weights[:, :, None])[:, :, 0] + intercepts[:, None]
                errors.append(((y[test] - predictions) ** 2).sum(axis=1))
            return np.concatenate(errors)

        def least(fold: int) -> Floats:
            """`[draws]` lower bounds of each setting's squared errors.

            The weights sum to 0, and the positive ones to at most C nu n / 2, so a prediction differs from the
            intercept by no more than that times the range of the kernel. With a small C, it is nearly constant.
            """
            test, train = folds[fold], trains[fold]
            block = base[np.ix_(test, train)]
            low, high = block.min(axis=1), block.max(axis=1)
            ranges = high - low
            if self.kernel == "rbf":
                ranges = _rbf(gamma[:, None], low) - _rbf(gamma[:, None], high)
            reach = C * nu * len(train) / 2.0 * np.sqrt((np.broadcast_to(ranges, (self.draws, len(test))) ** 2).sum(1))
            spread = np.sqrt(((y[test] - y[test].mean()) ** 2).sum())
            return np.asarray(np.maximum(spread - reach, 0.0) ** 2)

        winner = race(np.stack([least(fold) for fold in range(len(folds))], axis=1), measure)
        return self._setting(C[winner], nu[winner], gamma[winner])

    def _setting(self, C: float, nu: float, gamma: float) -> tuple[float, float, float | None]:
        return float(C), float(nu), float(gamma) if self.kernel == "rbf" else None


def _chunks(positions: Positions, numbers: int) -> Iterator[Positions]:
    """Positions in pieces whose stacks of `numbers` numbers each are not large."""
    size = max(1, _NUMBERS // max(1, numbers))
    for first in range(0, len(positions), size):
        yield positions[first : first + size]


def _rbf(gamma: Floats | float, squared: Floats) -> Floats:
    """The kernel exp(-gamma d^2), cut off far below rounding error: numbers near 1e-308 are slow to compute with."""
    return np.asarray(np.exp(np.maximum(-gamma * squared, -50.0)))


def _root(K: Floats) -> Floats | None:
    """`[n, r]` with root root' = K, for `[n, n]` inner products of a rank r that is small enough to save time."""
    values, vectors = np.linalg.eigh(K)
    kept = values > _ROUNDING * values[-1]
    return np.asarray(vectors[:, kept] * np.sqrt(values[kept])) if kept.sum() <= _THIN * len(K) else None
