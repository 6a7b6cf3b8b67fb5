"""Gaussian processes: exact leave-one-out errors, gradients, blocks that count equally, and outliers that do not."""

import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.spatial.distance import cdist

from bandits.predictors.features import Design
from bandits.predictors.regression import marginal_likelihood
from bandits.predictors.regression.gaussian_process import AdditiveProcess
from bandits.predictors.regression.kernel import Kernel
from bandits.predictors.regression.regressors import root_mean_square
from tests.unit.predictors.problems import design_of, linear


def fit(process, X, y):
    """A process fitted to a problem."""
    return process.fit(design_of(X), y, np.random.default_rng(0))


KINDS = [
    AdditiveProcess(),
    AdditiveProcess(anchored=False),
    AdditiveProcess(warped=True),
    AdditiveProcess(warped=True, anchored=False, linear=False),
]


def test_leave_one_out_equals_refitting():
    """The closed-form residuals are those of n refits, intercept included."""
    X, y = linear(15, noise=1.0)
    K, noise = np.exp(-0.1 * cdist(X, X, "sqeuclidean")), np.linspace(0.1, 0.5, 15)
    *_, residuals, _ = marginal_likelihood.solve(K, y, noise)
    brute = []
    for i in range(15):
        keep = np.arange(15) != i
        weights, intercept, *_ = marginal_likelihood.solve(K[np.ix_(keep, keep)], y[keep], noise[keep])
        brute.append(y[i] - (K[i, keep] @ weights + intercept))

    np.testing.assert_allclose(residuals, brute)


@pytest.mark.parametrize(("with_linear", "local"), [(True, True), (False, True), (True, False)])
def test_the_gradient_is_that_of_the_loss(with_linear, local):
    """The search follows the slope of what it minimises."""
    X, y = linear(20, noise=1.0)
    kernel = Kernel(("summary", "static"), with_linear, local)
    arguments = (kernel, kernel.parts(design_of(X), design_of(X)), y / y.std(), np.linspace(0.5, 1.2, 20))
    start = kernel.expected() + 0.3

    def loss(logs):
        return marginal_likelihood.loss(logs, *arguments)[0]

    def slope(logs):
        return marginal_likelihood.loss(logs, *arguments)[1]

    assert check_grad(loss, slope, start) < 1e-4 * np.abs(loss(start))


@pytest.mark.parametrize("process", KINDS[:2])
def test_recovers_a_linear_function_far_beyond_the_data(process):
    """The linear part goes on where no training curve is."""
    X, y = linear(60)
    far, truth = linear(50, seed=1)
    far, truth = 3 * far, 3.0 + 3 * (truth - 3.0)

    assert root_mean_square(fit(process, X, y).predict(design_of(far)) - truth) < 0.05 * truth.std()


def test_a_local_process_returns_to_the_mean():
    """Without a linear part, an arm far from all others is forecast near the middle of the targets."""
    X = np.random.default_rng(0).standard_normal((60, 5))
    y = np.cos(2 * X[:, 0]) + 0.1 * X[:, 1]
    fitted = fit(AdditiveProcess(anchored=False, linear=False, warped=True), X, y)

    assert np.abs(fitted.predict(design_of(1e6 * X)) - y.mean()).max() < 2 * y.std()


def test_an_anchored_process_leaves_an_odd_arm_where_it_is():
    """With inputs that are warped, a last score far out is carried over, gain or no gain."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((50, 5))
    y = X[:, 0] + 0.1 * X[:, 1]
    odd = design_of(np.array([[100.0, 0.0, 0.0, 0.0, 0.0]]))

    assert abs(fit(AdditiveProcess(warped=True), X, y).predict(odd)[0] - 100.0) < 5.0


def test_blocks_count_equally_however_long_they_are():
    """Repeating the columns of one block changes nothing."""
    X, y = linear(25, noise=1.0)
    design = design_of(X)
    repeated = Design(design.series, np.tile(design.summary, 50), design.static, design.last)
    first, second = (AdditiveProcess().fit(d, y, np.random.default_rng(0)) for d in (design, repeated))

    np.testing.assert_allclose(first.residuals, second.residuals, rtol=1e-6)


def test_a_collapsed_run_hardly_bends_the_function():
    """One target that is far off for no visible reason moves the forecasts of others by less than their noise."""
    X, y = linear(60, noise=0.5)
    collapsed = y.copy()
    collapsed[7] -= 100.0
    new, _ = linear(50, seed=1)
    before, after = (fit(AdditiveProcess(), X, target).predict(design_of(new)) for target in (y, collapsed))

    assert np.abs(before - after).mean() < 0.5


@pytest.mark.parametrize("process", KINDS)
def test_standard_deviations_match_errors_and_grow_with_distance(process):
    """Standardised errors of new arms have about unit size; far away the process is less sure."""
    X, y = linear(100, noise=1.0)
    new, truth = linear(300, noise=1.0, seed=1)
    fitted = fit(process, X, y)
    means, stds = fitted.posterior(design_of(new))

    assert 0.8 < root_mean_square((truth - means) / stds) < 1.4
    assert fitted.posterior(design_of(10 * new))[1].mean() > 1.5 * stds.mean()
    assert 0.8 < root_mean_square(fitted.residuals / fitted.spread) < 1.3


def test_hyperparameters_of_an_earlier_fit_are_kept():
    """With those of an earlier fit, nothing is searched for; of another number of blocks, they are not used."""
    X, y = linear(40, noise=1.0)
    first = fit(AdditiveProcess(), X, y)
    again = fit(AdditiveProcess(logs=tuple(first.logs.tolist())), X[:39], y[:39])
    other = fit(AdditiveProcess(logs=(0.0,)), X, y)

    assert first.logs.tolist() == again.logs.tolist()
    assert first.logs.tolist() == other.logs.tolist()


def test_widths_are_searched_on_a_part_of_many_curves():
    """Beyond 200 curves the search sees 200 of them, drawn with the given generator; all are used for the fit."""
    X, y = linear(260, noise=1.0)
    fitted = fit(AdditiveProcess(), X, y)

    assert (260,) == fitted.weights.shape
    assert fitted.logs.tolist() == fit(AdditiveProcess(), X, y).logs.tolist()


def test_blocks_without_columns_are_left_out():
    """Where only the series varies, it is what the process sees."""
    X, y = linear(30)
    nothing = np.zeros((30, 0))
    design = Design(X, nothing, nothing, X[:, 0])
    fitted = AdditiveProcess(anchored=False).fit(design, y, np.random.default_rng(0))

    assert root_mean_square(fitted.predict(design) - y) < 0.1 * y.std()
