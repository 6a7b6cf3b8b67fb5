"""Sequential regression models, as their users see them."""

import math

import numpy as np
import pytest

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.errors import SettingError
from bandits.forecasts import Abstain, Forecast, Link
from bandits.predictors import SRM
from bandits.predictors.regression.regressors import root_mean_square

HORIZON = 12
MODELS = ["auto", "svr_rbf", "svr_linear", "ols", "ridge"]  # a forest is slow to grow: it has its own tests


def arms(n, seed=0, horizon=HORIZON, noise=0.01, first_id=0):
    """Saturating accuracy curves whose end depends on a learning rate and a depth."""
    rng = np.random.default_rng(seed)
    made = []
    for i in range(n):
        lr, depth = 10 ** rng.uniform(-4, -1), float(rng.integers(1, 9))
        end = 0.8 - 0.05 * (math.log10(lr) + 2.5) ** 2 + 0.01 * depth
        scores = end * (1 - np.exp(-np.arange(1, horizon + 1) / (2 + depth / 4)))
        trial = Trial(id=first_id + i, features={"lr": lr, "depth": depth})
        made.append((trial, Curve(scores + noise * rng.standard_normal(horizon))))
    return made


def losses(n, seed=0, horizon=HORIZON, first_id=0):
    """Scores of perplexities between about 50 and 2000, with a heavy tail."""
    rng = np.random.default_rng(seed)
    made = []
    for i in range(n):
        end = 4.2 + 0.3 * rng.standard_exponential() * (3 if rng.random() < 0.1 else 1)
        logs = end + 2 * np.exp(-np.arange(1, horizon + 1) / 4) + 0.01 * rng.standard_normal(horizon)
        made.append((Trial(id=first_id + i, features={"units": float(i % 7)}), Curve(-np.exp(logs))))
    return made


def fit(pairs, horizon=HORIZON, seed=0, **settings):
    """A forecaster fitted on some curves."""
    return SRM(**settings).fit(History.from_curves(pairs), horizon=horizon, rng=np.random.default_rng(seed))


def partial(pairs, tau=4):
    """The same arms after `tau` epochs."""
    return [(trial, curve.prefix(tau)) for trial, curve in pairs]


@pytest.mark.parametrize("model", MODELS)
def test_every_model_beats_the_mean(model):
    """Forecasts of unseen arms are much closer than the mean of the training curves."""
    forecaster = fit(arms(50), model=model, draws=40)
    new = arms(60, seed=1, first_id=100)
    means = np.array([forecast.mean for forecast in forecaster.forecast_many(partial(new))])
    truth = np.array([curve.scores[-1] for _, curve in new])

    assert root_mean_square(means - truth) < 0.6 * truth.std()


@pytest.mark.parametrize("model", ["auto", "svr_rbf", "ridge"])
def test_sigma_matches_the_errors_of_new_arms(model):
    """The standard deviation is near the root mean square error on arms that were not trained on."""
    forecaster = fit(arms(100), model=model, draws=12)
    new = arms(200, seed=1, first_id=200)
    forecasts = forecaster.forecast_many(partial(new))
    errors = [(curve.scores[-1] - f.mean) / f.std for (_, curve), f in zip(new, forecasts, strict=True)]

    assert 0.75 < root_mean_square(np.array(errors)) < 1.35


@pytest.mark.parametrize("model", MODELS)
def test_forecast_many_equals_forecast(model):
    """Asking for many arms of mixed lengths gives what asking for each alone gives, in order."""
    forecaster = fit(arms(30), model=model, draws=2)
    mixed = [(trial, curve.prefix(1 + i % 3)) for i, (trial, curve) in enumerate(arms(9, seed=1, first_id=50))]
    together = forecaster.forecast_many(mixed)
    alone = [forecaster.forecast(trial, curve) for trial, curve in mixed]

    assert [pytest.approx(f.mean, rel=1e-9) for f in alone] == [f.mean for f in together]
    assert [pytest.approx(f.std) for f in alone] == [f.std for f in together]


@pytest.mark.parametrize("model", MODELS)
def test_the_order_of_questions_does_not_matter(model):
    """Each tau has its own random numbers: asking for another one first changes no byte."""
    (arm, curve), *_ = arms(1, seed=1, first_id=50)
    forward, backward = fit(arms(30), model=model, draws=2), fit(arms(30), model=model, draws=2)
    first = [forward.forecast(arm, curve.prefix(tau)) for tau in (1, 2, 5)]
    second = [backward.forecast(arm, curve.prefix(tau)) for tau in (5, 2, 1)]

    assert first == second[::-1]


@pytest.mark.parametrize("model", MODELS)
def test_nothing_beyond_the_horizon_is_seen(model):
    """Training scores after the horizon may be anything."""
    clean = arms(25)
    spoiled = [(t, Curve(np.r_[c.scores[:8], np.random.default_rng(t.id).normal(0, 1e3, 4)])) for t, c in clean]
    arm, curve = arms(1, seed=1, first_id=50)[0]
    expected = fit(clean, horizon=8, model=model, draws=2).forecast(arm, curve.prefix(3))

    assert isinstance(expected, Forecast)
    assert expected == fit(spoiled, horizon=8, model=model, draws=2).forecast(arm, curve.prefix(3))


def test_training_scores_after_tau_matter_only_as_targets():
    """With the end of every training curve fixed, what happens between tau and there changes nothing."""
    clean = arms(25)
    spoiled = [(t, Curve(np.r_[c.scores[:4], c.scores[4:-1] ** 2, c.scores[-1]])) for t, c in clean]
    arm, curve = arms(1, seed=1, first_id=50)[0]

    assert fit(clean).forecast(arm, curve.prefix(4)) == fit(spoiled).forecast(arm, curve.prefix(4))


def test_losses_are_forecast_on_a_log_scale():
    """A perplexity that spans a factor of 3 gets the log link, and `std` is sigma over the link's slope."""
    forecaster = fit(losses(40), model="ridge")
    good, bad = sorted((f for f in forecaster.forecast_many(partial(losses(30, seed=1)))), key=lambda f: -f.mean)[::29]

    assert Link.LOG_LOSS is good.link
    assert good.std * Link.LOG_LOSS.slope(good.mean) == pytest.approx(bad.std * Link.LOG_LOSS.slope(bad.mean))
    assert bad.std > good.std > 0


@pytest.mark.parametrize("link", [Link.IDENTITY, Link.LOG_LOSS])
def test_the_link_can_be_set(link):
    """A link that is named is used."""
    assert link is fit(losses(40), link=link).forecast(*partial(losses(1, seed=1))[0]).link


def test_accuracies_refuse_a_log_link():
    """A link that has no place for the scores is a reason to abstain, not an error."""
    answer = fit(arms(40), link=Link.LOG_LOSS).forecast(*partial(arms(1, seed=1))[0])

    assert (
        Abstain(
            "SRM was told to use the logarithm of the loss, but a training curve has a loss <= 0", Cause.UNUSABLE_SCORES
        )
        == answer
    )


@pytest.mark.parametrize("model", ["auto", "svr_rbf", "ridge"])
@pytest.mark.parametrize("link", ["auto", Link.IDENTITY])
def test_heavy_tails_and_twenty_curves_stay_in_range(model, link):
    """Twenty losses with a heavy tail give forecasts of the size of losses that were seen."""
    train, new = losses(20, seed=3), losses(200, seed=4, first_id=100)
    forecasts = fit(train, model=model, link=link, draws=8).forecast_many(partial(new, tau=2))
    ends = np.array([curve.scores[-1] for _, curve in train])

    assert all(isinstance(f, Forecast) for f in forecasts)
    if model == "auto" and link is Link.IDENTITY:
        assert min(f.mean for f in forecasts) >= (4 * ends.min() - 3 * np.median(ends)) * (1 + 1e-9)
        assert max(f.mean for f in forecasts) <= 4 * ends.max() - 3 * np.median(ends)
    assert all(f.std <= 3 * max(np.ptp(ends), abs(f.mean)) for f in forecasts)


def test_too_few_curves():
    """With fewer curves than needed, every question gets the same reason."""
    forecaster = fit([(t, c) for t, c in arms(30)][:8], horizon=7)
    answer = forecaster.forecast(*partial(arms(1, seed=1))[0])

    assert Abstain("SRM needs 10 curves that reached epoch 7, has 8", Cause.TOO_FEW_CURVES) == answer
    assert [answer] * 2 == forecaster.forecast_many(partial(arms(2, seed=1)))


def test_no_curves():
    """An empty history is too few curves."""
    answer = fit([], min_curves=2).forecast(*partial(arms(1))[0])

    assert Abstain("SRM needs 2 curves that reached epoch 12, has 0", Cause.TOO_FEW_CURVES) == answer


def test_curves_without_features_do_not_count():
    """Training trials whose features are incomplete are left out, and the reason says so."""
    pairs = arms(12)
    broken = [(Trial(t.id, features={**t.features, "lr": math.nan}), c) for t, c in pairs[:3]]
    answer = fit(broken + pairs[3:]).forecast(*partial(arms(1, seed=1))[0])

    assert (
        Abstain(
            "SRM needs 10 curves that reached epoch 12, has 9 (3 more lack a finite feature)", Cause.MISSING_FEATURES
        )
        == answer
    )


@pytest.mark.parametrize(("tau", "reason"), [(12, "the arm has already reached epoch 12"), (0, "not been measured")])
def test_nothing_left_to_forecast(tau, reason):
    """An arm at the horizon, or before its first epoch, gets no forecast."""
    arm, curve = arms(1, seed=1)[0]

    assert reason in fit(arms(25)).forecast(arm, Curve(curve.scores[:tau])).reason


@pytest.mark.parametrize(
    ("features", "reason"),
    [
        ({"lr": 0.1}, "SRM learned from the feature 'depth', which trial 7 lacks"),
        ({"lr": math.inf, "depth": 1.0}, "feature 'lr' of trial 7 is not a finite number: inf"),
        ({"lr": "fast", "depth": 1.0}, "feature 'lr' of trial 7 is not a finite number: 'fast'"),
    ],
)
def test_features_that_are_missing_or_not_finite_are_named(features, reason):
    """An arm whose features cannot be used gets no forecast; the others are not affected."""
    forecaster = fit(arms(25))
    good, odd = partial(arms(1, seed=1))[0], (Trial(id=7, features=features), Curve([0.1, 0.2]))

    assert Abstain(reason, Cause.MISSING_FEATURES) == forecaster.forecast(*odd)
    assert isinstance(forecaster.forecast_many([odd, good])[1], Forecast)


def test_features_that_were_not_trained_on_are_ignored():
    """An extra feature of an arm changes nothing."""
    forecaster = fit(arms(25))
    arm, curve = partial(arms(1, seed=1))[0]

    assert forecaster.forecast(arm, curve) == forecaster.forecast(
        Trial(arm.id, features={**arm.features, "new": math.nan}), curve
    )


def test_equal_targets_say_nothing_of_errors():
    """Where every curve ends at the same score, certainty would be unfounded."""
    flat = [(t, Curve(np.r_[c.scores[:-1], 0.5])) for t, c in arms(25)]

    assert "all 25 curves have the same score at epoch 12" in fit(flat).forecast(*partial(arms(1, seed=1))[0]).reason


def test_equal_inputs_say_nothing_of_arms():
    """Where nothing tells the training curves apart yet, there is nothing to learn from."""
    alike = [(Trial(t.id), Curve(np.r_[0.1, c.scores[1:]])) for t, c in arms(25)]

    assert (
        "the 25 training curves have the same inputs at epoch 1" in fit(alike).forecast(Trial(99), Curve([0.1])).reason
    )


def test_an_arm_without_a_logarithm():
    """An arm whose loss is 0 gets no forecast from a model of logarithms."""
    answer = fit(losses(25)).forecast(Trial(5, features={"units": 1.0}), Curve([-90.0, 0.0]))

    assert (
        Abstain("trial 5 has a loss <= 0, and SRM uses the logarithm of the loss here", Cause.UNUSABLE_SCORES) == answer
    )


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "case",
    [
        "duplicates",
        "no features",
        "constant columns",
        "fewer curves than inputs",
        "two curves",
        "huge",
        "tiny",
        "ramps",
    ],
)
def test_odd_data_gives_finite_forecasts_or_reasons(model, case):
    """Whatever the curves look like, the answer is a finite forecast or a reason, and no warning."""
    pairs = arms(12, noise=0.0 if case == "ramps" else 0.01)
    if case == "duplicates":
        pairs = [(Trial(i, features=t.features), c) for i, (t, c) in enumerate(pairs[:3] * 4)]
    elif case == "no features":
        pairs = [(Trial(t.id), c) for t, c in pairs]
    elif case == "constant columns":
        pairs = [(Trial(t.id, features={"lr": 0.1}), Curve(np.r_[0.1, 0.1, 0.1, c.scores[3:]])) for t, c in pairs]
    elif case == "two curves":
        pairs = pairs[:2]
    elif case in ("huge", "tiny"):
        size = 1e300 if case == "huge" else 1e-300
        pairs = [(Trial(t.id, features={"lr": t.features["lr"] * size}), Curve(c.scores * size)) for t, c in pairs]
    elif case == "ramps":
        pairs = [(t, Curve(np.linspace(0, c.scores[-1], HORIZON))) for t, c in pairs]
    forecaster = fit(pairs, model=model, min_curves=2, draws=2)
    for tau in (1, 2, 11):
        for answer in forecaster.forecast_many(partial(pairs, tau)):
            assert isinstance(answer, Forecast) or answer.reason


@pytest.mark.parametrize("model", ["auto", "svr_rbf", "ols", "ridge"])
def test_an_arm_out_of_all_proportion(model):
    """An arm whose numbers are far beyond the training curves gets a finite forecast or a reason."""
    forecaster = fit(arms(25), model=model, draws=2)
    for size in (1e10, 1e160, 1e308):
        answer = forecaster.forecast(Trial(9, features={"lr": size, "depth": -size}), Curve([size, -size, size]))

        assert isinstance(answer, Forecast) or "too large to compute with" in answer.reason


def test_a_forest_is_drawn_from_its_seed():
    """Forests of the same history and generator agree in every byte, ask for either tau first; another seed differs."""
    arm, curve = arms(1, seed=1)[0]
    forecasters = [fit(arms(20), seed=seed, model="forest", draws=1) for seed in (0, 0, 1)]
    first, second, third = (
        {tau: forecaster.forecast(arm, curve.prefix(tau)) for tau in order}
        for forecaster, order in zip(forecasters, [(1, 2), (2, 1), (1, 2)], strict=True)
    )

    assert first == second
    assert all(first[tau] != third[tau] for tau in (1, 2))
    assert 0.4 < first[2].mean < 1.0


def test_a_forest_of_few_curves():
    """Curves that are in the bag of every tree still have a residual, and an arm out of all proportion a reason."""
    forecaster = fit(arms(3), model="forest", min_curves=2, draws=1)
    good, odd = partial(arms(1, seed=1))[0], (Trial(9, features={"lr": 1e300, "depth": 1.0}), Curve([1e300, 0.1]))

    assert isinstance(forecaster.forecast(*good), Forecast)
    assert "too large to compute with" in forecaster.forecast(*odd).reason


@pytest.mark.parametrize("model", ["auto", "ridge", "svr_rbf"])
def test_without_the_curve_only_features_count(model):
    """With `use_curve=False` two arms with the same features get the same forecast, whatever their curves."""
    forecaster = fit(arms(40), model=model, draws=3, use_curve=False)
    features = {"lr": 0.003, "depth": 4.0}
    first, second = (
        forecaster.forecast(Trial(99, features=features), Curve(scores)) for scores in ([0.1, 0.2], [0.4, 0.7])
    )

    assert first == second
    assert forecaster.forecast(Trial(99, features={"lr": 0.1, "depth": 4.0}), Curve([0.1, 0.2])) != first


def test_without_curve_and_features_nothing_is_known():
    """There is a reason, not a forecast, where no input is left."""
    forecaster = fit([(Trial(t.id), c) for t, c in arms(25)], use_curve=False)

    assert "the 25 training curves have the same inputs at epoch 3" in (
        forecaster.forecast(Trial(99), Curve([0.1, 0.2, 0.3])).reason
    )


def test_bootstrap_errors_grow_where_nothing_was_learnt():
    """The mean is that of all curves, the error about the size of the errors of new arms, and larger far away."""
    forecaster = fit(arms(60), model="ridge", uncertainty="bootstrap")
    plain = fit(arms(60), model="ridge")
    new = arms(100, seed=1, first_id=200)
    forecasts = forecaster.forecast_many(partial(new))
    errors = np.array([(curve.scores[-1] - f.mean) / f.std for (_, curve), f in zip(new, forecasts, strict=True)])
    far = forecaster.forecast(Trial(9, features={"lr": 10.0, "depth": 30.0}), new[0][1].prefix(4))

    assert [f.mean for f in forecasts] == [f.mean for f in plain.forecast_many(partial(new))]
    assert 0.7 < root_mean_square(errors) < 1.4
    assert far.std > 2 * np.median([f.std for f in forecasts])


def test_a_bootstrap_of_alike_curves_falls_back():
    """Where resamples of two curves are all alike, the leave-one-out error stands."""
    answer = fit(arms(2), model="ridge", uncertainty="bootstrap", min_curves=2).forecast(*partial(arms(1, seed=1))[0])

    assert isinstance(answer, Forecast)


def test_a_refit_keeps_hyperparameters_and_learns_new_curves():
    """After one more curve, a refit searches for nothing, and forecasts almost what a fit from scratch does."""
    first = fit(arms(60))
    pairs, question = arms(61), partial(arms(20, seed=1, first_id=200))
    first.forecast_many(question)
    history = History.from_curves(pairs)
    again = SRM().refit(first, history, horizon=HORIZON, rng=np.random.default_rng(1))
    renewed = np.array([f.mean for f in again.forecast_many(question)])
    scratch = np.array([f.mean for f in fit(pairs).forecast_many(question)])
    logs = [
        [member.logs.tolist() for group in forecaster._stages[4].fitted.groups for member in group]
        for forecaster in (first, again)
    ]

    assert logs[0] == logs[1]
    np.testing.assert_allclose(renewed, scratch, atol=0.005)
    assert renewed.tolist() != [f.mean for f in first.forecast_many(question)]


def test_a_refit_of_too_few_curves_abstains():
    """A forecaster that abstained has nothing to hand on."""
    first = fit(arms(3))
    again = SRM().refit(first, History.from_curves(arms(4)), horizon=HORIZON, rng=np.random.default_rng(1))

    assert "needs 10 curves" in again.forecast(*partial(arms(1, seed=1))[0]).reason


@pytest.mark.parametrize("failed", [1e34, 1e300])
def test_a_diverged_run_leaves_the_others_alone(failed):
    """One run of thirty whose loss is 1e34 moves the forecasts of ordinary arms by less than their error."""
    ordinary = losses(30)
    diverged = (Trial(99, features={"units": 3.0}), Curve(-np.geomspace(50.0, failed, HORIZON)))
    new = partial(losses(30, seed=1, first_id=200))
    truth = np.array([curve.scores[-1] for _, curve in losses(30, seed=1)])
    errors = [
        np.median(np.abs(np.log([f.mean for f in fit(pairs).forecast_many(new)] / truth)))
        for pairs in (ordinary, [*ordinary, diverged])
    ]

    assert errors[1] < 1.5 * errors[0]


def test_a_regression_is_fitted_once():
    """The regression of one tau is kept."""
    forecaster = fit(arms(25))
    forecaster.forecast(*partial(arms(1, seed=1))[0])
    stage = forecaster._stages[4]
    forecaster.forecast(*partial(arms(2, seed=1))[1])

    assert {4: stage} == forecaster._stages
    assert stage is forecaster._stages[4]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"model": "svm"},
            "`model` must be one of 'auto', 'svr_rbf', 'svr_linear', 'forest', 'ols', 'ridge', got 'svm'",
        ),
        ({"min_curves": 0}, "`min_curves` must be an integer >= 2, got 0"),
        ({"min_curves": "20"}, "`min_curves` must be an integer >= 2, got '20'"),
        ({"draws": 0}, "`draws` must be an integer >= 1, or None, got 0"),
        ({"folds": 1}, "`folds` must be an integer >= 2, got 1"),
        ({"uncertainty": "none"}, "`uncertainty` must be one of 'loo', 'bootstrap', got 'none'"),
        ({"use_curve": 1}, "`use_curve` must be True or False, got 1"),
        ({"link": "log"}, "`link` must be one of 'auto', 'identity', 'log_loss', got 'log'"),
    ],
)
def test_settings_that_break_a_rule(settings, message):
    """Each setting has a rule, and the error names it."""
    with pytest.raises(SettingError) as error:
        SRM(**settings)

    assert message == str(error.value)


def test_the_horizon_must_be_an_epoch():
    """There is no epoch 0 to forecast."""
    with pytest.raises(SettingError, match="`horizon` must be an integer >= 1, got 0"):
        fit(arms(3), horizon=0)


def test_settings_are_values():
    """Two predictors with the same settings are equal, and show how to make them."""
    assert SRM("ridge", min_curves=5) == SRM("ridge", min_curves=5)
    assert SRM("ridge") != SRM("ols")
    assert eval(repr(SRM("ridge", min_curves=5, use_curve=False))) == SRM("ridge", min_curves=5, use_curve=False)  # noqa: S307
    assert 5 == SRM(min_curves=5).curves_needed(horizon=100)
