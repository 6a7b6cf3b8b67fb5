"""Errors of forecasts: their width by rank, their shape, their tails."""

import numpy as np
import pytest
from scipy.special import ndtr

from bandits.forecasts import Forecast
from bandits.predictors.regression.error_model import ErrorModel, shape_of


def covered(model, predictions, stds, errors, level):
    """Share of errors inside the central interval of a level."""
    found, shapes = model.errors(predictions, stds)
    below = [
        Forecast(0.0, std, 1, shape=shape).prob_at_most(e) for std, shape, e in zip(found, shapes, errors, strict=True)
    ]
    return np.mean(np.abs(np.array(below) - 0.5) <= level / 2)


def draws(kind, n, seed):
    """Forecasts, standard deviations of a regression, and errors of a kind."""
    rng = np.random.default_rng(seed)
    predictions, stds = rng.uniform(size=n), np.exp(0.3 * rng.standard_normal(n))
    noise = {
        "gaussian": lambda: rng.standard_normal(n),
        "heavy": lambda: rng.standard_t(3, n),
        "leaning": lambda: 1.0 - rng.exponential(size=n),
        "by rank": lambda: rng.standard_normal(n) * np.where(predictions > 0.7, 0.3, 1.5),
    }[kind]()
    return predictions, stds, 0.2 * stds * noise


@pytest.mark.parametrize("kind", ["gaussian", "heavy", "leaning", "by rank"])
@pytest.mark.parametrize("n", [20, 100, 400])
def test_intervals_hold_what_they_promise(kind, n):
    """Whatever the errors look like, the coverage of new ones is near nominal, on average over 20 training sets."""
    for level in (0.5, 0.8, 0.95, 0.99):
        shares = []
        for seed in range(20):
            model = ErrorModel.learn(*draws(kind, n, seed))
            shares.append(covered(model, *draws(kind, 100, 1000 + seed), level))

        assert abs(np.mean(shares) - level) < 0.06, level


def test_width_follows_the_rank_of_a_forecast():
    """Where forecasts of a high rank are five times as exact, their errors are told smaller."""
    model = ErrorModel.learn(*draws("by rank", 200, 0))
    low, high = model.errors(np.array([0.2, 0.95]), np.ones(2))[0]

    assert low > 2 * high


def test_one_collapsed_run_does_not_set_the_width():
    """An error a hundred times the others leaves the central half almost as it was."""
    predictions, stds, errors = draws("gaussian", 100, 0)
    wild = errors.copy()
    wild[5] = -20.0
    plain, collapsed = (ErrorModel.learn(predictions, stds, e) for e in (errors, wild))
    ask = np.linspace(0.1, 0.9, 9), np.ones(9)

    np.testing.assert_allclose(collapsed.errors(*ask)[0], plain.errors(*ask)[0], rtol=0.15)
    assert collapsed.shape.quantile(0.002) < 3 * plain.shape.quantile(0.002)
    assert collapsed.shape.quantile(0.9) == pytest.approx(plain.shape.quantile(0.9), rel=0.15)


def test_a_shape_has_unit_standard_deviation_and_students_tails():
    """Half its central 68 % is 1; beyond the errors that were seen, tails are heavier than a Gaussian's."""
    shape, unit = shape_of(2.0 * np.random.default_rng(0).standard_normal(400))

    assert unit == pytest.approx(2.0, rel=0.15)
    assert (shape.quantile(ndtr(1.0)) - shape.quantile(ndtr(-1.0))) / 2 == pytest.approx(1.0)
    assert shape.quantile(0.9999) > 4.5
    assert 0.9 < shape.prob_at_most(1.6) < 0.97


def test_few_errors_say_less():
    """The wider the fewer: with 10 errors an interval of 95 % is wider than with 300 of the same kind."""

    def width(n):
        models = [ErrorModel.learn(*draws("gaussian", n, seed)) for seed in range(20)]
        ask = np.array([0.5]), np.ones(1)
        return np.mean([model.shape.quantile(0.975) * model.errors(*ask)[0][0] for model in models])

    assert width(10) > 1.15 * width(300)


def test_errors_of_zero_have_no_width():
    """A regression that is never wrong leaves nothing to learn from: width 0, which a forecaster abstains from."""
    model = ErrorModel.learn(np.arange(5.0), np.ones(5), np.zeros(5))

    assert [0.0] == model.errors(np.array([2.0]), np.ones(1))[0].tolist()


def test_a_forecast_that_is_not_finite_has_no_width():
    """NaN stays NaN, so that the forecaster can say why."""
    model = ErrorModel.learn(*draws("gaussian", 20, 0))

    assert np.isnan(model.widths(np.array([np.nan]))[0])


def test_one_error_among_many_that_are_zero_is_no_trouble() -> None:
    """Where nearly all ends repeat the last score, the stated errors are finite."""
    residuals = np.zeros(60)
    residuals[7] = 0.3
    model = ErrorModel.learn(np.linspace(0.0, 1.0, 60), np.ones(60), residuals)

    assert np.isfinite(model.shape.errors).all()
    assert np.isfinite(model.widths(np.array([0.0, 0.5, 1.0]))).all()
