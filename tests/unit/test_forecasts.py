"""Forecasts: a Gaussian error on the scale of a link."""

import math

import pytest

from bandits.errors import SettingError
from bandits.forecasts import ErrorShape, Forecast, Link

# P(standard normal <= z)
NORMAL = {-3.0: 0.00134990, -1.0: 0.15865525, 0.0: 0.5, 1.0: 0.84134475, 1.6448536: 0.95, 3.0: 0.99865010}


@pytest.mark.parametrize(("z", "expected"), NORMAL.items())
def test_probability_of_a_gaussian(z: float, expected: float) -> None:
    """P(score <= mean + z std) is the normal distribution's."""
    forecast = Forecast(mean=0.4, std=0.2, horizon=5)

    assert pytest.approx(expected, abs=1e-8) == forecast.prob_at_most(0.4 + 0.2 * z)


@pytest.mark.parametrize(("z", "expected"), NORMAL.items())
def test_probability_on_the_scale_of_the_logarithm(z: float, expected: float) -> None:
    """A loss of 50 with std 5 has a logarithm with std 0.1: P(loss >= 50 e^(-0.1 z)) is the normal's."""
    forecast = Forecast(mean=-50.0, std=5.0, horizon=5, link=Link.LOG_LOSS)

    assert pytest.approx(expected, abs=1e-8) == forecast.prob_at_most(-50.0 * math.exp(-0.1 * z))


def test_a_forecast_without_error_is_a_step() -> None:
    """With std 0, the probability is 1 from the mean on, and 0 below."""
    forecast = Forecast(mean=0.4, std=0.0, horizon=5)

    assert [forecast.prob_at_most(score) for score in (0.3, math.nextafter(0.4, 0), 0.4, 0.5)] == [0.0, 0.0, 1.0, 1.0]


def test_far_tails_are_not_rounded_away() -> None:
    """Small probabilities keep their size."""
    forecast = Forecast(mean=0.0, std=1.0, horizon=1)

    assert forecast.prob_at_most(-10.0) == pytest.approx(7.619853e-24, rel=1e-6)
    assert 0.0 < forecast.prob_at_most(-30.0) < 1e-190


def test_probabilities_are_counted_among_samples() -> None:
    """Where a predictor gives samples, the probability is the share of them that is at most the score."""
    forecast = Forecast(mean=0.4, std=0.1, horizon=5, samples=(0.1, 0.3, 0.3, 0.9))
    scores = (0.0, 0.1, 0.2, 0.3, 0.8, 0.9, 1.0)

    assert [forecast.prob_at_most(score) for score in scores] == [0.0, 0.25, 0.25, 0.75, 0.75, 1.0, 1.0]


def test_a_loss_cannot_fall_to_zero() -> None:
    """On the scale of the logarithm, scores of 0 and more are out of reach: P(score <= 0) = 1."""
    forecast = Forecast(mean=-2.0, std=0.5, horizon=1, link=Link.LOG_LOSS)

    assert forecast.prob_at_most(0.0) == 1.0
    assert forecast.prob_at_most(7.0) == 1.0
    assert forecast.prob_at_most(-1e300) == pytest.approx(0.0)


@pytest.mark.parametrize("std", [5e-324, 1e-300, 1e300])
@pytest.mark.parametrize("mean", [-1e300, -1e-300])
@pytest.mark.parametrize("link", Link)
def test_extreme_numbers_give_a_probability(mean: float, std: float, link: Link) -> None:
    """No overflow, no NaN."""
    for score in (-1e308, -1.0, 0.0, 1e308):
        assert 0.0 <= Forecast(mean, std, 1, link).prob_at_most(score) <= 1.0


def test_links_undo_themselves() -> None:
    """`invert` undoes `apply`; both links increase."""
    for link in Link:
        for score in (-300.0, -1.0, -0.01):
            assert link.invert(link.apply(score)) == pytest.approx(score)
            assert link.apply(score) < link.apply(score + 0.005)
            steps = (link.apply(score + 1e-6) - link.apply(score - 1e-6)) / 2e-6
            assert link.slope(score) == pytest.approx(steps, rel=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mean": math.nan}, "`mean` must be a finite number, got nan"),
        ({"mean": math.inf}, "`mean` must be a finite number, got inf"),
        ({"std": math.nan}, "`std` must be >= 0 and finite, got nan"),
        ({"std": math.inf}, "`std` must be >= 0 and finite, got inf"),
        ({"std": -0.1}, "`std` must be >= 0 and finite, got -0.1"),
        ({"horizon": 0}, "`horizon` must be an integer >= 1, got 0"),
        ({"samples": ()}, r"`samples` must not be empty, got \(\)"),
        ({"samples": (0.1, math.nan)}, r"`samples\[1\]` must be a finite number, got nan"),
        ({"samples": (0.1, math.inf)}, r"`samples\[1\]` must be a finite number, got inf"),
        ({"samples": (0.1, 0.3, 0.2)}, r"`samples` must ascend, got \(0.3, 0.2\)"),
        ({"samples": (0.1, 0.5, 0.4)}, r"`samples` must ascend, got \(0.5, 0.4\)"),
        ({"mean": 0.0, "link": Link.LOG_LOSS}, "`mean` must lie in the domain of the link 'log_loss', got 0.0"),
        ({"mean": 0.3, "link": Link.LOG_LOSS}, "`mean` must lie in the domain of the link 'log_loss', got 0.3"),
    ],
)
def test_impossible_forecasts_cannot_be_built(arguments: dict, message: str) -> None:
    """NaN, infinity, a negative std, a horizon below 1 and a mean outside the link's domain are refused."""
    with pytest.raises(SettingError, match=message):
        Forecast(**({"mean": 0.4, "std": 0.1, "horizon": 5} | arguments))


SKEWED = ErrorShape(normal=(-2.0, -1.0, 0.0, 1.0), errors=(-5.0, -1.5, 0.1, 0.8))


def test_a_shape_bends_the_gaussian() -> None:
    """The error's quantiles are the normal's, moved along the polygon; its outer sides go on."""
    forecast = Forecast(mean=0.4, std=0.1, horizon=5, shape=SKEWED)

    for z, error in ((-2.0, -5.0), (-3.0, -8.5), (-0.5, -0.7), (1.0, 0.8), (2.0, 1.5)):
        probability = 0.5 * math.erfc(-z / math.sqrt(2.0))
        assert pytest.approx(probability) == forecast.prob_at_most(0.4 + 0.1 * error)
        assert pytest.approx(0.4 + 0.1 * error) == forecast.quantile(probability)


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.99])
@pytest.mark.parametrize(
    "forecast",
    [
        Forecast(mean=0.4, std=0.1, horizon=5),
        Forecast(mean=0.4, std=0.1, horizon=5, shape=SKEWED),
        Forecast(mean=-70.0, std=5.0, horizon=5, link=Link.LOG_LOSS, shape=SKEWED),
    ],
)
def test_an_interval_misses_as_often_on_either_side(forecast: Forecast, coverage: float) -> None:
    """Each tail outside a central interval has half of what the interval does not cover."""
    low, high = forecast.interval(coverage)

    assert pytest.approx((1 - coverage) / 2) == forecast.prob_at_most(low)
    assert pytest.approx((1 + coverage) / 2) == forecast.prob_at_most(high)


def test_quantiles_between_samples() -> None:
    """Quantiles of samples are interpolated, and end at the outermost ones."""
    forecast = Forecast(mean=0.5, std=0.1, horizon=5, samples=(0.0, 0.4, 0.6, 1.0))

    assert [0.0, 0.2, 0.5, 1.0] == [pytest.approx(forecast.quantile(p)) for p in (0.01, 0.25, 0.5, 0.99)]


def test_a_loss_too_large_for_a_number_is_infinite() -> None:
    """The far end of an interval of a loss may be -inf, never an error."""
    assert Forecast(mean=-2.0, std=800.0, horizon=1, link=Link.LOG_LOSS).quantile(0.01) == -math.inf


@pytest.mark.parametrize(
    ("normal", "errors", "message"),
    [
        ((0.0,), (0.0,), "`normal` and `errors` must be 2 or more pairs"),
        ((0.0, 1.0), (0.0, 1.0, 2.0), "`normal` and `errors` must be 2 or more pairs"),
        ((0.0, 0.0), (0.0, 1.0), "`normal` must ascend"),
        ((0.0, 1.0), (0.0, math.nan), r"`errors\[1\]` must be a finite number"),
    ],
)
def test_knots_that_are_no_shape(normal: tuple[float, ...], errors: tuple[float, ...], message: str) -> None:
    """A shape increases, or its quantiles would not."""
    with pytest.raises(SettingError, match=message):
        ErrorShape(normal, errors)


@pytest.mark.parametrize("probability", [0.0, 1.0, math.nan])
def test_probabilities_are_inside_the_unit_interval(probability: float) -> None:
    """There is no quantile of 0 or 1, and no interval that covers nothing or all."""
    forecast = Forecast(mean=0.5, std=0.1, horizon=5)
    for ask in (forecast.quantile, forecast.interval):
        with pytest.raises(SettingError, match="must be in \\(0, 1\\)"):
            ask(probability)
