"""Scores of forecasts against the forecasts' own words, and against cases whose answers are known."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from bandits.forecasts import ErrorShape, Forecast, Link
from bandits.rng import rng_for
from benchmarks.lib import scoring

SKEWED = ErrorShape((-2.0, 0.0, 2.0), (-5.0, 0.0, 1.0))
KINDS = [
    Forecast(0.7, 0.1, 10),
    Forecast(0.6, 0.2, 10, shape=SKEWED),
    Forecast(-2.0, 0.5, 10, link=Link.LOG_LOSS, shape=SKEWED),
    Forecast(-3.0, 1.5, 10, link=Link.LOG_LOSS),
    Forecast(0.5, 0.0, 10),
    Forecast(-1.0, 500.0, 10, link=Link.LOG_LOSS),
]
SAMPLED = Forecast(0.5, 0.1, 10, samples=(0.1, 0.4, 0.5, 0.9))


def test_quantiles_of_many_are_those_of_each():
    """Quantiles of many forecasts equal `Forecast.quantile` of each, whatever link, shape or samples."""
    levels = [0.001, 0.05, 0.5, 0.77, 0.995]
    forecasts = [*KINDS, SAMPLED]
    found = scoring.quantiles(forecasts, levels)
    said = [[forecast.quantile(level) for level in levels] for forecast in forecasts]
    np.testing.assert_allclose(found, said, rtol=1e-9)


@pytest.mark.parametrize("score", [-7.0, -1.0, 0.2, 0.5, 0.65])
def test_probabilities_of_many_are_those_of_each(score):
    """Probabilities of many forecasts equal `Forecast.prob_at_most` of each, outside the link's domain too."""
    found = scoring.probabilities(KINDS, np.full(len(KINDS), score))
    np.testing.assert_allclose(found, [forecast.prob_at_most(score) for forecast in KINDS], atol=1e-12)


def test_probabilities_of_samples_undo_their_quantiles():
    """Among samples, the probability of a quantile is the one it was asked for."""
    levels = np.array([0.2, 0.5, 0.8])
    scores = scoring.quantiles([SAMPLED], levels)[0]
    np.testing.assert_allclose(scoring.probabilities([SAMPLED] * 3, scores), levels)


def test_coverage_and_exceedance_of_a_right_forecaster_are_nominal():
    """Where ends are drawn from the forecasts, intervals cover and quantiles are exceeded as often as they say."""
    n = 20_000
    truth = rng_for(0, "truth").normal(0.5, 0.1, n)
    forecasts = [Forecast(0.5, 0.1, 10)] * n
    np.testing.assert_allclose(scoring.coverage(forecasts, truth).mean(axis=0), scoring.LEVELS, atol=0.012)
    np.testing.assert_allclose(scoring.exceedance(forecasts, truth).mean(axis=0), [0.1, 0.05, 0.01], atol=0.01)


def test_the_best_of_a_right_forecaster_are_missed_as_foretold():
    """Without any knowledge the best tenth lie in the upper tenth of their forecasts; with all of it, anywhere."""
    same = [Forecast(0.5, 0.1, 10)] * 400
    apart = [Forecast(float(i), 0.01, 10) for i in range(400)]
    blind = scoring.coverage_of_best_if_right(same, rng_for(0))
    seeing = scoring.coverage_of_best_if_right(apart, rng_for(0))
    assert blind[0] == 0.0
    assert blind[1] < 0.15  # the tenth is that of a sample
    assert blind[2] == pytest.approx(0.5, abs=0.05)  # between 0.90 and 1.00, half lie below 0.95
    np.testing.assert_allclose(seeing, scoring.LEVELS, atol=0.05)
    assert scoring.exceedance_of_best_if_right(same, rng_for(0))[0] > 0.85


def test_the_best_tenth_are_the_best():
    """The best are those with the highest truths, equal ones in their order, and at least one."""
    assert np.flatnonzero(scoring.best(np.array([0.1, 0.9, 0.3, 0.9, 0.2]), 0.2)).tolist() == [1]
    assert scoring.best(np.zeros(3)).tolist() == [True, False, False]


def test_crps_of_a_gaussian_is_the_closed_form():
    """The CRPS of a Gaussian is std (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi))."""
    yardstick = scoring.Yardstick(unit=1.0, low=-100.0, high=100.0)
    z = np.array([-1.0, 0.0, 2.5])
    expected = 0.3 * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / math.sqrt(math.pi))
    found = scoring.crps([Forecast(0.2, 0.3, 5)] * 3, 0.2 + 0.3 * z, yardstick)
    np.testing.assert_allclose(found, expected, rtol=0.01)


def test_log_density_of_a_gaussian_is_its_density():
    """The log density of a broad Gaussian is the closed form, and far away it stops at its floor."""
    yardstick = scoring.Yardstick(unit=0.5, low=-9.0, high=9.0)
    forecasts = [Forecast(0.2, 0.3, 5)] * 3
    found = scoring.log_density(forecasts, np.array([0.2, 0.6, 1e6]), yardstick)
    np.testing.assert_allclose(found[:2], norm.logpdf([0.2, 0.6], 0.2, 0.3) + math.log(0.5), atol=1e-3)
    assert found[2] == pytest.approx(math.log(1e-4 / 0.02))


def test_scores_stay_finite_for_boundless_forecasts():
    """A forecast whose loss may be too large for a number, and an infinite quantile, give finite scores."""
    yardstick = scoring.yardstick_of(np.array([-1.0, -2.0, -3.0, -1e30]))
    forecasts, truth = [KINDS[-1], KINDS[3]], np.array([-1e30, -1.0])
    for score in (scoring.crps, scoring.log_density, scoring.width):
        arguments = (forecasts, yardstick) if score is scoring.width else (forecasts, truth, yardstick)
        assert np.isfinite(score(*arguments)).all()


def test_the_yardstick_survives_equal_quartiles():
    """Where three quarters of the arms end alike, the unit is the standard deviation."""
    finals = np.array([0.1] * 9 + [0.9])
    assert scoring.yardstick_of(finals).unit == pytest.approx(finals.std())
