"""Regressions that know their own error: fitting one gives predictions and out-of-sample residuals.

Rules of this file:

1. Inputs come standardised (`features.Design`), targets in whatever unit the caller likes. The paper's models
   see its inputs (`Design.paper`).
2. `Fitted.residuals` are errors on curves that the regression did not see, with hyperparameters and the
   scaling of the inputs held fixed: leave-one-out, unless a class says otherwise.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.forecasts import GAUSSIAN, ErrorShape
from bandits.predictors.features import Design

__all__ = [
    "OLS",
    "Fitted",
    "FittedWithErrors",
    "Forest",
    "Linear",
    "Regressor",
    "Ridge",
    "folds_of",
    "root_mean_square",
]

Floats = NDArray[np.float64]

_LAMBDAS = np.logspace(-6.0, 3.0, 28)  # ridge penalties per training curve
_SATURATED = 1e-8  # where a leverage is this close to 1, the closed form is not accurate


class Fitted(ABC):
    """A fitted regression.

    Attributes:
        residuals: `[n]` target minus out-of-sample prediction of each training curve, in target units.
        rows: `[n]` positions of these among the curves that were given; None for all of them.
    """

    residuals: Floats
    rows: NDArray[np.intp] | None = None

    @abstractmethod
    def predict(self, design: Design) -> Floats:
        """Inputs of m arms to `[m]` predictions."""

    def errors(self, design: Design) -> tuple[Floats, Sequence[ErrorShape]]:
        """How far off the predictions for m arms may be.

        Unless a class knows better: as far as the root mean square of `residuals`, and Gaussian, for every arm
        (Baker et al. 2017, section 3.3).

        Returns:
            `[m]` standard deviations in target units, and the shape of each arm's error.
        """
        m = len(design.static)
        return np.full(m, root_mean_square(self.residuals)), [GAUSSIAN] * m

    def own_errors(self) -> Floats:
        """`[n]` standard deviations that go with `residuals`: of each training curve's out-of-sample error."""
        return np.full(len(self.residuals), root_mean_square(self.residuals))

    def predict_with_error(self, design: Design) -> tuple[Floats, Floats, Sequence[ErrorShape]]:
        """Predictions and their errors at once; a class that shares work between the two overrides it."""
        return self.predict(design), *self.errors(design)


class FittedWithErrors(Fitted):
    """A fitted regression that computes predictions and their errors together."""

    def predict(self, design: Design) -> Floats:
        """See `Fitted.predict`."""
        return self.predict_with_error(design)[0]

    def errors(self, design: Design) -> tuple[Floats, Sequence[ErrorShape]]:
        """See `Fitted.errors`."""
        return self.predict_with_error(design)[1:]

    @abstractmethod
    def predict_with_error(self, design: Design) -> tuple[Floats, Floats, Sequence[ErrorShape]]:
        """See `Fitted.predict_with_error`."""


class Regressor(ABC):
    """Settings of a regression; holds no state."""

    @abstractmethod
    def fit(self, design: Design, y: Floats, rng: np.random.Generator) -> Fitted:
        """Fit to the inputs of n >= 2 curves, of which at least one varies.

        Args:
            design: inputs, standardised.
            y: `[n]` targets, not all equal.
            rng: consumed; the only source of randomness.
        """

    def with_hyperparameters_of(self, fitted: Fitted) -> Regressor:  # noqa: ARG002 - for regressions that search
        """The same regression with the hyperparameters of an earlier fit, which spares a search for them."""
        return self


def root_mean_square(values: Floats) -> float:
    """Root mean square, without overflow of the squares."""
    largest = float(np.abs(values).max())
    return largest * float(np.sqrt(((values / largest) ** 2).mean())) if largest > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Linear(Fitted):
    """A linear function of the columns of some blocks."""

    coefficients: Floats
    intercept: float
    residuals: Floats
    blocks: tuple[str, ...] = ("series", "static")

    def predict(self, design: Design) -> Floats:
        """See `Fitted.predict`."""
        return design.columns(*self.blocks) @ self.coefficients + self.intercept


@dataclass(frozen=True, slots=True)
class OLS(Regressor):
    """Ordinary least squares; of all solutions the smallest, where there are more inputs than curves.

    Leave-one-out residuals are exact: in closed form, and by refitting for the curves that the fit would
    otherwise pass through.
    """

    def fit(self, design: Design, y: Floats, rng: np.random.Generator) -> Linear:  # noqa: ARG002 - draws nothing
        """See `Regressor.fit`."""
        X = design.paper
        coefficients, intercept, leverage = self._solve(X, y)
        residuals = y - (X @ coefficients + intercept)
        free = 1.0 - leverage
        closed = free > _SATURATED
        residuals[closed] /= free[closed]
        for i in np.flatnonzero(~closed):
            others = np.arange(len(y)) != i
            b, a, _ = self._solve(X[others], y[others])
            residuals[i] = y[i] - (X[i] @ b + a)
        return Linear(coefficients, intercept, residuals)

    @staticmethod
    def _solve(X: Floats, y: Floats) -> tuple[Floats, float, Floats]:
        centre, middle = X.mean(axis=0), float(y.mean())
        U, s, Vt = np.linalg.svd(X - centre, full_matrices=False)
        used = s > 1e-10 * s[0] if s[0] > 0 else np.zeros(len(s), dtype=bool)  # TS columns depend on each other
        U, s, Vt = U[:, used], s[used], Vt[used]
        coefficients = ((U.T @ (y - middle)) / s) @ Vt
        return coefficients, float(middle - centre @ coefficients), (U**2).sum(axis=1) + 1.0 / len(y)


@dataclass(frozen=True, slots=True)
class Ridge(Regressor):
    """Ridge regression with a free intercept; leave-one-out error, in closed form, chooses the penalty.

    One singular value decomposition serves every penalty: O(n p min(n, p)).
    """

    def fit(self, design: Design, y: Floats, rng: np.random.Generator) -> Linear:  # noqa: ARG002 - draws nothing
        """See `Regressor.fit`."""
        X = design.paper
        n = len(y)
        centre, middle = X.mean(axis=0), float(y.mean())
        U, s, Vt = np.linalg.svd(X - centre, full_matrices=False)
        along = U.T @ (y - middle)
        shrink = s**2 / (s**2 + n * _LAMBDAS[:, None])  # [penalties, rank]
        misfit = (y - middle) - (shrink * along) @ U.T  # [penalties, n]
        free = 1.0 - 1.0 / n - shrink @ (U**2).T
        residuals = misfit / np.maximum(free, _SATURATED)
        chosen = int((residuals**2).mean(axis=1).argmin())
        coefficients = (shrink[chosen] * along / np.where(s > 0, s, 1.0)) @ Vt
        return Linear(coefficients, float(middle - centre @ coefficients), residuals[chosen])


@dataclass(frozen=True, slots=True)
class Trees(Fitted):
    """A fitted forest of scikit-learn."""

    forest: object
    residuals: Floats

    def predict(self, design: Design) -> Floats:
        """See `Fitted.predict`. NaN for inputs that single precision, in which trees compare, cannot hold."""
        X = design.paper
        usable = (np.abs(X) < np.finfo(np.float32).max).all(axis=1)
        predictions = np.full(len(X), np.nan)
        if usable.any():
            predictions[usable] = self.forest.predict(X[usable])  # type: ignore[attr-defined]
        return predictions


@dataclass(frozen=True, slots=True)
class Forest(Regressor):
    """Random forest with the random search of Baker et al. (2017): 10 to 800 trees, a share of .1 to .5 of the
    inputs tried at each split, the lowest cross-validated error wins.

    Residuals are out of bag: each curve is predicted by the trees that were grown without it (about 37 % of
    them), which costs no refit and errs on the large side.

    Args:
        draws: how many settings are tried.
        folds: folds of the cross-validation.
    """

    draws: int
    folds: int

    def fit(self, design: Design, y: Floats, rng: np.random.Generator) -> Trees:
        """See `Regressor.fit`."""
        X = design.paper
        settings = [(int(rng.integers(10, 801)), float(rng.uniform(0.1, 0.5))) for _ in range(self.draws)]
        if len(settings) > 1:
            held_out = folds_of(len(y), self.folds, rng)
            errors = []
            for trees, share in settings:
                squares = 0.0
                for test in held_out:
                    train = np.setdiff1d(np.arange(len(y)), test)
                    forest = self._grow(X[train], y[train], trees, share, rng)
                    squares += float(((y[test] - forest.predict(X[test])) ** 2).sum())
                errors.append(squares)
            settings = [settings[int(np.argmin(errors))]]
        forest = self._grow(X, y, *settings[0], rng)
        total, votes = np.zeros(len(y)), np.zeros(len(y))
        for tree, bag in zip(forest.estimators_, forest.estimators_samples_, strict=True):
            outside = np.setdiff1d(np.arange(len(y)), bag)
            if len(outside):
                total[outside] += tree.predict(X[outside])
                votes[outside] += 1
        others = (y.sum() - y) / (len(y) - 1)  # stands in for a curve that is in every bag
        return Trees(forest, y - np.where(votes > 0, total / np.maximum(votes, 1), others))

    @staticmethod
    def _grow(X: Floats, y: Floats, trees: int, share: float, rng: np.random.Generator):  # type: ignore[no-untyped-def]
        from sklearn.ensemble import RandomForestRegressor

        seed = int(rng.integers(2**31))
        return RandomForestRegressor(n_estimators=trees, max_features=share, random_state=seed, n_jobs=1).fit(X, y)


def folds_of(n: int, folds: int, rng: np.random.Generator) -> list[NDArray[np.intp]]:
    """Split positions 0 to n - 1 at random into at most `folds` held-out sets whose sizes differ by at most 1."""
    return np.array_split(rng.permutation(n), min(folds, n))
