"""Natural gradient boosting, as its users see it."""

import numpy as np
import pytest

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.errors import SettingError
from bandits.forecasts import Abstain, Link
from bandits.predictors.features import Inputs
from bandits.predictors.natural_gradient_boosting import NGBoost, NormalBoosting
from bandits.testing import PredictorContract


class TestContract(PredictorContract):
    horizon = 4
    arms = 2

    @pytest.fixture(params=[True, False], ids=["trend", "trees alone"])
    def predictor(self, request):
        """A few rounds."""
        return NGBoost(rounds=4, step=0.2, trend=request.param)


def uneven(n, seed):
    """Ends that follow x along a line, with an error of 0.01 where z < 0 and of 0.1 elsewhere."""
    rng = np.random.default_rng(seed)
    x, z = rng.uniform(-1, 1, (2, n))
    ends = 0.5 + 0.2 * x + np.where(z < 0, 0.01, 0.1) * rng.standard_normal(n)
    starts = 0.1 + 0.01 * rng.standard_normal((n, 2))
    return [(Trial(i, {}, {"x": x[i], "z": z[i]}), Curve([*starts[i], ends[i]])) for i in range(n)]


def fit(pairs, horizon=3, **settings):
    """A forecaster fitted on some curves."""
    return NGBoost(**settings).fit(History.from_curves(pairs), horizon=horizon, rng=np.random.default_rng(0))


def told(features):
    """The design of arms whose curves say nothing."""
    nothing = np.zeros((len(features), 1))
    return Inputs.learn(nothing, features).design(nothing, features)


@pytest.fixture(scope="module")
def forecaster():
    """Fitted on 150 uneven curves."""
    return fit(uneven(150, 0), rounds=80, step=0.1)


def test_every_arm_has_its_own_error(forecaster):
    """Where ends scatter ten times as much, the standard deviation is a multiple."""
    sure, torn = (forecaster.forecast(Trial(9, {}, {"x": 0.0, "z": z}), Curve([0.1, 0.1])) for z in (-0.5, 0.5))

    assert torn.std > 2 * sure.std
    assert 0.5 == pytest.approx(sure.mean, abs=0.02)


def test_coverage_out_of_sample(forecaster):
    """About 80 % of new arms end inside their 80 % interval."""
    asked = uneven(600, 1)
    answers = forecaster.forecast_many([(trial, curve.prefix(2)) for trial, curve in asked])
    ends = [curve.scores[2] for _, curve in asked]
    inside = [low <= end <= high for a, end in zip(answers, ends, strict=True) for low, high in [a.interval(0.8)]]

    assert 0.72 < np.mean(inside) < 0.9


def test_a_round_is_a_natural_gradient_step_written_out():
    """Two groups of arms that end at -1 and 1: the tree for the mean holds the residuals, the one for the standard
    deviation (z^2 - 1) / 2 = 0; the line search would go all the way, and half of that is done."""
    x = np.repeat([-1.0, 1.0], 10)
    y = x + np.tile([0.1, -0.1], 10)
    design = told(x[:, np.newaxis])
    fitted = NormalBoosting(rounds=1, step=0.5).fit(design, y, np.random.default_rng(0))

    means, stds = fitted.distribution(design)
    assert 0.5 * x == pytest.approx(means)
    assert np.full(20, y.std()) == pytest.approx(stds)


def test_noise_alone_stops_at_once():
    """Where held-out curves are forecast no better, no round is kept, and the error is that of the mean."""
    rng = np.random.default_rng(0)
    design, y = told(rng.standard_normal((60, 3))), rng.standard_normal(60)
    fitted = NormalBoosting(rounds=60, step=0.2).fit(design, y, rng)
    stds, _ = fitted.errors(design)

    assert np.ptp(fitted.predict(design)) < 0.8
    assert 1.0 == pytest.approx(np.median(stds), abs=0.25)


def test_losses_are_modelled_by_their_logarithm():
    """A perplexity keeps its link."""
    pairs = [
        (Trial(i, {}, {"x": level}), Curve(-np.exp([level + 1, level + 0.5, level + 0.01 * (-1) ** i])))
        for i, level in enumerate(np.linspace(3, 6, 40))
    ]
    answer = fit(pairs, rounds=5).forecast(Trial(99, {}, {"x": 4.0}), Curve(-np.exp([5.0, 4.5])))

    assert answer.link is Link.LOG_LOSS
    assert np.exp(4.0) == pytest.approx(-answer.mean, rel=0.1)


def test_a_missing_feature_is_a_reason(forecaster):
    """Trees would send it somewhere; nothing is said instead."""
    answer = forecaster.forecast(Trial(99, {}, {"x": 0.0}), Curve([0.1, 0.1]))

    assert Abstain("NGBoost learned from the feature 'z', which trial 99 lacks", Cause.MISSING_FEATURES) == answer


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rounds": 0}, "`rounds` must be an integer >= 1, got 0"),
        ({"step": 0.0}, "`step` must be in (0, 1], got 0.0"),
        ({"trend": 1}, "`trend` must be True or False, got 1"),
        ({"min_curves": 1}, "`min_curves` must be an integer >= 2, got 1"),
        ({"link": "log"}, "`link` must be one of 'auto', 'identity', 'log_loss', got 'log'"),
    ],
)
def test_settings_have_rules(settings, message):
    """Each broken rule is named, with the value."""
    with pytest.raises(SettingError) as raised:
        NGBoost(**settings)

    assert message == str(raised.value)


def test_settings_can_be_read_and_compared():
    """Two with the same settings are equal; the repr builds the same object."""
    assert NGBoost(rounds=50) == NGBoost(rounds=50) != NGBoost()
    assert "NGBoost(rounds=50, step=0.05, trend=True, min_curves=20, link='auto')" == repr(NGBoost(rounds=50))
    assert 20 == NGBoost().curves_needed(9)
