"""Curves that stopped before the horizon teach how curves go on, as far as they went."""

import math
from dataclasses import replace

import numpy as np
import pytest

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.errors import SettingError
from bandits.forecasts import Abstain, Forecast, Link
from bandits.predictors import SRM
from bandits.predictors.features import Design, StaticFeatures
from bandits.predictors.regression.gaussian_process import AdditiveProcess
from bandits.predictors.regression.gp_ensemble import CURVE_ALONE, WHOLE, GPEnsemble
from bandits.predictors.regression.imputation import Imputed, stopped_curves
from bandits.predictors.score_scale import ScoreScale

HORIZON = 20


def arms(n, seed=0, first_id=0):
    """Curves that wander: each epoch starts from where the one before ended, and a learning rate says how steeply."""
    rng = np.random.default_rng(seed)
    made = []
    for i in range(n):
        lr = 10 ** rng.uniform(-4, -1)
        slope = 0.02 - 0.004 * (math.log10(lr) + 2.5) ** 2
        steps = slope * 0.95 ** np.arange(HORIZON) + 0.01 * rng.standard_normal(HORIZON)
        made.append(
            (Trial(first_id + i, features={"lr": lr}), Curve(0.3 + 0.1 * rng.standard_normal() + steps.cumsum()))
        )
    return made


def cut(pairs, tau):
    """The same arms after `tau` epochs."""
    return [(trial, curve.prefix(tau)) for trial, curve in pairs]


def halving(n=80, seed=0):
    """What successive halving leaves behind: a third goes beyond epoch 2, a third of these beyond 7."""
    pairs = arms(n, seed)
    history = []
    for tau in (2, 7):
        pairs = sorted(pairs, key=lambda arm, tau=tau: -arm[1].scores[tau - 1])
        history += cut(pairs[len(pairs) // 3 :], tau)
        pairs = pairs[: len(pairs) // 3]
    return history + pairs


def fit(pairs, horizon=HORIZON, seed=0, **settings):
    """A forecaster fitted to some curves."""
    settings = {"min_curves": 5} | settings
    return SRM(**settings).fit(History.from_curves(pairs), horizon=horizon, rng=np.random.default_rng(seed))


QUESTIONS = [(trial, curve.prefix(1 + i % 12)) for i, (trial, curve) in enumerate(arms(24, seed=9, first_id=900))]


def test_without_stopped_curves_nothing_changes():
    """Where every curve is complete, forecasts are to the byte those that complete curves alone give."""
    pairs = arms(25)

    assert fit(pairs).forecast_many(QUESTIONS) == fit(pairs, partial=False).forecast_many(QUESTIONS)


def test_switched_off_stopped_curves_are_not_seen():
    """With `partial=False`, and for regressions that cannot, a curve that stopped might as well not be there."""
    complete, stopped = arms(25), cut(arms(20, seed=1, first_id=100), 6)
    for settings in ({"partial": False}, {"model": "ridge"}, {"use_curve": False}):
        alone = fit(complete, **settings).forecast_many(QUESTIONS)
        assert alone == fit(complete + stopped, **settings).forecast_many(QUESTIONS)


def test_the_setting_is_true_or_false():
    """Anything else is refused by name."""
    with pytest.raises(SettingError, match="`partial`"):
        SRM(partial=1)


def test_a_curve_that_stopped_at_nine_is_complete_up_to_there():
    """For horizon 9, and those below, it teaches to the byte what a full curve does."""
    full = arms(25)
    some_stopped = full[:10] + cut(full[10:], 9)
    for horizon in (9, 5):
        questions = [(trial, curve) for trial, curve in QUESTIONS if curve.tau < horizon]
        assert fit(full, horizon).forecast_many(questions) == fit(some_stopped, horizon).forecast_many(questions)


def test_a_stopped_curve_teaches_before_its_end_and_not_after():
    """Curves that stopped at 6 change forecasts from epochs 1 to 5, and none from epoch 6 on."""
    complete, stopped = arms(25), cut(arms(40, seed=1, first_id=100), 6)
    arm, curve = arms(1, seed=9, first_id=900)[0]
    alone, taught = fit(complete), fit(complete + stopped)
    same = [alone.forecast(arm, curve.prefix(tau)) == taught.forecast(arm, curve.prefix(tau)) for tau in range(1, 12)]

    assert [False] * 5 + [True] * 6 == same


def test_stand_ins_never_come_from_later_epochs():
    """What stands in for a curve's score is the forecast made at its last epoch, from curves that went further."""
    pairs = halving()
    forecaster = fit(pairs)
    forecaster.forecast_many(QUESTIONS)
    shorter = fit([(trial, curve) for trial, curve in pairs if curve.tau > 2])
    by_length = {length: [pair for pair in pairs if pair[1].tau == length] for length in (7, 2)}
    for length, stopped in by_length.items():
        source = shorter if length == 7 else forecaster
        expected = [forecast.mean for forecast in source.forecast_many(stopped)]
        np.testing.assert_allclose(forecaster._scale.restore(forecaster._imputed[length].means), expected)


def test_the_order_of_questions_does_not_matter():
    """Regressions that others need are the same, whoever asks for them first."""
    pairs = halving()
    forward, backward = fit(pairs), fit(pairs)

    assert [forward.forecast(*q) for q in QUESTIONS] == [backward.forecast(*q) for q in QUESTIONS[::-1]][::-1]


def test_residuals_are_those_of_complete_curves_in_order():
    """They come in the order of `History.reaching`, and belong to complete curves alone."""
    pairs = halving()
    history = History.from_curves(pairs)
    forecaster = SRM(min_curves=5).fit(history, horizon=HORIZON, rng=np.random.default_rng(0))
    forecaster.forecast_many(QUESTIONS)
    complete = history.reaching(HORIZON)
    stage = forecaster._stages[4]
    targets = forecaster._scale.apply(np.array([curve.scores[-1] for _, curve in complete]))
    process = stage.fitted.groups[0][0]

    assert len(complete) == len(stage.fitted.residuals) < len(process.target)
    np.testing.assert_allclose(
        process.target[: len(complete)] * process.unit, targets - process_last(complete, 4, forecaster)
    )


def process_last(pairs, tau, forecaster):
    """Scores at epoch tau in the forecaster's unit."""
    return forecaster._scale.apply(np.array([curve.scores[tau - 1] for _, curve in pairs]))


def test_they_help_where_only_the_best_went_on():
    """After successive halving, forecasts of arms from their first epochs are closer to the truth with them."""
    new = arms(200, seed=5, first_id=1000)
    truth = np.array([curve.scores[-1] for _, curve in new])
    errors = {True: [], False: []}
    for seed in range(8):
        for partial in errors:
            forecaster = fit(halving(120, seed), partial=partial)
            means = np.array([forecast.mean for forecast in forecaster.forecast_many(cut(new, 2))])
            errors[partial].append(np.abs(means - truth).mean())

    assert np.mean(errors[True]) < 0.9 * np.mean(errors[False])


def test_forecasts_stay_honest():
    """Nine in ten arms end inside the interval that should hold nine in ten, or nearly."""
    new = arms(200, seed=6, first_id=1000)
    inside = []
    for seed in range(4):
        forecaster = fit(arms(30, seed) + cut(arms(60, seed + 50, first_id=100), 3) + cut(arms(30, seed + 70, 300), 8))
        for (_, curve), forecast in zip(new, forecaster.forecast_many(cut(new, 2)), strict=True):
            low, high = forecast.interval(0.9)
            inside.append(low <= curve.scores[-1] <= high)

    assert 0.82 < np.mean(inside) < 0.97


def test_a_refit_keeps_hyperparameters_and_learns_new_curves():
    """After more curves of all lengths, a refit searches for nothing where a regression had been asked for."""
    pairs = halving()
    first = fit(pairs)
    first.forecast_many(QUESTIONS)
    grown = History.from_curves(pairs + arms(2, seed=3, first_id=500) + cut(arms(3, seed=4, first_id=600), 7))
    again = SRM(min_curves=5).refit(first, grown, horizon=HORIZON, rng=np.random.default_rng(1))
    answers = again.forecast_many(QUESTIONS)
    logs = [[member.logs.tolist() for group in f._stages[4].fitted.groups for member in group] for f in (first, again)]

    assert logs[0] == logs[1]
    assert answers != first.forecast_many(QUESTIONS)


@pytest.mark.parametrize("odd", [1e300, -1e300, 50.0])
def test_a_stopped_curve_out_of_all_proportion_teaches_nothing(odd):
    """Scores ten times as large as those of any complete curve change no byte; nor do features that are not numbers."""
    complete = arms(25)
    diverged = (Trial(700, features={"lr": 0.01}), Curve([0.2, odd, odd, 0.1, 0.2]))
    nameless = (Trial(701, features={"lr": math.nan}), Curve([0.2, 0.3]))

    assert fit([*complete, diverged, nameless]).forecast_many(QUESTIONS) == fit(complete).forecast_many(QUESTIONS)


def test_perplexities_are_imputed_on_their_logarithm():
    """With the log link there are forecasts, and a stopped curve without a place on that scale is left out."""
    pairs = [(trial, Curve(-np.exp(4.0 - 8.0 * curve.scores))) for trial, curve in halving()]
    wrong = (Trial(700, features={"lr": 0.01}), Curve([0.5, 0.5]))
    questions = [(trial, Curve(-np.exp(4.0 - 8.0 * curve.scores))) for trial, curve in QUESTIONS]
    answers = fit(pairs).forecast_many(questions)

    assert {Link.LOG_LOSS} == {answer.link for answer in answers}
    assert answers == fit([*pairs, wrong]).forecast_many(questions)


def test_many_lengths_become_eight():
    """Each length costs a regression; curves are cut to the next shorter one of eight."""
    stopped = [cut([pair], 1 + i % 19)[0] for i, pair in enumerate(arms(76))]
    history = History.from_curves([*arms(10, seed=1, first_id=100), *stopped])
    static, _, _ = StaticFeatures.learn(history.reaching(HORIZON))
    groups = stopped_curves(history, HORIZON, static, Link.IDENTITY, ScoreScale(0.0, 1.0, -math.inf, 1.0))

    assert [19, 17, 14, 11, 9, 6, 3, 1] == [group.length for group in groups]
    assert 76 == sum(len(group.scores) for group in groups)
    assert all(group.scores.shape == (len(group.features), group.length) for group in groups)


def test_too_few_complete_curves_are_too_few():
    """A forecast needs complete curves; no number of stopped ones stands in for them."""
    answer = fit(arms(4) + cut(arms(60, seed=1, first_id=100), 8)).forecast(*QUESTIONS[0])

    assert Abstain("SRM needs 5 curves that reached epoch 20, has 4", Cause.TOO_FEW_CURVES) == answer


def problem(c=14, p=9, seed=0):
    """Inputs of c complete arms and p stopped ones, targets, and stand-ins that depend on every target."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((c + p, 5))
    design = Design(series=X[:, :3], summary=X[:, :3], static=X[:, 3:], last=X[:, 0])
    y = X[:c] @ np.arange(1.0, 6.0) + rng.standard_normal(c)
    shares = rng.random((p, c)) / c
    return design, y, shares


def imputed_from(shares, y):
    """Stand-ins that are sums of targets with some shares; a curve that is left out counts as 0."""
    return Imputed(shares @ y, np.linspace(0.5, 2.0, len(shares)), (shares @ y)[:, np.newaxis] - shares * y)


@pytest.mark.parametrize("anchored", [True, False])
def test_leave_one_out_equals_refitting(anchored):
    """Residuals, and forecasts of others without a curve, are those of fits that never saw it, stand-ins included."""
    design, y, shares = problem()
    c, n = len(y), len(design.last)
    logs = (-1.0, -1.5, -1.0, -2.0, -1.0, -0.5)
    member = AdditiveProcess(anchored=anchored, logs=logs, robust=False)
    new = Design(design.series + 0.3, design.summary + 0.3, design.static, design.last + 0.3)
    unit = float(y.std())
    fitted = member.fit(design, y, np.random.default_rng(0), imputed_from(shares, y))
    means, stds = fitted.posterior_without(new)
    for j in range(c):
        others = np.arange(n) != j
        left = imputed_from(shares, np.where(np.arange(c) == j, 0.0, y))
        scale = unit / float(y[others[:c]].std())  # hyperparameters are in units of the targets' spread
        shift = 2 * math.log(scale)
        kept = tuple(log + shift if i in (0, 1, 2, 5) else log for i, log in enumerate(logs))
        without = AdditiveProcess(anchored=anchored, logs=kept, robust=False).fit(
            design.rows(np.flatnonzero(others)),
            y[others[:c]],
            np.random.default_rng(0),
            Imputed(left.means, left.variances, left.left_out[:, others[:c]]),
        )
        own = float(without.predict(design.rows(np.array([j])))[0])
        assert fitted.residuals[j] == pytest.approx(y[j] - own, rel=1e-5)
        mean, std = without.posterior(new)
        np.testing.assert_allclose(means[:, j], mean, rtol=1e-5)
        np.testing.assert_allclose(stds[:, j], std, rtol=1e-5)


def test_beyond_five_hundred_curves_stopped_ones_give_way(monkeypatch):
    """Complete curves come first; of the stopped ones as many as there is room for are drawn."""
    from bandits.predictors.regression import gp_ensemble

    design, y, shares = problem()
    for enough, expected in ((20, 20), (14, 14), (10, 10)):
        monkeypatch.setattr(gp_ensemble, "_ENOUGH", enough)
        fitted = GPEnsemble((WHOLE, CURVE_ALONE)).fit(design, y, np.random.default_rng(0), imputed_from(shares, y))
        assert expected == len(fitted.groups[0][0].target)
        assert min(enough, 14) == len(fitted.residuals)


def test_hyperparameters_of_many_curves_are_chosen_on_some(monkeypatch):
    """Of more than 200 curves some of both kinds are used for the search, half of them complete."""
    from bandits.predictors.regression import gaussian_process

    monkeypatch.setattr(gaussian_process, "_SEARCHED_CURVES", 10)
    monkeypatch.setattr(gaussian_process, "_MEASURED_FIRST", 5)
    chosen = gaussian_process._searched(23, 14, np.random.default_rng(0))

    assert 5 == (chosen < 14).sum()
    assert 10 == len(set(chosen.tolist()))


def test_curves_that_spoil_a_fit_are_done_without(monkeypatch):
    """If a fit with stand-ins leaves no finite error, the complete curves alone answer."""
    pairs, usual = arms(25), GPEnsemble.fit

    def spoiled(self, design, y, rng, imputed=None):
        fitted = usual(self, design, y, rng, imputed)
        size = 1.0 if imputed is None else math.nan
        return replace(fitted, model=replace(fitted.model, sizes=fitted.model.sizes * size))

    alone = fit(pairs).forecast_many(QUESTIONS)
    with np.errstate(all="ignore"):
        monkeypatch.setattr(GPEnsemble, "fit", spoiled)
        answers = fit(pairs + cut(arms(9, seed=1, first_id=100), 6)).forecast_many(QUESTIONS)

    assert all(isinstance(answer, Forecast) for answer in alone)
    assert answers == alone
