"""Each regression recovers what it can represent, and its out-of-sample residuals are what refitting gives."""

import numpy as np
import pytest

from bandits.predictors.regression.regressors import OLS, Forest, Ridge, folds_of, root_mean_square
from bandits.predictors.regression.support_vectors import SVR
from tests.unit.predictors.problems import design_of, linear


def rng_of(seed=0):
    """A fresh generator."""
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("regressor", "worst"),
    [
        (OLS(), 1e-9),
        (Ridge(), 1e-3),
        (SVR("linear", draws=20, folds=3), 0.05),
        (SVR("rbf", draws=60, folds=3), 0.25),
        (Forest(draws=1, folds=3), 0.8),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, float) else "",
)
def test_recovers_a_linear_function(regressor, worst):
    """On a noiseless linear problem the error on new points is a small share of the targets' spread."""
    X, y = linear(60)
    new, truth = linear(50, seed=1)
    fitted = regressor.fit(design_of(X), y, rng_of())
    error = root_mean_square(fitted.predict(design_of(new)) - truth)

    assert error < worst * y.std()
    assert (60,) == fitted.residuals.shape
    assert np.isfinite(fitted.residuals).all()


def test_ols_leave_one_out_equals_refitting():
    """OLS residuals are those of n refits."""
    X, y = linear(20, noise=1.0)
    fitted = OLS().fit(design_of(X), y, rng_of())
    brute = []
    for i in range(20):
        keep = np.arange(20) != i
        A = np.column_stack((np.ones(19), X[keep]))
        brute.append(y[i] - np.r_[1.0, X[i]] @ np.linalg.lstsq(A, y[keep])[0])

    np.testing.assert_allclose(fitted.residuals, brute)


def test_ols_with_more_inputs_than_curves_refits():
    """Where OLS passes through every curve, its residuals still are those of n refits."""
    X, y = linear(8, p=20, noise=1.0)
    fitted = OLS().fit(design_of(X), y, rng_of())
    brute = []
    for i in range(8):
        keep = np.arange(8) != i
        brute.append(y[i] - OLS().fit(design_of(X[keep]), y[keep], rng_of()).predict(design_of(X[[i]]))[0])

    np.testing.assert_allclose(fitted.residuals, brute)
    np.testing.assert_allclose(fitted.predict(design_of(X)), y)


def ridge_brute_force(X, y, penalty):
    """Leave-one-out residuals of ridge regression with a free intercept, by n solutions of its normal equations."""
    residuals = []
    for i in range(len(y)):
        keep = np.arange(len(y)) != i
        A = np.column_stack((np.ones(keep.sum()), X[keep]))
        P = penalty * np.eye(A.shape[1])
        P[0, 0] = 0.0
        residuals.append(y[i] - np.r_[1.0, X[i]] @ np.linalg.solve(A.T @ A + P, A.T @ y[keep]))
    return np.array(residuals)


@pytest.mark.parametrize("p", [5, 40])
def test_ridge_leave_one_out_equals_refitting(p):
    """The closed-form residuals are those of n refits, and the penalty is the one with the smallest."""
    X, y = linear(20, p=p, noise=2.0)
    fitted = Ridge().fit(design_of(X), y, rng_of())
    by_penalty = [ridge_brute_force(X, y, 20 * penalty) for penalty in np.logspace(-6.0, 3.0, 28)]
    best = min(by_penalty, key=lambda residuals: (residuals**2).mean())

    np.testing.assert_allclose(fitted.residuals, best, rtol=1e-6)


def test_forest_residuals_are_out_of_bag():
    """Out-of-bag residuals are larger than the residuals on the training curves themselves."""
    X, y = linear(40, noise=1.0)
    fitted = Forest(draws=1, folds=3).fit(design_of(X), y, rng_of())

    assert root_mean_square(fitted.residuals) > 1.5 * root_mean_square(y - fitted.predict(design_of(X)))


def test_folds_partition_the_curves():
    """Folds hold every curve once, in sizes that differ by at most one, and no fold is empty."""
    folds = folds_of(11, 3, rng_of())

    assert list(range(11)) == sorted(np.concatenate(folds).tolist())
    assert [3, 4, 4] == sorted(len(fold) for fold in folds)
    assert [1, 1] == [len(fold) for fold in folds_of(2, 3, rng_of())]


def test_root_mean_square_survives_huge_values():
    """Squares that would overflow do not."""
    assert 2e200 == pytest.approx(root_mean_square(np.array([2e200, -2e200])))
    assert 0.0 == root_mean_square(np.zeros(3))
