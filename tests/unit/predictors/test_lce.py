"""Learning-curve extrapolation, as its users see it. Chains are short: 60 steps of 100 walkers."""

import importlib.util
import math

import numpy as np
import pytest

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.errors import MissingDependency, SettingError
from bandits.forecasts import Abstain, Forecast, Link

pytest.importorskip("emcee")

from bandits.predictors.lce import LCE, falls, plateau
from bandits.stopping import ProbabilityRule
from bandits.verdicts import Drop, Keep

EPOCHS = np.arange(1.0, 51.0)
POWER = 0.8 - 0.6 * EPOCHS**-0.7
NOISE = 0.005 * np.random.default_rng(3).standard_normal(50)
QUICK = {"steps": 60, "burn_in": 30, "thin": 5}


def forecaster(horizon=50, seed=0, **settings):
    """LCE with a short chain."""
    return LCE(**(QUICK | settings)).fit(History(), horizon=horizon, rng=np.random.default_rng(seed))


def forecast(scores, horizon=50, trial=0, **settings):
    """What it says of one curve."""
    return forecaster(horizon, **settings).forecast(Trial(trial), Curve(scores))


def test_forecasts_the_end_of_a_rising_curve():
    """Half of a noisy curve tells its end; the last score seen is further off."""
    seen = (POWER + NOISE)[:25]
    answer = forecast(seen, steps=300, burn_in=100)

    assert abs(answer.mean - POWER[-1]) < 0.5 * abs(seen[-1] - POWER[-1])
    assert (50, Link.IDENTITY) == (answer.horizon, answer.link)


def test_a_forecast_holds_the_posterior_predictive():
    """Probabilities are counted among a thousand samples, whose median is the mean."""
    answer = forecast((POWER + NOISE)[:20])

    assert 1000 == len(answer.samples)
    assert list(answer.samples) == sorted(answer.samples)
    assert answer.prob_at_most(answer.mean) == pytest.approx(0.5, abs=0.002)
    assert answer.prob_at_most(answer.mean + answer.std) - answer.prob_at_most(
        answer.mean - answer.std
    ) == pytest.approx(0.683, abs=0.15)


def test_the_conservative_criterion_is_a_probability_rule():
    """A flat curve at 0.5 cannot reach 0.9 and is dropped; a bar below its last score keeps it."""
    flat = forecast(0.5 + NOISE[:25])

    assert isinstance(ProbabilityRule(0.95).judge(flat, bar=0.9), Drop)
    assert isinstance(ProbabilityRule(0.95).judge(flat, bar=0.4), Keep)


def test_the_optimistic_mode_takes_a_sure_forecast_for_certain():
    """Where the curve's own std is below the threshold, the forecast has no error: it loses or wins outright."""
    sure = (POWER + NOISE)[:45]
    careful, bold = forecast(sure), forecast(sure, mode="optimistic", certain_std=0.05)

    assert careful.std > 0.0 == bold.std
    assert bold.samples is None
    assert careful.mean == bold.mean
    assert isinstance(ProbabilityRule(0.999).judge(bold, bar=bold.mean + 1e-6), Drop)
    assert isinstance(ProbabilityRule(0.001).judge(bold, bar=bold.mean - 1e-6), Keep)
    assert careful == forecast(sure, mode="optimistic", certain_std=1e-9)


def test_an_arm_is_looked_at_every_so_many_epochs():
    """The check interval: at its multiples there is a forecast."""
    assert isinstance(forecast(POWER[:10], every=5), Forecast)
    assert isinstance(forecast(POWER[:11], every=5), Abstain)


def test_only_a_trend_downwards_is_a_fall():
    """Noise around a level is none, nor is a curve that rises and then falls a little."""
    noise = np.random.default_rng(0).standard_normal(30)

    assert falls(np.array([0.9, 0.5, 0.1]))
    assert falls(1 - POWER + NOISE)
    assert not falls(0.5 + 0.01 * noise)
    assert not falls(np.full(5, 0.5))
    assert not falls(np.concatenate([POWER[:20], POWER[20] - 0.001 * np.arange(10)]))


def test_an_exactly_constant_curve_stays():
    """Least squares that leave nothing are no obstacle."""
    answer = forecast(np.full(12, 0.5))

    assert 0.5 == pytest.approx(answer.mean, abs=0.01)


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
    """Percentages, errors, losses, perplexities and rewards: near the truth, on their range's scale."""
    scores = change(POWER + NOISE)
    answer = forecast(scores[:30])

    assert link is answer.link
    assert abs(answer.mean - scores[-1]) < 0.25 * abs(scores[0] - scores[-1])
    assert answer.std > 0
    assert link is Link.IDENTITY or answer.samples[-1] < 0


def test_the_same_question_gets_the_same_answer_in_any_order():
    """Random numbers belong to a trial and an epoch, not to a moment."""
    arms = [(Trial(i), Curve((POWER + NOISE)[:5])) for i in (0, 1)]
    together = forecaster().forecast_many(arms)
    backwards = forecaster().forecast_many(arms[::-1])[::-1]

    assert together == backwards
    assert together[0] != together[1]  # the same curve, but another trial
    assert together[0] != forecaster(seed=1).forecast(*arms[0])


@pytest.mark.parametrize(
    ("scores", "settings", "reason"),
    [
        (POWER[:4], {}, "LCE needs 5 epochs of the arm, has 4"),
        (POWER[:5], {"min_epochs": 6}, "LCE needs 6 epochs of the arm, has 5"),
        (POWER, {}, "the arm has already reached epoch 50"),
        (POWER[:9], {"every": 5}, "LCE looks at epochs that are multiples of 5, not at 9"),
        (POWER[:9], {"max_std": 1e-6}, "the forecast of trial 7 has a std of "),
        (POWER[:9], {"link": Link.LOG_LOSS}, "the scores of trial 7 are too large or too small, or its loss is <= 0"),
        (np.array([-1e308, 1e308] * 4), {}, "the scores of trial 7 are too large or too small, or its loss is <= 0"),
        (np.array([0.9, 0.5, 0.1]), {"min_epochs": 3}, "no family of rising curves fits trial 7"),
    ],
)
def test_abstains_with_a_reason(scores, settings, reason):
    """Too few epochs, an arm at its end, too wide a forecast, numbers out of range, and curves that fall."""
    answer = forecast(scores, trial=7, **settings)

    assert isinstance(answer, Abstain)
    assert reason in answer.reason


@pytest.mark.parametrize("factor", [1e-300, 1e300, -1.0])
@pytest.mark.parametrize(
    "shape",
    [POWER[:9], np.zeros(9), np.eye(1, 9, 8)[0], 1 - POWER[:9]],
    ids=["rising", "zeros", "jump", "falling"],
)
def test_odd_curves_give_a_forecast_or_a_reason(shape, factor):
    """Nothing is raised, nothing is NaN, no warning escapes."""
    answer = forecast(shape * factor, steps=12, burn_in=0, thin=3)

    assert isinstance(answer, Forecast) or answer.reason


def test_walkers_that_never_move_say_nothing(monkeypatch):
    """A start that is handed out as if it were the posterior would be no forecast."""
    from bandits.predictors.extrapolation.sampler import Samples

    monkeypatch.setattr("bandits.predictors.lce.sample", lambda posterior, start, rng, **settings: Samples(start, 0.0))

    assert "its walkers did not leave their start" in forecast(POWER[:9]).reason


def test_needs_no_other_curve():
    """It forecasts from an empty history, and a full one changes nothing."""
    full = History.from_curves((Trial(i), Curve(POWER + i)) for i in range(3))
    seen = (Trial(9), Curve(POWER[:8]))
    lce = LCE(**QUICK)

    assert 0 == lce.curves_needed(50)
    assert lce.fit(History(), horizon=50, rng=np.random.default_rng(0)).forecast(*seen) == lce.fit(
        full, horizon=50, rng=np.random.default_rng(0)
    ).forecast(*seen)


def test_the_epochs_before_learning_are_left_out():
    """A curve that starts late is forecast as the same curve without its start, for a horizon that much earlier."""
    flat = np.full(6, 0.1)
    late = np.concatenate([flat, POWER[:12]])

    assert 6 == plateau(late)
    assert 0 == plateau(np.full(9, 0.1)) == plateau(0.1 + 0.01 * np.arange(4))
    skipped, whole = forecast(late, 56), forecast(late, 56, skip_plateau=False)
    assert abs(skipped.mean - POWER[-1]) < abs(whole.mean - POWER[-1])
    answer = forecast(late[:11], 56, min_epochs=6)
    reason = "LCE needs 6 epochs from where the curve begins to rise; trial 0 has 5"
    assert Abstain(reason, Cause.TOO_FEW_EPOCHS) == answer


def test_without_noise_the_forecast_is_narrower():
    """The measurement's noise can be left out."""
    noisy = POWER[:40] + 20 * NOISE[:40]

    assert forecast(noisy, noise=False).std < forecast(noisy).std


def test_a_noisy_flat_curve_stays_below_the_best_possible_score():
    """No combined curve ends above an accuracy of 1, so that nothing is expected to jump."""
    answer = forecast(0.5 + 10 * NOISE[:40], noise=False)

    assert 0.45 < answer.mean < 0.65
    assert answer.samples[-1] <= 1.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"min_epochs": 2}, "`min_epochs` must be an integer >= 3, got 2"),
        ({"walkers": 1}, "`walkers` must be an integer >= 2, got 1"),
        ({"thin": 0}, "`thin` must be an integer >= 1, got 0"),
        ({"burn_in": -1}, "`burn_in` must be an integer >= 0, got -1"),
        ({"burn_in": 100, "steps": 100}, "`steps` must be an integer >= 115, got 100"),
        ({"recency": 0.0}, "`recency` must be > 0 and finite, got 0.0"),
        ({"recency": math.nan}, "`recency` must be > 0 and finite, got nan"),
        ({"every": 0}, "`every` must be an integer >= 1, got 0"),
        ({"mode": "bold"}, "`mode` must be one of 'conservative', 'optimistic', got 'bold'"),
        ({"certain_std": 0.0}, "`certain_std` must be > 0 and finite, got 0.0"),
        ({"certain_std": math.nan}, "`certain_std` must be > 0 and finite, got nan"),
        ({"max_std": 0.0}, "`max_std` must be > 0 and finite, or None, got 0.0"),
        ({"link": "log"}, "`link` must be one of 'auto', 'identity', 'log_loss', got 'log'"),
    ],
)
def test_settings_have_rules(settings, message):
    """Each broken rule is named, with the value."""
    with pytest.raises(SettingError) as raised:
        LCE(**settings)

    assert message == str(raised.value)


def test_the_horizon_is_at_least_one():
    """As for every predictor."""
    with pytest.raises(SettingError, match="`horizon` must be an integer >= 1, got 0"):
        LCE().fit(History(), horizon=0, rng=np.random.default_rng(0))


def test_settings_can_be_read_and_compared():
    """Two with the same settings are equal; the repr builds the same object."""
    lce = LCE(walkers=120, link=Link.IDENTITY)

    assert lce == LCE(walkers=120, link=Link.IDENTITY)
    assert lce != LCE()
    assert "LCE(min_epochs=5, every=1, walkers=120, steps=1000" in repr(lce)


def test_without_emcee_the_message_holds_the_command(monkeypatch):
    """The sampler's library is optional."""
    monkeypatch.setattr("bandits.predictors.extrapolation.sampler.find_spec", lambda name: None)

    with pytest.raises(MissingDependency, match=r"pip install 'emcee>="):
        LCE()
    assert importlib.util.find_spec("emcee") is not None
