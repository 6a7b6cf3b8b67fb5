"""Parametric fits, as their users see them."""

import math

import numpy as np
import pytest

from bandits.curves import Curve, History, Trial
from bandits.errors import SettingError
from bandits.forecasts import Abstain, Forecast, Link
from bandits.predictors.parametric import Parametric
from bandits.testing import PredictorContract

EPOCHS = np.arange(1.0, 51.0)
POWER = 0.8 - 0.6 * EPOCHS**-0.7
NOISE = 0.005 * np.random.default_rng(3).standard_normal(50)
FAMILIES = ("pow3", "pow4", "exp3", "mmf")


def forecaster(family="pow3", history=None, horizon=50, **settings):
    """A fitted forecaster; without other curves, if none are given."""
    return Parametric(family, **settings).fit(history or History(), horizon=horizon, rng=np.random.default_rng(0))


def forecast(scores, family="pow3", trial=0, **settings):
    """What it says of one curve."""
    return forecaster(family, **settings).forecast(Trial(trial), Curve(scores))


def jumping(curves, jump):
    """Curves that jump after epoch 40 by what no family foresees: a history, and one more of the kind."""
    rng = np.random.default_rng(4)
    late = np.where(EPOCHS > 40, jump, 0.0)
    rows = [POWER + late * rng.uniform(-1, 1) + 0.002 * rng.standard_normal(50) for _ in range(curves)]
    return History.from_curves((Trial(i), Curve(row)) for i, row in enumerate(rows))


class TestContract(PredictorContract):
    horizon = 7
    arms = 3
    curves = 20

    @pytest.fixture(params=FAMILIES)
    def predictor(self, request):
        """Each family, with other curves to learn its errors from."""
        return Parametric(request.param)


@pytest.mark.parametrize("family", FAMILIES)
def test_forecasts_the_end_of_a_rising_curve(family):
    """A third of a noisy curve tells its end; the last score seen is further off."""
    curve = 0.8 - 0.7 * np.exp(-0.08 * EPOCHS) if family == "exp3" else POWER
    seen = (curve + NOISE)[:17]
    answer = forecast(seen, family)

    assert abs(answer.mean - curve[-1]) < 0.7 * abs(seen[-1] - curve[-1])
    assert (50, Link.IDENTITY) == (answer.horizon, answer.link)


@pytest.mark.parametrize(
    ("change", "link"),
    [
        (lambda y: 100 * y, Link.IDENTITY),
        (lambda y: y - 1, Link.LOG_LOSS),
        (lambda y: -2 + y, Link.IDENTITY),
        (lambda y: -np.exp(6 - 5 * y), Link.LOG_LOSS),
        (lambda y: 1e4 * y, Link.IDENTITY),
        (lambda y: 3 * y - 1, Link.IDENTITY),
    ],
    ids=["percent", "error rate", "loss", "perplexity", "reward", "mixed signs"],
)
def test_every_orientable_metric_is_forecast(change, link):
    """Percentages, errors, losses, perplexities and rewards: near the truth, within their error."""
    scores = change(POWER + NOISE)
    answer = forecast(scores[:30])

    assert link is answer.link
    assert abs(answer.mean - scores[-1]) < 0.1 * abs(scores[0] - scores[-1])
    low, high = answer.interval(0.99)
    assert low < scores[-1] < high


def test_the_error_is_students_t():
    """With one epoch more than parameters there is one degree of freedom, and its tails."""
    few, many = forecast((POWER + NOISE)[:4]), forecast((POWER + NOISE)[:40])
    ratios = [(answer.interval(0.99)[1] - answer.mean) / answer.std for answer in (few, many)]

    assert 63.66 / 1.837 == pytest.approx(ratios[0], rel=0.03)
    assert 2.71 / 1.014 == pytest.approx(ratios[1], rel=0.03)


def test_other_curves_tell_how_large_errors_are():
    """Where curves jump late, intervals from the curve alone are too narrow; those told by 30 others are not."""
    history, asked = jumping(30, 0.1), jumping(60, 0.1).reaching(50)[30:]
    inside = {}
    for recalibrate in (True, False):
        told = forecaster("pow3", history, recalibrate=recalibrate)
        answers = [(told.forecast(trial, curve.prefix(30)), curve.scores[-1]) for trial, curve in asked]
        inside[recalibrate] = sum(low <= end <= high for a, end in answers for low, high in [a.interval(0.9)])

    assert inside[True] >= 24
    assert inside[False] < 15


def test_nine_curves_are_too_few_for_a_factor():
    """Below ten, the answer is that of the curve alone; the mean never depends on other curves."""
    seen = (Trial(99), Curve((POWER + NOISE)[:20]))
    alone, nine, ten = (forecaster("exp3", jumping(n, 0.3)).forecast(*seen) for n in (0, 9, 10))

    assert alone == nine
    assert alone.mean == ten.mean
    assert alone.std != ten.std


def test_a_crowd_is_thinned():
    """No more than 100 curves are continued, evenly spread over the history."""
    many = forecaster("pow3", jumping(250, 0.1))

    assert 100 == len(many._curves)


def test_curves_whose_scale_is_unknown_are_left_out():
    """A curve with a loss of 0 says nothing of errors on a logarithmic scale."""
    losses = [-np.exp(2 - 3 * (POWER + i / 1000)) for i in range(10)]
    histories = [
        History.from_curves((Trial(i), Curve(scores)) for i, scores in enumerate(rows))
        for rows in (losses, [*losses, np.zeros(50)])
    ]
    seen = (Trial(99), Curve(losses[0][:20] * 1.01))
    answers = [forecaster("pow3", history, link=Link.LOG_LOSS).forecast(*seen) for history in histories]

    assert answers[0] == answers[1]
    assert answers[0].link is Link.LOG_LOSS


@pytest.mark.parametrize(
    ("scores", "family", "settings", "reason"),
    [
        (POWER[:3], "pow3", {}, "pow3 needs 4 epochs of the arm, has 3"),
        (POWER[:4], "mmf", {}, "mmf needs 5 epochs of the arm, has 4"),
        (np.array([]), "exp3", {}, "exp3 needs 4 epochs of the arm, has 0"),
        (POWER, "pow3", {}, "the arm has already reached epoch 50"),
        (POWER[:9], "pow3", {"link": Link.LOG_LOSS}, "the scores of trial 7 are too large or too small, or its loss"),
        (np.array([-1e308, 1e308] * 4), "pow3", {}, "the scores of trial 7 are too large or too small, or its loss"),
    ],
)
def test_abstains_with_a_reason(scores, family, settings, reason):
    """Too few epochs, an arm at its end, and numbers out of range."""
    answer = forecast(scores, family, trial=7, **settings)

    assert isinstance(answer, Abstain)
    assert answer.reason.startswith(reason)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("factor", [1e-300, 1e300, -1.0, -1e34])
def test_odd_curves_give_a_forecast_or_a_reason(family, factor):
    """Rising, constant, jumping and falling ones at any magnitude: nothing is raised or NaN, no warning escapes."""
    for shape in (POWER[:9], np.zeros(9), np.eye(1, 9, 8)[0], 1 - POWER[:9], np.full(9, 0.5)):
        answer = forecast(shape * factor, family)

        assert isinstance(answer, Forecast) or answer.reason


def test_a_constant_curve_stays():
    """Nothing suggests that it will move, but an error of 0 would be a boast."""
    answer = forecast(np.full(12, 0.5))

    assert 0.5 == pytest.approx(answer.mean, abs=1e-6)
    assert answer.std > 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"family": "pow5"},
            "`family` must be one of 'pow3', 'pow4', 'exp3', 'mmf', got 'pow5' (did you mean 'pow4'?)",
        ),
        ({"recency": 0.0}, "`recency` must be > 0 and finite, got 0.0"),
        ({"recency": math.inf}, "`recency` must be > 0 and finite, got inf"),
        ({"recalibrate": 1}, "`recalibrate` must be True or False, got 1"),
        ({"link": "log"}, "`link` must be one of 'auto', 'identity', 'log_loss', got 'log'"),
    ],
)
def test_settings_have_rules(settings, message):
    """Each broken rule is named, with the value."""
    with pytest.raises(SettingError) as raised:
        Parametric(**settings)

    assert message == str(raised.value)


def test_settings_can_be_read_and_compared():
    """Two with the same settings are equal; the repr builds the same object; the horizon has a rule."""
    predictor = Parametric("mmf", recency=2.0)

    assert predictor == Parametric("mmf", recency=2.0) != Parametric("mmf")
    assert "Parametric(family='mmf', recency=2.0, recalibrate=True, link='auto')" == repr(predictor)
    assert 0 == predictor.curves_needed(9)
    with pytest.raises(SettingError, match="`horizon` must be an integer >= 1, got 0"):
        forecaster(horizon=0)
