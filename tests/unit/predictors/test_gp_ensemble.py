"""The default regression: a median of processes, kept in range, with an error model."""

import numpy as np
import pytest

from bandits.predictors.features import Design
from bandits.predictors.regression.gp_ensemble import CURVE_ALONE, WHOLE, GPEnsemble
from bandits.predictors.regression.regressors import Ridge, root_mean_square
from tests.unit.predictors.problems import design_of, linear


def fit(X, y, *groups):
    """The ensemble of some groups of members, or of all."""
    return GPEnsemble(groups or (WHOLE, CURVE_ALONE)).fit(design_of(X), y, np.random.default_rng(0))


def test_recovers_a_linear_function():
    """On a noiseless linear problem the error on new points is a small share of the targets' spread."""
    X, y = linear(60)
    new, truth = linear(50, seed=1)

    assert root_mean_square(fit(X, y).predict(design_of(new)) - truth) < 0.05 * y.std()


def test_a_group_forecasts_the_median_of_its_members():
    """An extreme forecast stands only if most members make it."""
    X, y = linear(40, noise=1.0)
    fitted = GPEnsemble((WHOLE,), to_last_value=False).fit(design_of(X), y, np.random.default_rng(0))
    new = design_of(linear(20, seed=1)[0])
    (members,) = fitted.groups

    np.testing.assert_allclose(fitted.predict(new), np.median([member.predict(new) for member in members], axis=0))
    np.testing.assert_allclose(fitted.residuals, y - np.median([y - member.residuals for member in members], axis=0))


def test_configurations_unlike_any_seen_count_little():
    """Where the curve says enough, an arm with a feature far outside the training range is forecast from its curve."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((80, 5))
    y = X[:, 0] + 0.5 * X[:, 1] + 0.3 * np.sin(2 * X[:, 3]) + 0.1 * rng.standard_normal(80)
    new = rng.standard_normal((50, 5))
    curve = new[:, 0] + 0.5 * new[:, 1]
    new[:, 3] = 15.0
    errors = [root_mean_square(fit(X, y, *groups).predict(design_of(new)) - curve) for groups in [(WHOLE,), ()]]

    assert errors[1] < 0.5
    assert errors[1] < errors[0]


def test_without_features_or_without_a_curve_there_is_one_group():
    """Views of the curve alone add nothing where there is nothing else, and know nothing where there is no curve."""
    X, y = linear(30, noise=1.0)
    nothing = np.zeros((30, 0))
    for design in (Design(X, X, nothing, X[:, 0]), Design(nothing, nothing, X, np.zeros(30))):
        assert 1 == len(GPEnsemble().fit(design, y, np.random.default_rng(0)).groups)


def test_an_arm_on_which_the_views_disagree_is_less_certain():
    """Far from the training curves, where members differ, the error is much larger."""
    X, y = linear(60, noise=0.5)
    fitted = fit(X, y)
    near, far = (fitted.errors(design_of(size * X))[0].mean() for size in (1.0, 20.0))

    assert far > 3 * near


def test_stays_near_the_training_targets():
    """No forecast lies further beyond the training targets than three times their reach from their median."""
    X, y = linear(40)
    predictions = fit(X, y).predict(design_of(1000.0 * linear(200, seed=1)[0]))

    assert predictions.max() <= (4 * y.max() - 3 * np.median(y)) * (1 + 1e-9)
    assert predictions.min() >= (4 * y.min() - 3 * np.median(y)) * (1 + 1e-9)


def test_uses_no_more_curves_than_it_needs():
    """Beyond 500 curves the cost of a fit stops growing."""
    X, y = linear(520, noise=1.0)

    assert 500 == len(fit(X, y, WHOLE[:1]).residuals)


def test_predictions_and_errors_at_once_are_the_same():
    """`predict_with_error` answers as `predict` and `errors` do."""
    X, y = linear(30, noise=1.0)
    fitted, new = fit(X, y), design_of(linear(9, seed=1)[0])
    means, stds, shapes = fitted.predict_with_error(new)

    np.testing.assert_array_equal(means, fitted.predict(new))
    np.testing.assert_array_equal(stds, fitted.errors(new)[0])
    assert list(shapes) == list(fitted.errors(new)[1])


def test_a_refit_ensemble_keeps_the_hyperparameters_of_every_member():
    """Refitting after one more curve searches for nothing; a fit of another kind settles nothing."""
    X, y = linear(40, noise=1.0)
    first = fit(X[:39], y[:39])
    again = GPEnsemble().with_hyperparameters_of(first).fit(design_of(X), y, np.random.default_rng(1))

    for earlier, later in zip(first.groups, again.groups, strict=True):
        assert [member.logs.tolist() for member in earlier] == [member.logs.tolist() for member in later]
    assert GPEnsemble().with_hyperparameters_of(Ridge().fit(design_of(X), y, np.random.default_rng(0))) == GPEnsemble()


@pytest.mark.parametrize("n", [2, 3, 5])
def test_very_few_curves_give_finite_answers(n):
    """Two curves are enough for numbers, if not for knowledge."""
    X, y = linear(n, noise=1.0)
    means, stds, _ = fit(X, y).predict_with_error(design_of(linear(9, seed=1)[0]))

    assert np.isfinite(means).all()
    assert (stds > 0).all()
