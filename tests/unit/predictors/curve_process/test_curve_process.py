"""`CurveProcess`: forecasts from arms that stopped anywhere."""

import numpy as np
import pytest

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.forecasts import Abstain, Forecast
from bandits.predictors import CurveProcess, Forecaster
from bandits.predictors.curve_process import ensemble
from bandits.rng import rng_for

HORIZON = 27
Arms = list[tuple[Trial, Curve]]


def _arms(count: int = 24, seed: int = 0) -> Arms:
    """Accuracies whose end is told by a feature, with some noise."""
    rng = np.random.default_rng(seed)
    x = rng.random(count)
    end = 0.5 + 0.35 * np.sin(3 * x)
    t = np.arange(1, HORIZON + 1)
    scores = end[:, None] * (1 - 0.8 * t**-0.8) + 0.005 * rng.standard_normal((count, HORIZON))
    return [(Trial(i, {}, {"x": float(x[i])}), Curve(np.clip(scores[i], 0, 1))) for i in range(count)]


def _halved(arms: Arms) -> Arms:
    """The better third goes on to epoch 9, all others stop after 3."""
    third = sorted(arms, key=lambda arm: -arm[1].scores[2])[: len(arms) // 3]
    ahead = {trial.id for trial, _ in third}
    return [(trial, curve.prefix(9 if trial.id in ahead else 3)) for trial, curve in arms]


def _fit(arms: Arms, horizon: int = HORIZON) -> Forecaster:
    return CurveProcess().fit(History.from_curves(arms), horizon=horizon, rng=rng_for(0))


def _forecasts(forecaster: Forecaster, arms: Arms) -> list[Forecast]:
    answers = forecaster.forecast_many(arms)
    assert all(isinstance(answer, Forecast) for answer in answers)
    return [answer for answer in answers if isinstance(answer, Forecast)]


def test_forecasts_without_a_complete_curve() -> None:
    """From curves of 3 and 9 epochs of 27 the ends are forecast in their order, and most lie in their intervals."""
    arms = _arms()
    said = _forecasts(_fit(_halved(arms)), _halved(arms))
    ends = np.array([curve.scores[-1] for _, curve in arms])
    inside = [low <= end <= high for (low, high), end in zip((f.interval(0.9) for f in said), ends, strict=True)]
    assert np.corrcoef([forecast.mean for forecast in said], ends)[0, 1] > 0.8
    assert np.mean(inside) > 0.7


def test_a_fresh_arm_is_forecast_by_its_features() -> None:
    """Before its first epoch, the arm with the good feature is forecast higher than that with the poor one."""
    forecaster = _fit(_arms())
    good, poor = _forecasts(forecaster, [(Trial(100 + i, {}, {"x": x}), Curve([])) for i, x in enumerate((0.5, 0.02))])
    assert good.mean > poor.mean + 0.1
    assert good.horizon == HORIZON


def test_a_fresh_arm_without_features_is_one_like_the_others() -> None:
    """Where no features are known, an arm without an epoch is forecast as wide as the ends of all arms lie."""
    arms = [(Trial(trial.id), curve) for trial, curve in _arms()]
    (forecast,) = _forecasts(_fit(arms), [(Trial(99), Curve([]))])
    low, high = forecast.interval(0.9)
    assert low < np.quantile([curve.scores[-1] for _, curve in arms], 0.25)
    assert high > np.quantile([curve.scores[-1] for _, curve in arms], 0.75)


def test_two_arms_are_too_few() -> None:
    """With fewer than three arms it abstains, and says so."""
    answer = _fit(_arms(2)).forecast(Trial(9), Curve([0.1]))
    assert answer == Abstain("CurveProcess needs 3 arms that have trained an epoch, there are 2", Cause.TOO_FEW_CURVES)


@pytest.mark.parametrize("horizon", [1, 2, 3])
def test_short_horizons_are_forecast(horizon: int) -> None:
    """A horizon of a few epochs is forecast from fewer."""
    arms = [(trial, curve.prefix(1)) for trial, curve in _arms(6)]
    forecaster = _fit(arms, horizon)
    for tau in range(horizon):
        assert isinstance(forecaster.forecast(Trial(9, {}, {"x": 0.5}), Curve([0.2] * tau)), Forecast)


def test_a_missing_feature_counts_as_the_median() -> None:
    """An arm that lacks a feature is forecast as one that has the median of the others."""
    arms = _arms(25)
    middle = float(np.median([trial.features["x"] for trial, _ in arms]))
    forecaster = _fit(arms)
    known = forecaster.forecast(Trial(100, {}, {"x": middle}), Curve([0.3]))
    assert [forecaster.forecast(Trial(100, {}, f), Curve([0.3])) for f in ({}, {"x": float("nan")})] == [known] * 2


def test_an_explosion_ruins_no_forecast_of_others() -> None:
    """An arm whose loss grows to a million leaves the forecasts of all others near their ends."""
    losses = [(trial, Curve(-2.0 + curve.scores)) for trial, curve in _arms()]
    exploded = np.array(losses[0][1].scores)
    exploded[4:] = -1e6
    said = _forecasts(_fit([(losses[0][0], Curve(exploded)), *_halved(losses[1:])]), _halved(losses[1:]))
    ends = np.array([curve.scores[-1] for _, curve in losses[1:]])
    assert np.median(np.abs(np.array([forecast.mean for forecast in said]) - ends)) < 0.2
    assert all(forecast.interval(0.99)[1] <= 0 for forecast in said)


def test_no_interval_is_empty() -> None:
    """Curves that are all alike, at the best score there is, still leave an interval of some width."""
    arms = [(Trial(i, {}, {"x": i / 5}), Curve([1.0] * 4)) for i in range(5)]
    for forecast in _forecasts(_fit(arms), arms):
        low, high = forecast.interval(0.9)
        assert 0 <= low < high <= 1


def test_refit_keeps_hyperparameters_until_epochs_have_doubled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few more epochs change what is conditioned on; twice as many change hyperparameters too."""
    searches: list[int] = []
    search = ensemble.most_probable
    monkeypatch.setattr(ensemble, "most_probable", lambda *a: (searches.append(1), search(*a))[1])
    arms = _halved(_arms())
    more = [(arms[0][0], _arms()[0][1].prefix(12)), *arms[1:]]
    whole = [(trial, curve.prefix(15)) for trial, curve in _arms()]
    first = _fit(arms)
    counts = [len(searches)]
    for now in (more, whole):
        again = CurveProcess().refit(first, History.from_curves(now), horizon=HORIZON, rng=rng_for(0))
        counts.append(len(searches))
        assert again.forecast(*now[0]) != first.forecast(*arms[0])
    assert counts[0] == counts[1] < counts[2]


def test_refit_with_new_features_learns_anew() -> None:
    """Once arms have a second feature, hyperparameters of one feature are of no use, and the fit is made anew."""
    arms = _halved(_arms())
    wider = [(Trial(trial.id, {}, {**trial.features, "y": trial.id % 3}), curve) for trial, curve in arms]
    again = CurveProcess().refit(_fit(arms), History.from_curves(wider), horizon=HORIZON, rng=rng_for(0))
    assert isinstance(again.forecast(*wider[0]), Forecast)
