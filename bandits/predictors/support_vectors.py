"""nu support vector regression: the default of Baker et al. (2017), with its random search.

Kernels are computed once per width, and every fold, refit and held-out prediction reads from them, so a
fit costs little more than the solver itself (LIBSVM, through scikit-learn).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bandits.predictors.features import Design
from bandits.predictors.regressors import Fitted, Linear, Regressor, folds_of, squared_distances

__all__ = ["SVR", "Expansion"]

Floats = NDArray[np.float64]

_MAX_ITERATIONS = 20_000  # a linear kernel with a large C would otherwise crawl for minutes


@dataclass(frozen=True, slots=True)
class Expansion(Fitted):
    """An RBF kernel expansion over the support vectors; evaluated without scikit-learn's overhead."""

    support: Floats
    weights: Floats
    intercept: float
    gamma: float
    residuals: Floats

    def predict(self, design: Design) -> Floats:
        """See `Fitted.predict`."""
        kernel = np.exp(-self.gamma * squared_distances(design.paper, self.support))
        return np.asarray(kernel @ self.weights + self.intercept)


def solve(K: Floats, y: Floats, C: float, nu: float) -> tuple[Floats, float]:
    """Fit nu-SVR to a kernel matrix `[n, n]` and standardised targets `[n]`: dual weights `[n]` and intercept."""
    from sklearn import config_context
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import NuSVR

    with config_context(assume_finite=True, skip_parameter_validation=True), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        svr = NuSVR(kernel="precomputed", C=C, nu=nu, max_iter=_MAX_ITERATIONS)
        svr.random_state = 0  # of no effect here, but without it `fit` draws from NumPy's global generator
        svr.fit(K, y)
    weights = np.zeros(len(y))
    weights[svr.support_] = svr.dual_coef_[0]
    return weights, float(svr.intercept_[0])


def held_out(K: Floats, y: Floats, C: float, nu: float, folds: Iterable[NDArray[np.intp]]) -> Floats:
    """Predict each held-out set from all other curves: `[n]` predictions, in the order of `y`."""
    predictions = np.empty(len(y))
    for test in folds:
        train = np.ones(len(y), dtype=bool)
        train[test] = False
        weights, intercept = solve(K[np.ix_(train, train)], y[train], C, nu)
        predictions[test] = K[test][:, train] @ weights + intercept
    return predictions


@dataclass(frozen=True, slots=True)
class SVR(Regressor):
    """nu-SVR with the random search of Baker et al. (2017): C and gamma log-uniform in [1e-5, 10], nu uniform in
    (0, 1]; the lowest cross-validated squared error wins, then all curves are used.

    Residuals are leave-one-out, by n refits.

    Args:
        kernel: "rbf" or "linear".
        draws: how many settings are tried (1000 in the paper).
        folds: folds of the cross-validation (3 in the paper).
    """

    kernel: Literal["rbf", "linear"]
    draws: int
    folds: int

    def fit(self, design: Design, y: Floats, rng: np.random.Generator) -> Fitted:
        """See `Regressor.fit`."""
        X = design.paper
        n = len(y)
        centre, unit = float(y.mean()), float(y.std()) or 1.0
        target = (y - centre) / unit
        base = squared_distances(X, X) if self.kernel == "rbf" else X @ X.T
        folds = folds_of(n, self.folds, rng)
        best = (np.inf, 1.0, 0.5, 0.1)
        for _ in range(self.draws):
            C, gamma = 10.0 ** rng.uniform(-5.0, 1.0), 10.0 ** rng.uniform(-5.0, 1.0)
            nu = 1.0 - rng.random()
            K = np.exp(-gamma * base) if self.kernel == "rbf" else base
            error = float(((target - held_out(K, target, C, nu, folds)) ** 2).mean())
            best = min(best, (error, C, nu, gamma))
        _, C, nu, gamma = best
        K = np.exp(-gamma * base) if self.kernel == "rbf" else base
        alone = [np.array([i]) for i in range(n)]
        residuals = (target - held_out(K, target, C, nu, alone)) * unit
        weights, intercept = solve(K, target, C, nu)
        intercept = intercept * unit + centre
        if self.kernel == "linear":
            return Linear((weights @ X) * unit, intercept, residuals)
        used = weights != 0
        return Expansion(X[used], weights[used] * unit, intercept, gamma, residuals)
