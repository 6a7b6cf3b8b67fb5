"""The baseline: an arm ends where it is now."""

import numpy as np
import pytest

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.errors import SettingError
from bandits.forecasts import Abstain, Link
from bandits.predictors import LastSeenValue


def fit(curves, horizon=3, **settings):
    """A forecaster fitted on some curves."""
    history = History.from_curves((Trial(i), Curve(scores)) for i, scores in enumerate(curves))
    return LastSeenValue(**settings).fit(history, horizon=horizon, rng=np.random.default_rng(0))


def test_mean_and_std_written_out():
    """The mean is the last score; the standard deviation is the RMS of what training curves still gained."""
    forecaster = fit([[0.0, 0.2, 0.5], [0.0, 0.1, 0.5], [0.3, 0.3, 0.8, 9.0]], min_curves=2)
    forecast = forecaster.forecast(Trial(9), Curve([0.1, 0.25]))

    assert 0.25 == forecast.mean
    assert np.sqrt((0.3**2 + 0.4**2 + 0.5**2) / 3) == pytest.approx(forecast.std)
    assert (3, Link.IDENTITY) == (forecast.horizon, forecast.link)


def test_each_tau_has_its_own_error():
    """Later epochs are closer to the end."""
    forecaster = fit([[0.0, 0.2, 0.3], [0.0, 0.1, 0.2]], min_curves=2)
    early, late = (forecaster.forecast(Trial(9), Curve([0.1] * tau)).std for tau in (1, 2))

    assert early > late


def test_losses_have_relative_errors():
    """A loss that spans a factor of 3 has an error in proportion to its size."""
    forecaster = fit([[-90.0, -60.0, -30.0], [-60.0, -40.0, -20.0]], min_curves=2)
    forecast = forecaster.forecast(Trial(9), Curve([-90.0, -50.0]))

    assert (-50.0, Link.LOG_LOSS) == (forecast.mean, forecast.link)
    assert 50.0 * np.log(2.0) == pytest.approx(forecast.std)


@pytest.mark.parametrize(
    ("curves", "scores", "reason"),
    [
        ([[0.1, 0.2, 0.3]] * 3, [0.1], "LastSeenValue needs 4 curves that reached epoch 3, has 3"),
        ([[0.1, 0.2, 0.3]] * 4, [0.1, 0.2, 0.3], "the arm has already reached epoch 3"),
        ([[0.1, 0.2, 0.3]] * 4, [], "the arm has not been measured yet"),
        ([[0.1, 0.3, 0.3]] * 4, [0.1, 0.2], "the training curves leave no error to learn from at epoch 2"),
        ([[-9.0, -3.0, -2.0]] * 4, [0.0], "trial 9 has a loss <= 0, and LastSeenValue uses the logarithm of the loss"),
        ([[-1e308, 1e308, 1e308]] * 4, [1.0], "the training curves leave no error to learn from at epoch 1"),
    ],
)
def test_reasons_to_abstain(curves, scores, reason):
    """Where there is nothing to say, the reason says why."""
    answer = fit(curves, min_curves=4).forecast(Trial(9), Curve(np.array(scores)))

    assert answer.reason.startswith(reason)


def test_accuracies_refuse_a_log_link():
    """A link that has no place for the scores is a reason to abstain."""
    answer = fit([[0.1, 0.2, 0.3]] * 4, min_curves=2, link=Link.LOG_LOSS).forecast(Trial(9), Curve([0.1]))

    assert (
        Abstain(
            "LastSeenValue was told to use the logarithm of the loss, but a training curve has a loss <= 0",
            Cause.UNUSABLE_SCORES,
        )
        == answer
    )


def test_settings():
    """Settings are values with rules."""
    assert LastSeenValue(min_curves=3) == LastSeenValue(min_curves=3)
    assert "LastSeenValue(min_curves=3, link='auto')" == repr(LastSeenValue(min_curves=3))
    assert 3 == LastSeenValue(min_curves=3).curves_needed(horizon=9)
    with pytest.raises(SettingError, match="`min_curves` must be an integer >= 2, got 1"):
        LastSeenValue(min_curves=1)
    with pytest.raises(SettingError, match="`link` must be one of 'auto'"):
        LastSeenValue(link="log")
    with pytest.raises(SettingError, match="`horizon` must be an integer >= 1, got 0"):
        fit([], horizon=0)
