"""The quantile regression forest, as its users see it, and its arithmetic."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.errors import SettingError
from bandits.forecasts import Abstain, Forecast, Link
from bandits.predictors.features import Inputs
from bandits.predictors.quantile_forest import QuantileForest, QuantileForestRegressor
from bandits.testing import PredictorContract


class TestContract(PredictorContract):
    horizon = 4
    arms = 2

    @pytest.fixture(params=[True, False], ids=["trend", "trees alone"])
    def predictor(self, request):
        """A small forest."""
        return QuantileForest(trees=20, trend=request.param)


def lopsided(n, seed):
    """Arms with x > 0 end at 0.8 or, one in five, at 0.5; the others end at 0.3, give or take 0.01."""
    rng = np.random.default_rng(seed)
    pairs = []
    for i in range(n):
        x = rng.uniform(-1, 1)
        end = (0.5 if rng.uniform() < 0.2 else 0.8) if x > 0 else 0.3
        scores = [0.1 + 0.01 * rng.standard_normal(), 0.2 + 0.01 * rng.standard_normal()]
        pairs.append((Trial(i, {}, {"x": x}), Curve([*scores, end + 0.01 * rng.standard_normal()])))
    return pairs


def fit(pairs, horizon=3, **settings):
    """A forecaster fitted on some curves."""
    return QuantileForest(**settings).fit(History.from_curves(pairs), horizon=horizon, rng=np.random.default_rng(0))


def test_the_error_has_the_shape_of_what_similar_arms_did():
    """Certain where arms end alike; wide, with a tail towards the failures, where one in five fails."""
    forecaster = fit(lopsided(300, 0), trend=False)
    sure, torn = (forecaster.forecast(Trial(999, {}, {"x": x}), Curve([0.1, 0.2])) for x in (-0.5, 0.5))

    assert sure.std < 0.3 * torn.std
    assert torn.quantile(0.5) > torn.mean
    assert torn.mean - torn.quantile(0.1) > 2 * (torn.quantile(0.9) - torn.mean)
    assert 0.1 < torn.prob_at_most(0.65) < 0.3


def test_coverage_out_of_sample():
    """About 80 % of new arms end inside their 80 % interval."""
    rng = np.random.default_rng(1)

    def noisy(n):
        x = rng.uniform(-1, 1, n)
        ends = 0.5 + 0.2 * x + 0.05 * (1.5 + x) * rng.standard_normal(n)
        return [
            (Trial(i, {}, {"x": a}), Curve([0.1, 0.1 + 0.001 * a, e]))
            for i, (a, e) in enumerate(zip(x, ends, strict=True))
        ]

    forecaster = fit(noisy(200))
    asked = noisy(300)
    answers = forecaster.forecast_many([(trial, curve.prefix(2)) for trial, curve in asked])
    inside = [
        low <= c.scores[2] <= high for a, (_, c) in zip(answers, asked, strict=True) for low, high in [a.interval(0.8)]
    ]

    assert 0.72 < np.mean(inside) < 0.88


def test_means_are_those_of_scikit_learns_forest():
    """The weighted ends of the training curves average to what the forest predicts."""
    rng = np.random.default_rng(0)
    scores, features = rng.standard_normal((50, 3)), rng.standard_normal((50, 2))
    y = scores[:, 2] + features[:, 0] ** 2
    design = Inputs.learn(scores, features).design(scores, features)
    fitted = QuantileForestRegressor(trees=30, min_leaf=2).fit(design, y, np.random.default_rng(7))
    seed = int(np.random.default_rng(7).integers(2**31))
    forest = RandomForestRegressor(30, min_samples_leaf=2, random_state=seed, oob_score=True)
    forest.fit(design.paper.astype(np.float32), y)

    assert forest.predict(design.paper.astype(np.float32)) == pytest.approx(fitted.predict(design))
    assert y - forest.oob_prediction_ == pytest.approx(fitted.residuals)


def test_losses_are_modelled_by_their_logarithm():
    """A perplexity keeps its link, and no quantile is on the wrong side of 0."""
    rng = np.random.default_rng(0)
    levels = rng.uniform(3, 6, 60)
    pairs = [
        (Trial(i, {}, {"x": level}), Curve(-np.exp([level + 1, level + 0.5, level]))) for i, level in enumerate(levels)
    ]
    answer = fit(pairs).forecast(Trial(99, {}, {"x": 4.0}), Curve(-np.exp([5.0, 4.5])))

    assert answer.link is Link.LOG_LOSS
    assert -np.exp(4.5) < answer.mean < -np.exp(3.5)
    assert answer.interval(0.99)[1] < 0


def test_equal_ends_are_no_certainty():
    """Many failed runs that end at exactly the same score leave a forecast with a width."""
    pairs = lopsided(60, 2)
    pairs = [
        (trial, Curve([*curve.scores[:2], 0.1 if trial.features["x"] > 0 else curve.scores[2]]))
        for trial, curve in pairs
    ]
    answer = fit(pairs, trend=False).forecast(Trial(99, {}, {"x": 0.9}), Curve([0.1, 0.2]))

    assert 0.1 == pytest.approx(answer.mean, abs=0.02)
    assert answer.std > 0


def test_a_missing_feature_is_a_reason():
    """Trees would send it somewhere; nothing is said instead."""
    answer = fit(lopsided(30, 0)).forecast(Trial(99), Curve([0.1, 0.2]))

    assert (
        Abstain("QuantileForest learned from the feature 'x', which trial 99 lacks", Cause.MISSING_FEATURES) == answer
    )


def test_two_curves_are_enough_if_that_is_asked_for():
    """With every curve in nearly every leaf, there is a forecast or a reason."""
    answer = fit(lopsided(2, 0), min_curves=2).forecast(Trial(99, {}, {"x": 0.0}), Curve([0.1, 0.2]))

    assert isinstance(answer, Forecast) or answer.reason


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"trees": 19}, "`trees` must be an integer >= 20, got 19"),
        ({"min_leaf": 0}, "`min_leaf` must be an integer >= 1, got 0"),
        ({"trend": 1}, "`trend` must be True or False, got 1"),
        ({"min_curves": 1}, "`min_curves` must be an integer >= 2, got 1"),
        ({"link": "log"}, "`link` must be one of 'auto', 'identity', 'log_loss', got 'log'"),
    ],
)
def test_settings_have_rules(settings, message):
    """Each broken rule is named, with the value."""
    with pytest.raises(SettingError) as raised:
        QuantileForest(**settings)

    assert message == str(raised.value)


def test_settings_can_be_read_and_compared():
    """Two with the same settings are equal; the repr builds the same object."""
    assert QuantileForest(trees=50) == QuantileForest(trees=50) != QuantileForest()
    text = "QuantileForest(trees=50, min_leaf=3, trend=True, min_curves=20, link='auto')"
    assert text == repr(QuantileForest(trees=50))
    assert 20 == QuantileForest().curves_needed(9)
