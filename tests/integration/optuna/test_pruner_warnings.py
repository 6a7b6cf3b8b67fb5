"""What the Optuna pruner makes of studies that it cannot judge: one warning each, and the trial goes on."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.forecasts import Abstain, Forecast
from bandits.integrations.optuna import PredictivePruner, PruningWarning
from bandits.predictors import SRM, Forecaster, LastSeenValue, Predictor
from bandits.predictors.base import LeaveOneOut
from bandits.stopping import Keep, ProbabilityRule, StoppingRule, Verdict
from bandits.stopping.calibration_set import CalibrationSet
from tests.integration.optuna.made_studies import (
    Learner,
    Notebook,
    T,
    exponential,
    finished,
    line,
    notebook_study,
    pruned,
    running,
    study_with,
)

pytestmark = pytest.mark.usefixtures("quiet_optuna")

Objective = Callable[[optuna.Trial], float]


def warned(pruner: PredictivePruner, objective: Objective | None = None, trials: int = 20) -> list[str]:
    """What a study is warned of; all of its trials must be complete."""
    study = optuna.create_study(direction="maximize", pruner=pruner, sampler=optuna.samplers.RandomSampler(seed=3))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        study.optimize(objective or exponential(1.0), n_trials=trials)
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * trials
    assert all(issubclass(each.category, PruningWarning) for each in caught)
    assert all(each.filename in (__file__, exponential.__code__.co_filename) for each in caught)
    return [str(each.message) for each in caught]


def bare(trial: optuna.Trial) -> float:
    """A straight curve, without a parameter."""
    for epoch in range(T):
        trial.report(0.1 + (trial.number * 7 % 11) * epoch / 100, epoch)
        assert not trial.should_prune()
    return trial.number * 7 % 11 / 10


# Reports


def test_trials_that_report_nothing() -> None:
    """An objective that asks without reporting is told once how to report."""

    def objective(trial: optuna.Trial) -> float:
        assert not trial.should_prune()
        return 0.5

    (message,) = warned(PredictivePruner(SRM(), max_epochs=T), objective)
    assert message == (
        "trials of this study complete without having reported a value, so none can be pruned: call trial.report(value,"
        " step) after every epoch, and trial.should_prune() after that"
    )


def test_asking_before_the_first_report_is_no_mistake() -> None:
    """Nothing is said while no trial has ended without reports."""

    def objective(trial: optuna.Trial) -> float:
        assert not trial.should_prune()
        return exponential(1.0)(trial)

    assert warned(PredictivePruner(SRM(), max_epochs=T, n_startup_trials=1000), objective) == []


def test_trials_longer_than_max_epochs() -> None:
    """Trials that report more epochs are told of both numbers once, and none is pruned beyond `max_epochs`."""
    pruner = PredictivePruner(LastSeenValue(min_curves=5), max_epochs=4)
    study = optuna.create_study(direction="maximize", pruner=pruner, sampler=optuna.samplers.RandomSampler(seed=3))
    with pytest.warns(PruningWarning) as caught:
        study.optimize(exponential(1.0), n_trials=40)
    assert [str(each.message) for each in caught] == [
        "trials of this study report up to epoch 10, but `max_epochs` is 4: forecasts are for the value at epoch 4,"
        " and no trial is pruned from that epoch on"
    ]
    assert pruned(study) >= 5
    assert all(trial.last_step < 3 for trial in study.get_trials(states=(TrialState.PRUNED,)))


def test_trials_shorter_than_max_epochs() -> None:
    """When ten trials are complete and none has come so far, it is said that none will be pruned."""
    (message,) = warned(PredictivePruner(SRM(), max_epochs=50))
    assert message == (
        "trials of this study report up to epoch 10, but `max_epochs` is 50: none of 10 complete trials has reached"
        " it, so nothing can be forecast and no trial is pruned"
    )


@pytest.mark.parametrize("steps", [range(0, T, 3), range(2, T + 1, 4), range(0, T + 1, 5)], ids=str)
def test_reports_at_intervals_are_no_mistake(steps: range) -> None:
    """Trials whose last report comes before `max_epochs`, as the next would come after it, are as long as that."""
    assert warned(PredictivePruner(SRM(), max_epochs=T, n_startup_trials=1000), exponential(1.0, steps)) == []


def test_each_study_is_warned() -> None:
    """What one study was told, another one with the same pruner was not."""
    pruner = PredictivePruner(SRM(), max_epochs=50)
    assert len(warned(pruner)) == len(warned(pruner)) == 1


# Features


@pytest.mark.parametrize("options", [{}, {"confidence": 0.99}], ids=["risk", "confidence"])
def test_predictor_without_features(options: dict[str, Any]) -> None:
    """A predictor that looks at features alone, in a study without parameters, says what it lacks."""
    pruner = PredictivePruner(SRM(min_curves=10, model="ridge", use_curve=False), max_epochs=T, **options)
    messages = warned(pruner, bare)
    assert len(messages) == 1
    assert messages[0].startswith(
        "SRM cannot judge trials, so they go on unpruned; no forecast: the 10 training curves have"
    )
    assert messages[0].endswith(
        "(features are the parameters of the study, and the user attributes that are named in `user_attrs`)"
    )


def test_reason_names_what_is_lacking() -> None:
    """The explanation says so too, rather than that the rule has no threshold."""
    pruner = PredictivePruner(SRM(min_curves=10, model="ridge", use_curve=False), max_epochs=T)
    study = study_with(pruner, *(finished(line(0.5 + i / 100)) for i in range(12)))
    with pytest.warns(PruningWarning):
        reason = pruner.explain(study, running(study, {1: 0.1})).reason
    assert reason.startswith("no forecast: the 10 training curves have the same inputs")


class Shy(Predictor):
    """A plug-in that always abstains, in words of its own."""

    name = "Shy"

    def __init__(self, answer: Abstain) -> None:
        self.answer = answer

    def curves_needed(self, horizon: int) -> int:
        return 3

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        return ShyForecaster(self.answer)


class ShyForecaster(Forecaster):
    """Gives the same answer to everything."""

    def __init__(self, answer: Abstain) -> None:
        self.answer = answer

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        return self.answer


@pytest.mark.parametrize("reason", ["the curves lie too far apart", "column lr is missing", "no feature"])
def test_the_cause_of_an_abstention_warns_and_its_words_do_not(reason: str) -> None:
    """A plug-in may say what it likes; that features are to blame is said by the cause."""
    assert warned(PredictivePruner(Shy(Abstain(reason)), max_epochs=T, confidence=0.9)) == []
    (message,) = warned(PredictivePruner(Shy(Abstain(reason, Cause.MISSING_FEATURES)), max_epochs=T, confidence=0.9))
    assert message.startswith(f"Shy cannot judge trials, so they go on unpruned; no forecast: {reason} (features are")


def test_user_attribute_that_no_trial_has() -> None:
    """A name that is misspelt is noticed when ten trials are complete."""

    def objective(trial: optuna.Trial) -> float:
        trial.set_user_attr("width", trial.number)
        return exponential(1.0)(trial)

    pruner = PredictivePruner(SRM(min_curves=100), max_epochs=T, user_attrs=("width", "widht"))
    assert warned(pruner, objective) == [
        "no finished trial of this study has the user attribute 'widht', which `user_attrs` names"
    ]


# Errors


class Broken(Predictor):
    """Raises at one of its tasks; otherwise like LastSeenValue, or like what knows no leave-one-out forecasts."""

    name = "Broken"

    def __init__(self, at: str, error: type[BaseException] = ValueError, leaves_one_out: bool = True) -> None:
        self.at, self.error, self.leaves_one_out = at, error, leaves_one_out
        self.healthy = LastSeenValue(min_curves=3)
        self.tried = 0

    def fail(self, task: str) -> None:
        if task == self.at:
            self.tried += 1
            raise self.error(f"no luck number {self.tried}")

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        self.fail("fit")
        return _BrokenForecaster(self, self.healthy.fit(history, horizon=horizon, rng=rng))

    def curves_needed(self, horizon: int) -> int:
        self.fail("curves_needed")
        return self.healthy.curves_needed(horizon)


class _BrokenForecaster(Forecaster):
    def __init__(self, predictor: Broken, fitted: Forecaster) -> None:
        self.predictor, self.fitted = predictor, fitted

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        self.predictor.fail("forecast")
        return self.fitted.forecast(trial, curve)

    def leave_one_out(self, tau: int) -> LeaveOneOut | Abstain | None:
        self.predictor.fail("leave_one_out")
        return self.fitted.leave_one_out(tau) if self.predictor.leaves_one_out else None


class Unprintable(Exception):
    """An error whose text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize("at", ["fit", "forecast", "leave_one_out", "curves_needed"])
def test_error_without_words_is_named_by_its_type(at: str) -> None:
    """Where even the text of a predictor's error raises, trials go on, and the warning names the type."""
    (message,) = warned(PredictivePruner(Broken(at, Unprintable), max_epochs=T, n_startup_trials=3))
    assert message.endswith(" failed with Unprintable; trials go on unpruned until it works")


class BrokenRule(Learner):
    """Raises at one of its tasks."""

    at = ""

    def judge(self, forecast: Forecast, *, bar: float) -> Verdict:
        if self.at == "judge":
            raise ZeroDivisionError("in the rule")
        return super().judge(forecast, bar=bar)

    def learn(self, calibration: CalibrationSet) -> Mapping[int, StoppingRule] | Keep:
        if self.at == "learn":
            raise ZeroDivisionError("in the rule")
        return super().learn(calibration)

    def check_epochs(self, horizon: int) -> Sequence[int]:
        if self.at == "check_epochs":
            raise ZeroDivisionError("in the rule")
        return super().check_epochs(horizon)


@pytest.mark.parametrize("leaves_one_out", [True, False], ids=["leave-one-out", "folds"])
@pytest.mark.parametrize("options", [{}, {"confidence": 0.99}], ids=["risk", "confidence"])
@pytest.mark.parametrize("at", ["fit", "forecast", "leave_one_out"])
def test_predictor_that_raises(at: str, options: dict[str, Any], leaves_one_out: bool) -> None:
    """A predictor that raises is named once with its error, and every trial goes on."""
    if at == "leave_one_out" and options:
        return  # nobody asks for it
    messages = warned(PredictivePruner(Broken(at, leaves_one_out=leaves_one_out), max_epochs=T, **options))
    assert messages == ["Broken failed with ValueError: no luck number 1; trials go on unpruned until it works"]


def test_broken_fit_is_not_tried_at_every_report() -> None:
    """What has failed with so many curves is tried again when there are more."""
    predictor = Broken("fit")
    warned(PredictivePruner(predictor, max_epochs=T, confidence=0.99), trials=40)
    assert predictor.tried == 7  # with 10, 12, 15, 18, 22, 27 and 33 curves


def test_predictor_that_cannot_say_what_it_needs() -> None:
    """Even that kills no training."""
    messages = warned(PredictivePruner(Broken("curves_needed"), max_epochs=T))
    assert messages == ["judging failed with ValueError: no luck number 1; trials go on unpruned until it works"]


@pytest.mark.parametrize("at", ["judge", "learn", "check_epochs"])
def test_rule_that_raises(at: str) -> None:
    """A rule that raises is named once with its error, and every trial goes on."""
    rule = BrokenRule()
    rule.at = at
    (message,) = warned(PredictivePruner(LastSeenValue(min_curves=3), max_epochs=T, rule=rule))
    who = "judging" if at == "check_epochs" else "BrokenRule"
    assert message == f"{who} failed with ZeroDivisionError: in the rule; trials go on unpruned until it works"


def test_reason_names_the_error() -> None:
    """The explanation of a trial says what was wrong."""
    pruner = PredictivePruner(Broken("fit"), max_epochs=T)
    study = study_with(pruner, *(finished(line(0.5 + i / 100)) for i in range(12)))
    with pytest.warns(PruningWarning):
        reason = pruner.explain(study, running(study, {1: 0.1})).reason
    assert reason == "no forecast: Broken failed with ValueError: no luck number 1"


def test_interrupt_passes_and_nothing_is_forgotten() -> None:
    """Ctrl-C during a fit ends the training; who goes on afterwards has a pruner that knows every trial."""
    predictor = Broken("fit", KeyboardInterrupt)
    pruner = PredictivePruner(predictor, max_epochs=T, rule=Learner())
    lost = [finished({1: 0.1, 2: 0.1}, state=TrialState.PRUNED) for _ in range(3)]
    study = study_with(pruner, *(finished(line(0.5 + i / 100)) for i in range(12)), *lost)
    trial = running(study, {1: 0.01, 2: 0.01})
    with pytest.raises(KeyboardInterrupt):
        pruner.prune(study, trial)
    predictor.at = ""
    fresh = PredictivePruner(predictor, max_epochs=T, rule=Learner())
    assert pruner.explain(study, trial) == fresh.explain(study, trial)
    assert pruner.prune(study, trial)


def test_warnings_as_errors_leave_the_pruner_whole() -> None:
    """Where the user turns warnings into errors, the next report finds the pruner as it should be."""
    _, pruner, study = notebook_study(finished(line(1.0, epochs=15)), finished(line(1.0)))
    trial = running(study, {1: 0.01})
    with pytest.raises(PruningWarning, match="report up to epoch 15"):
        pruner.prune(study, trial)
    assert pruner.prune(study, trial)


# What is still an error


def test_several_objectives_are_refused_before_anybody_is_asked() -> None:
    """The inner pruner is not troubled with them."""

    class Untouched(optuna.pruners.BasePruner):
        def prune(self, study: optuna.Study, trial: optuna.trial.FrozenTrial) -> bool:
            raise AssertionError

    pruner = PredictivePruner(Notebook(), max_epochs=T, inner=Untouched(), rule=ProbabilityRule())
    study = optuna.create_study(directions=["maximize", "minimize"], pruner=pruner)
    trial = study.ask()
    with pytest.raises(ValueError, match="must be one, got 2"):
        pruner.prune(study, study.trials[trial.number])
