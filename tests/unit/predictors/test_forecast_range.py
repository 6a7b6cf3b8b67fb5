"""Forecasts stay within what the metric can be, and are not carried on far below every measured end."""

import numpy as np
import pytest

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Forecast, Link
from bandits.predictors import SRM
from bandits.predictors.regression.forecast_range import ForecastRange
from bandits.predictors.score_scale import ScoreScale


def bounds(scores, link=Link.IDENTITY):
    """Of curves with these scores at their only epoch, in proportion."""
    return ForecastRange.learn(np.array(scores)[:, np.newaxis], link, ScoreScale(0.0, 1.0, -np.inf, 1.0))


def test_shares_stay_shares_and_losses_stay_losses():
    """The range is judged by the scores that were seen."""
    assert bounds([0.1, 0.5, 0.9]) == ForecastRange(0.0, 1.0)
    assert bounds([-3.0, -2.0, -1.0]).high == 0.0
    assert bounds([-3.0, 2.0, 5.0]).high == np.inf


def test_the_reach_below_is_measured_in_scores_under_a_logarithm_too():
    """A median loss of 1 and a worst one of 10 give a worst forecast of 37, not of 10,000."""
    assert bounds([-10.0, -1.0, -0.5], Link.LOG_LOSS).low == pytest.approx(-np.log(37.0))


def test_an_arm_that_is_worse_already_is_forecast_from_where_it_is():
    """Its own last score is a possible end."""
    kept = bounds([-10.0, -1.0, -0.5]).clip(np.array([-99.0, -99.0, 5.0]), np.array([-2.0, -50.0, -1.0]))

    np.testing.assert_allclose(kept, [-37.0, -50.0, 0.0])


def test_srm_forecasts_no_accuracy_above_1_and_carries_no_divergence_on():
    """Steep curves would pass 1 by far, and a loss that grows tenfold in 5 epochs would become huge."""
    rng = np.random.default_rng(0)
    slopes = rng.uniform(0.02, 0.09, 30)
    ramps = [(Trial(i), Curve(slope * np.arange(1, 11))) for i, slope in enumerate(slopes)]
    steep = SRM().fit(History.from_curves(ramps), horizon=10, rng=rng).forecast(Trial(99), Curve([0.3, 0.6, 0.9]))
    falls = [(Trial(i), Curve(-np.exp(-slope * np.arange(1, 21)))) for i, slope in enumerate(slopes)]
    diverges = (Trial(98), Curve(-np.geomspace(0.5, 5.0, 20)))
    forecaster = SRM().fit(History.from_curves([*falls, diverges]), horizon=20, rng=rng)
    wilder = forecaster.forecast(Trial(99), Curve(-np.geomspace(0.5, 50.0, 10)))

    assert isinstance(steep, Forecast)
    assert steep.mean <= 1.0
    assert isinstance(wilder, Forecast)
    assert wilder.mean >= -50.0 - 1e-6
