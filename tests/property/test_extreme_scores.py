"""Whatever finite scores a curve holds, up to 1e300: a predictor forecasts something finite or says why not."""

import math
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Abstain, Forecast
from bandits.predictors import (
    BNN,
    LCE,
    SRM,
    GaussianProcess,
    LastSeenValue,
    NGBoost,
    Parametric,
    Predictor,
    QuantileForest,
)
from bandits.rng import rng_for

CURVES, HORIZON = 8, 6
# predictor: how many examples its cost allows
PREDICTORS: dict[Predictor, int] = {
    SRM(min_curves=3): 15,
    SRM("svr_rbf", min_curves=3, draws=2): 15,
    SRM("svr_linear", min_curves=3, draws=2): 15,
    SRM("ols", min_curves=3): 25,
    SRM("ridge", min_curves=3): 25,
    SRM("ridge", min_curves=3, uncertainty="bootstrap"): 5,
    SRM("forest", min_curves=3, draws=1): 1,
    GaussianProcess(min_curves=3): 15,
    LastSeenValue(min_curves=3): 25,
    Parametric(): 10,
    Parametric("mmf"): 5,
    QuantileForest(min_curves=3, trees=20): 5,
    NGBoost(min_curves=3, rounds=3): 5,
    LCE(steps=20, burn_in=5, walkers=60): 3,
}
if find_spec("torch"):
    PREDICTORS[BNN(min_curves=3, chains=1, burn_in=10, networks=2, keep_every=2)] = 3

magnitudes = st.sampled_from([1e3, 1e7, 1e12, 1e34, 1e155, 1e200, 1e300])
spikes = st.tuples(
    st.integers(0, CURVES - 1), st.integers(0, HORIZON - 1), magnitudes, st.sampled_from([-1.0, 1.0]), st.booleans()
)


def scores_of(kind: str, changes: list[tuple[int, int, float, float, bool]], seed: int) -> np.ndarray:
    """`[curves, horizon]` ordinary curves, some of which diverge for an epoch or for good."""
    rng = np.random.default_rng(seed)
    rises = (
        rng.uniform(0.3, 0.9, (CURVES, 1)) - 0.3 / np.arange(1, HORIZON + 1) + rng.normal(0, 0.01, (CURVES, HORIZON))
    )
    scores = np.asarray({"accuracies": rises, "losses": -np.exp(-3 * rises), "huge": 1e300 * rises}[kind])
    for curve, epoch, magnitude, sign, for_good in changes:
        scores[curve, epoch : HORIZON if for_good else epoch + 1] = sign * magnitude
    return scores


@pytest.mark.parametrize("predictor", PREDICTORS, ids=repr)
def test_no_finite_score_breaks_a_predictor(predictor: Predictor) -> None:
    """Among ordinary curves, scores up to 1e300 raise nothing and warn of nothing, neither as lessons nor as
    questions."""

    @settings(max_examples=PREDICTORS[predictor], derandomize=True, database=None, deadline=None)
    @given(st.sampled_from(["accuracies", "losses", "huge"]), st.lists(spikes, max_size=4), st.integers(0, 99))
    def holds(kind: str, changes: list[tuple[int, int, float, float, bool]], seed: int) -> None:
        scores = scores_of(kind, changes, seed)
        arms = [(Trial(i, {}, {"x": i / CURVES}), Curve(row)) for i, row in enumerate(scores)]
        lessons = [(trial, curve.prefix(4) if trial.id == 5 else curve) for trial, curve in arms]
        forecaster = predictor.fit(History.from_curves(lessons), horizon=HORIZON, rng=rng_for(seed))
        asked = [(trial, curve.prefix(tau)) for trial, curve in arms[:3] for tau in (1, 5)]
        for answer in forecaster.forecast_many(asked):
            if isinstance(answer, Forecast):
                assert math.isfinite(answer.mean)
                assert math.isfinite(answer.std)
                assert 0.0 <= answer.prob_at_most(0.5) <= 1.0
            else:
                assert isinstance(answer, Abstain)
                assert answer.reason
        forecaster.leave_one_out(5)

    holds()


@pytest.mark.parametrize("predictor", [SRM(), LastSeenValue(min_curves=10), GaussianProcess(min_curves=10)], ids=repr)
def test_a_curve_out_of_all_proportion_teaches_nothing(predictor: Predictor) -> None:
    """Other arms are forecast as if a curve with a score of 1e200 were not there."""
    rng = np.random.default_rng(0)
    ramps = [
        (Trial(i, {}, {"x": i / 20}), Curve(np.linspace(0.1, 0.5 + i / 50, 6) + rng.normal(0, 0.01, 6)))
        for i in range(20)
    ]
    outsized = (Trial(20, {}, {"x": 0.5}), Curve([0.1, 0.2, 1e200, 0.3, 0.4, 0.5]))
    question = (Trial(99, {}, {"x": 0.3}), ramps[6][1].prefix(3))
    answers = [
        predictor.fit(History.from_curves(pairs), horizon=6, rng=rng_for(0)).forecast(*question)
        for pairs in (ramps, [*ramps, outsized])
    ]
    assert isinstance(answers[0], Forecast)
    assert answers[0] == answers[1]


def test_too_few_curves_says_which_were_left_out() -> None:
    """The reason counts curves out of all proportion apart from those that lack a feature."""
    ramps = [(Trial(i, {}, {"x": i / 10}), Curve([0.1, 0.2, 0.3 + i / 10])) for i in range(8)]
    odd = [
        (Trial(8, {}, {"x": 0.5}), Curve([0.1, 1e200, 0.4])),
        (Trial(9, {}, {"x": math.nan}), Curve([0.1, 0.2, 0.4])),
    ]
    answer = SRM().fit(History.from_curves([*ramps, *odd]), horizon=3, rng=rng_for(0)).forecast(*ramps[0])
    assert isinstance(answer, Abstain)
    assert answer.reason == (
        "SRM needs 10 curves that reached epoch 3, has 8"
        " (1 more lack a finite feature and 1 more have scores far too large beside the others)"
    )


@pytest.mark.parametrize(
    "predictor", [LastSeenValue(min_curves=10), GaussianProcess(min_curves=10), SRM("ols")], ids=repr
)
def test_no_forecast_is_out_of_all_proportion(predictor: Predictor) -> None:
    """An arm that shows 1e200 is not forecast there: a rule that learns from such a forecast could not compute."""
    ramps = [(Trial(i, {}, {"x": (7 * i) % 20}), Curve(np.linspace(0.1, 0.5 + i / 50, 6))) for i in range(20)]
    forecaster = predictor.fit(History.from_curves(ramps), horizon=6, rng=rng_for(0))
    answer = forecaster.forecast(Trial(99, {}, {"x": 3.0}), Curve([0.1, 1e200]))
    assert isinstance(answer, Abstain) or abs(answer.mean) < 1e7
