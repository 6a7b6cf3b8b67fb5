"""The Optuna pruner, in real studies."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from bandits.curves import Curve, Goal, History, Metric, Trial
from bandits.errors import SettingError
from bandits.forecasts import Forecast
from bandits.integrations.optuna import PredictivePruner
from bandits.predictors import SRM, Forecaster, LastSeenValue, Predictor
from bandits.stopping import Drop, Keep, ProbabilityRule

T = 10
RATE = FloatDistribution(1e-4, 1.0, log=True)


@pytest.fixture(autouse=True)
def _quiet() -> Iterable[None]:
    """Optuna logs each trial to stderr unless told not to."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


class Notebook(Predictor):
    """Forecasts the last score, surely, and notes what it was given."""

    name = "Notebook"

    def __init__(self, needed: int = 1) -> None:
        self.needed = needed
        self.fits: list[History] = []
        self.asked: list[tuple[Trial, Curve]] = []

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        self.horizon = horizon
        self.fits.append(History.from_curves(history.reaching(horizon)))
        return _Reader(self, horizon)

    def min_curves(self, horizon: int) -> int:
        return self.needed

    def curves(self) -> list[list[float]]:
        """The training curves of the latest fit."""
        return [curve.scores.tolist() for _, curve in self.fits[-1].reaching(self.horizon)]

    def features(self) -> list[Mapping[str, float]]:
        """The features of the trials of the latest fit."""
        return [trial.features for trial, _ in self.fits[-1].reaching(self.horizon)]


class _Reader(Forecaster):
    def __init__(self, notebook: Notebook, horizon: int) -> None:
        self.notebook, self.horizon = notebook, horizon

    def forecast(self, trial: Trial, curve: Curve) -> Forecast:
        self.notebook.asked.append((trial, curve))
        return Forecast(float(curve.scores[-1]), 0.0, self.horizon)


def finished(
    reports: Mapping[int, float],
    value: float | None = None,
    params: Mapping[str, Any] | None = None,
    distributions: Mapping[str, BaseDistribution] | None = None,
    state: TrialState = TrialState.COMPLETE,
) -> FrozenTrial:
    """A trial of an earlier study; its value is its last report unless it is given."""
    last = reports[max(reports)] if value is None and reports else value
    return create_trial(
        state=state,
        value=last if state == TrialState.COMPLETE else None,
        params=dict(params or {}),
        distributions=dict(distributions or {}),
        intermediate_values=dict(reports),
    )


def line(end: float, first_step: int = 1, epochs: int = T) -> dict[int, float]:
    """Reports of a straight curve from 0 to `end`."""
    return {first_step + i: end * (i + 1) / epochs for i in range(epochs)}


def study_with(pruner: PredictivePruner, *trials: FrozenTrial, direction: Goal = "maximize") -> optuna.Study:
    """A study in memory that holds `trials`."""
    study = optuna.create_study(direction=direction, pruner=pruner)
    study.add_trials(trials)
    return study


def running(study: optuna.Study, reports: Mapping[int, float], **params: BaseDistribution) -> FrozenTrial:
    """A trial of the study that has reported so much and is still running."""
    trial = study.ask(params)
    for step, value in reports.items():
        trial.report(value, step)
    return study.get_trials(deepcopy=False)[trial.number]


def notebook_study(
    *trials: FrozenTrial, max_epochs: int = T, **options: Any
) -> tuple[Notebook, PredictivePruner, optuna.Study]:
    """A study whose pruner notes what its predictor is given."""
    notebook = Notebook()
    options = {"n_startup_trials": 1} | options
    pruner = PredictivePruner(notebook, max_epochs=max_epochs, **options)
    return notebook, pruner, study_with(pruner, *trials)


def exponential(sign: float, steps: range = range(T)) -> Callable[[optuna.Trial], float]:
    """An objective whose accuracy rises, or whose error falls, to a level that its parameters set."""

    def objective(trial: optuna.Trial) -> float:
        level = trial.suggest_float("level", 0.2, 0.9)
        rate = trial.suggest_float("rate", 0.2, 0.8)
        noise = np.random.default_rng(trial.number).normal(0, 0.005, len(steps))
        for i, step in enumerate(steps):
            score = level * (1 - math.exp(-rate * (i + 1))) + noise[i]
            trial.report(sign * score, step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return float(sign * score)

    return objective


def optimised(pruner: optuna.pruners.BasePruner, sign: float = 1.0, trials: int = 60, **options: Any) -> optuna.Study:
    """A finished study of exponential curves, sampled at random under one seed."""
    study = optuna.create_study(
        direction="maximize" if sign > 0 else "minimize",
        pruner=pruner,
        sampler=optuna.samplers.RandomSampler(seed=3),
    )
    study.optimize(exponential(sign, **options), n_trials=trials)
    return study


def decisions(study: optuna.Study) -> list[tuple[TrialState, int | None]]:
    """How every trial ended, and at which step."""
    return [(trial.state, trial.last_step) for trial in study.get_trials(deepcopy=False)]


def pruned(study: optuna.Study) -> int:
    return len(study.get_trials(deepcopy=False, states=(TrialState.PRUNED,)))


# What it is for


@pytest.mark.parametrize("predictor", [SRM(min_curves=10), LastSeenValue(min_curves=10)], ids=lambda p: p.name)
def test_prunes_most_trials_and_keeps_the_best(predictor: Predictor) -> None:
    """Of curves that rise to levels drawn at random, a good share is pruned and the best is not."""
    study = optimised(PredictivePruner(predictor, max_epochs=T))
    everything = optimised(optuna.pruners.NopPruner())
    assert pruned(study) >= 25
    assert everything.best_trial.number == study.best_trial.number


def test_minimise_mirrors_maximise() -> None:
    """Turning the objective and the direction round changes no decision."""
    up = optimised(PredictivePruner(SRM(min_curves=10, model="ridge"), max_epochs=T), sign=1.0)
    down = optimised(PredictivePruner(SRM(min_curves=10, model="ridge"), max_epochs=T), sign=-1.0)
    assert pruned(up) > 0
    assert decisions(up) == decisions(down)


def test_same_seed_same_decisions() -> None:
    """Two runs with the same seeds prune the same trials at the same steps."""
    first, second = (optimised(PredictivePruner(SRM(min_curves=10), max_epochs=T, seed=7)) for _ in range(2))
    assert decisions(first) == decisions(second)


def test_resumed_study_goes_on_as_it_would_have() -> None:
    """A pruner that first sees a study half way decides as the one that was there from the start."""
    whole = optimised(PredictivePruner(SRM(min_curves=10), max_epochs=T), trials=60)
    half = optuna.create_study(direction="maximize", pruner=PredictivePruner(SRM(min_curves=10), max_epochs=T))
    half.add_trials(whole.trials[:30])
    for trial in whole.trials[30:]:
        half.enqueue_trial(trial.params)
    half.optimize(exponential(1.0), n_trials=30)
    assert decisions(whole) == decisions(half)


def test_explaining_changes_no_decision() -> None:
    """Asking for explanations along the way leaves every decision as it is."""
    pruner = PredictivePruner(LastSeenValue(min_curves=5), max_epochs=T)

    def curious(trial: optuna.Trial) -> float:
        assert isinstance(pruner.explain(trial.study, trial), Keep)
        try:
            return exponential(1.0)(trial)
        finally:
            pruner.explain(trial.study, trial)

    study = optuna.create_study(direction="maximize", pruner=pruner, sampler=optuna.samplers.RandomSampler(seed=3))
    study.optimize(curious, n_trials=40)
    plain = optimised(PredictivePruner(LastSeenValue(min_curves=5), max_epochs=T), trials=40)
    assert decisions(plain) == decisions(study)


# How reports become curves


@pytest.mark.parametrize("first_step", [0, 1])
def test_steps_may_start_at_0_or_1(first_step: int) -> None:
    """The first epoch is step 0 in a study that reports a step 0, and step 1 in one that does not."""
    notebook, pruner, study = notebook_study(finished(line(1.0, first_step)))
    trial = running(study, {first_step: 0.1, first_step + 1: 0.2})
    assert isinstance(pruner.explain(study, trial), Drop)
    assert [pytest.approx(list(line(1.0).values()))] == notebook.curves()
    assert notebook.asked[-1][1].scores.tolist() == [0.1, 0.2]


def test_step_0_seen_late_moves_every_curve() -> None:
    """Curves read as if steps began at 1 are read again when a step 0 turns up."""
    notebook, pruner, study = notebook_study(finished({step: float(step) for step in range(1, T + 1)}))
    pruner.explain(study, running(study, {1: 0.0}))
    study.add_trial(finished({step: float(step) for step in range(T)}))
    pruner.explain(study, running(study, {1: 0.0}))
    assert notebook.curves()[0] == [1, 1, 2, 3, 4, 5, 6, 7, 8, 10]
    assert notebook.curves()[1] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_gaps_and_nan_are_filled() -> None:
    """Missing epochs and values that are not finite come from their neighbours."""
    reports = {2: 0.2, 4: 0.4, 5: math.nan, 7: 0.7, 8: -math.inf, 9: math.inf, 10: math.nan}
    notebook, pruner, study = notebook_study(finished(reports, value=1.0))
    pruner.explain(study, running(study, {2: 0.3, 4: 0.1, 5: math.nan, 6: math.nan}))
    assert [pytest.approx([0.2, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.7, 0.7, 1.0])] == notebook.curves()
    assert pytest.approx([0.3, 0.3, 0.2, 0.1]) == notebook.asked[-1][1].scores.tolist()


def test_repeated_step_counts_once() -> None:
    """Of two reports for a step Optuna keeps the first, and so does the curve."""
    notebook, _, study = notebook_study(finished(line(1.0)))
    live = study.ask()
    live.report(0.1, 1)
    with pytest.warns(UserWarning, match="already reported"):
        live.report(0.9, 1)
    assert live.should_prune()
    assert notebook.asked[-1][1].scores.tolist() == [0.1]


def test_value_of_the_objective_is_the_score_at_the_horizon() -> None:
    """What an objective returns, such as its best epoch, is what is forecast."""
    notebook, pruner, study = notebook_study(finished(line(1.0), value=0.95))
    pruner.explain(study, running(study, {1: 0.1}))
    assert notebook.curves()[0][-1] == 0.95


@pytest.mark.parametrize(
    ("steps", "teaches"),
    [
        (range(1, 11), True),
        (range(10), True),
        (range(1, 10), False),  # one epoch short
        (range(0, 10, 5), True),  # 0 and 5: the next would be step 10, after the last
        (range(5, 11, 5), True),
        (range(1, 4), False),
        (range(1, 21), True),  # more epochs than asked about
        (range(0), False),
    ],
)
def test_only_full_curves_teach(steps: range, teaches: bool) -> None:
    """A completed trial teaches if its next report would have come after the horizon."""
    notebook, pruner, study = notebook_study(finished(dict.fromkeys(steps, 0.5), value=0.6))
    verdict = pruner.explain(study, running(study, {1: 0.1}))
    assert teaches == isinstance(verdict, Drop)
    assert teaches == (len(notebook.fits) == 1)


def test_nothing_is_pruned_at_the_horizon_or_after() -> None:
    """A trial that has reached the last epoch runs on, however bad it is."""
    _, pruner, study = notebook_study(finished(line(1.0)))
    assert pruner.prune(study, running(study, line(0.1, epochs=T - 1)))
    for epochs in (T, T + 5):
        assert not pruner.prune(study, running(study, line(0.1, epochs=epochs)))


def test_one_epoch_leaves_nothing_to_prune() -> None:
    """With max_epochs=1 every report is the last one."""
    _, pruner, study = notebook_study(finished({1: 1.0}), max_epochs=1)
    assert not pruner.prune(study, running(study, {1: 0.0}))


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_a_curve_that_says_nothing_is_kept(odd: float) -> None:
    """Without one finite report there is no forecast."""
    notebook, pruner, study = notebook_study(finished(line(1.0)))
    verdict = pruner.explain(study, running(study, {1: odd, 2: odd}))
    assert verdict.reason == "no finite value has been reported yet"
    assert notebook.asked == []


# Who sets the bar, and who teaches


def test_failed_and_pruned_trials_do_not_count() -> None:
    """Only completed trials teach, set the bar and count as start-up trials."""
    lost = [finished(line(1.0), state=state) for state in (TrialState.FAIL, TrialState.PRUNED)]
    _, pruner, study = notebook_study(*lost)
    trial = running(study, {1: 0.1})
    assert pruner.explain(study, trial).reason == "pruning begins with 1 complete trials, has 0"


@pytest.mark.parametrize(("keep", "bar"), [(1, 0.9), (2, 0.8), (3, 0.5)])
def test_bar_is_the_nth_best_value(keep: int, bar: float) -> None:
    """The bar is the keep-th best value of the completed trials; a tie loses."""
    _, pruner, study = notebook_study(*(finished(line(end)) for end in (0.5, 0.9, 0.8)), keep=keep)
    assert pruner.prune(study, running(study, {1: bar}))
    assert not pruner.prune(study, running(study, {1: bar + 0.01}))


def test_no_bar_before_keep_trials_are_complete() -> None:
    """While fewer trials than `keep` are complete, every trial may still be among the best."""
    _, pruner, study = notebook_study(finished(line(0.5)), keep=2)
    assert pruner.explain(study, running(study, {1: 0.1})).reason.startswith("no bar yet")


def test_early_stopped_trial_sets_the_bar_without_teaching() -> None:
    """A trial that ended itself early competes with its value, but is no full curve."""
    notebook, pruner, study = notebook_study(finished(line(0.5)), finished({1: 0.7}, value=0.9))
    assert pruner.prune(study, running(study, {1: 0.8}))
    assert len(notebook.curves()) == 1


def test_infinite_value_is_ignored() -> None:
    """A completed trial whose value is infinite neither teaches nor sets the bar."""
    notebook, pruner, study = notebook_study(finished(line(0.5)), finished(line(0.5), value=math.inf))
    assert not pruner.prune(study, running(study, {1: 0.6}))
    assert len(notebook.curves()) == 1


def test_margin_is_in_units_of_the_value() -> None:
    """A trial that may end within the margin of the bar is kept."""
    _, pruner, study = notebook_study(finished(line(0.5)), margin=0.1)
    assert not pruner.prune(study, running(study, {1: 0.45}))
    assert pruner.prune(study, running(study, {1: 0.35}))


def test_training_set_grows_in_jumps() -> None:
    """A fit is renewed when there is a quarter more to learn from, not for each trial."""
    notebook, pruner, study = notebook_study()
    for number in range(40):
        study.add_trial(finished(line(0.5 + number / 1000)))
        pruner.explain(study, running(study, {1: 0.1}))
    assert [len(history) for history in notebook.fits] == [1, 2, 3, 4, 5, 7, 9, 12, 15, 19, 24, 30, 38]


# Features


def test_features_have_the_same_names_for_every_trial() -> None:
    """Choices become 0 and 1, numbers stay, and what a trial does not have is marked."""
    space: dict[str, BaseDistribution] = {
        "rate": RATE,
        "layers": IntDistribution(1, 4),
        "optimizer": CategoricalDistribution(["adam", "sgd", None]),
        "batch": CategoricalDistribution([32, 64]),
        "norm": CategoricalDistribution([True, False]),
    }
    adam = {"rate": 0.01, "layers": 2, "optimizer": "adam", "batch": 64, "norm": True}
    sgd = {"rate": 0.1, "layers": 3, "optimizer": "sgd", "batch": 32, "norm": False}
    momentum: dict[str, BaseDistribution] = {"momentum": FloatDistribution(0.5, 0.99)}
    notebook, pruner, study = notebook_study(
        finished(line(0.5), params=adam, distributions=space),
        finished(line(0.6), params=sgd | {"momentum": 0.9}, distributions=space | momentum),
    )
    pruner.explain(study, running(study, {1: 0.1}, rate=RATE, unheard_of=RATE))
    first, second = notebook.features()
    numbers = {"rate": 0.01, "layers": 2.0, "batch": 64.0, "norm": 1.0, "momentum": 0.5}
    marks = {"has rate": 1.0, "has layers": 1.0, "has batch": 1.0, "has norm": 1.0, "has momentum": 0.0}
    choices = {"optimizer=adam": 1.0, "optimizer=sgd": 0.0, "optimizer=None": 0.0}
    assert numbers | marks | choices == first
    assert {"momentum": 0.9, "has momentum": 1.0, "optimizer=sgd": 1.0}.items() <= second.items()
    assert list(first) == list(second) == list(notebook.asked[-1][0].features)


def test_new_parameter_renews_the_features_of_the_past() -> None:
    """A parameter that first appears later is added to the trials that went before."""
    notebook, pruner, study = notebook_study(finished(line(0.5)))
    pruner.explain(study, running(study, {1: 0.1}))
    assert notebook.features() == [{}]
    study.add_trial(finished(line(0.6), params={"rate": 0.1}, distributions={"rate": RATE}))
    pruner.explain(study, running(study, {1: 0.1}))
    assert notebook.features() == [{"rate": 1e-4, "has rate": 0.0}, {"rate": 0.1, "has rate": 1.0}]


def test_conditional_space_with_srm() -> None:
    """A study with categorical and conditional parameters prunes, and no forecast is refused."""

    def objective(trial: optuna.Trial) -> float:
        level = {"adam": 0.9, "sgd": 0.6}[trial.suggest_categorical("optimizer", ["adam", "sgd"])]
        if level < 0.9:
            level += 0.2 * trial.suggest_float("momentum", 0.1, 0.99)
        rate = trial.suggest_float("rate", 1e-2, 1.0, log=True)
        for step in range(T):
            score = level * (1 - (1 - rate / 2) ** (step + 1))
            trial.report(score, step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return score

    pruner = PredictivePruner(SRM(min_curves=10), max_epochs=T)
    study = study_with(pruner)
    study.sampler = optuna.samplers.RandomSampler(seed=0)
    study.optimize(objective, n_trials=50)
    assert pruned(study) >= 15
    last = study.trials[-1]
    assert pruner.explain(study, last).evidence is not None or last.state == TrialState.COMPLETE


# When it checks


@pytest.mark.parametrize(
    ("options", "steps", "checked"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, 6, 7]),
        ({"n_warmup_steps": 4}, [1, 2, 3, 4, 5, 6, 7], [4, 5, 6, 7]),
        ({"interval_steps": 3}, [1, 2, 3, 4, 5, 6, 7], [1, 3, 6]),
        ({"n_warmup_steps": 2, "interval_steps": 3}, [1, 2, 3, 4, 5, 6, 7], [2, 5]),
        ({"n_warmup_steps": 2, "interval_steps": 3}, [1, 3, 4, 6, 7], [3, 6]),
    ],
)
def test_checks_come_as_in_optuna(options: dict[str, int], steps: list[int], checked: list[int]) -> None:
    """Warm-up and interval mean what they mean in Optuna's own pruners."""
    _, pruner, study = notebook_study(finished(line(1.0)), **options)
    percentile = optuna.pruners.PercentilePruner(50.0, n_startup_trials=1, **options)
    reported = [dict.fromkeys(steps[: i + 1], 0.01) for i in range(len(steps))]
    trials = [running(study, reports) for reports in reported]
    assert checked == [trial.last_step for trial in trials if pruner.prune(study, trial)]
    assert checked == [trial.last_step for trial in trials if percentile.prune(study, trial)]


def test_startup_trials_run_in_full() -> None:
    """Nothing is pruned before the number of completed trials is reached."""
    study = optimised(PredictivePruner(LastSeenValue(min_curves=2), max_epochs=T, n_startup_trials=25))
    states = [state for state, _ in decisions(study)]
    assert states[:25] == [TrialState.COMPLETE] * 25
    assert TrialState.PRUNED in states[25:]


# What it says


def test_explain_gives_reason_and_evidence() -> None:
    """A verdict speaks of scores, and of the study's own units where they are named."""
    notebook = Notebook()
    pruner = PredictivePruner(notebook, max_epochs=T, n_startup_trials=1)
    study = study_with(pruner, finished(dict.fromkeys(range(T), 2.0)), direction="minimize")
    verdict = pruner.explain(study, running(study, {0: 3.0}))
    assert isinstance(verdict, Drop)
    assert verdict.reason == "P(score at epoch 10 <= -2) = 1 >= 0.99"
    assert verdict.words(Metric("loss", "minimize")) == "P(loss at epoch 10 >= 2) = 1 >= 0.99"
    assert verdict.evidence is not None
    assert verdict.evidence.forecast.mean == -3.0


def test_explain_says_why_nothing_was_forecast() -> None:
    """Each reason not to look at a trial has its own sentence."""
    pruner = PredictivePruner(SRM(), max_epochs=T, n_startup_trials=2, n_warmup_steps=2, interval_steps=3)
    study = study_with(pruner, finished(line(0.5)))
    reasons = [pruner.explain(study, running(study, reports)).reason for reports in ({}, {1: 0.1}, {2: 0.1, 3: 0.1})]
    assert reasons[0] == "nothing has been reported yet"
    assert reasons[1] == "step 1 is before step 2, when checks begin"
    assert reasons[2] == "a check comes every 3 steps, and none is due"
    trial = running(study, {2: 0.1})
    assert pruner.explain(study, trial).reason == "pruning begins with 2 complete trials, has 1"
    study.add_trial(finished(line(0.5)))
    assert pruner.explain(study, trial).reason == "no forecast: SRM needs 10 curves that reach epoch 10, has 2"
    assert pruner.explain(study, running(study, {11: 0.1})).reason == "it has reached epoch 10, the last one"
    assert pruner.explain(study, study.trials[0]).reason == "the trial is complete"


def test_explain_remembers_why_a_trial_was_pruned() -> None:
    """The verdict on a finished trial is the one that was given, whatever has been learnt since."""
    _, pruner, study = notebook_study(finished(line(0.5)))
    live = study.ask()
    live.report(0.4, 1)
    assert live.should_prune()
    study.tell(live, state=TrialState.PRUNED)
    study.add_trial(finished(line(0.9)))
    assert pruner.explain(study, study.trials[live.number]).reason == "P(score at epoch 10 <= 0.5) = 1 >= 0.99"


# Company


def test_one_pruner_serves_two_studies() -> None:
    """What is learnt from one study is not used in another, of another direction."""
    pruner = PredictivePruner(LastSeenValue(min_curves=5), max_epochs=T)
    alone = [optimised(PredictivePruner(LastSeenValue(min_curves=5), max_epochs=T), sign) for sign in (1.0, -1.0)]
    shared = [optimised(pruner, sign) for sign in (1.0, -1.0)]
    assert [decisions(study) for study in alone] == [decisions(study) for study in shared]


def test_state_goes_with_the_study() -> None:
    """A study that is no longer used is not kept alive by its pruner."""
    _, pruner, study = notebook_study(finished(line(0.5)))
    pruner.prune(study, running(study, {1: 0.1}))
    assert len(pruner._known) == 1
    del study
    assert len(pruner._known) == 0


def test_threads() -> None:
    """Trials of one study may be judged from several threads."""
    pruner = PredictivePruner(SRM(min_curves=10, model="ridge"), max_epochs=T)
    study = optuna.create_study(direction="maximize", pruner=pruner, sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(exponential(1.0), n_trials=60, n_jobs=2)
    assert study.get_trials(states=(TrialState.FAIL,)) == []
    assert pruned(study) >= 20


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_patient_pruner_wraps_it() -> None:
    """Optuna's PatientPruner delays its decisions and adds none."""
    pruner = PredictivePruner(Notebook(), max_epochs=T, n_startup_trials=1)
    patient = optuna.pruners.PatientPruner(pruner, patience=1)
    study = study_with(pruner, finished(line(1.0)))
    rising = running(study, {1: 0.1, 2: 0.2, 3: 0.3})
    falling = running(study, {1: 0.3, 2: 0.2, 3: 0.1})
    assert [pruner.prune(study, trial) for trial in (rising, falling)] == [True, True]
    assert [patient.prune(study, trial) for trial in (rising, falling)] == [False, True]


def test_pickled_pruner_decides_alike() -> None:
    """A pruner that travels to another process learns again from the storage."""
    pruner = PredictivePruner(LastSeenValue(min_curves=2), max_epochs=T, n_startup_trials=2, seed=5)
    study = study_with(pruner, finished(line(0.5)), finished(line(0.9)))
    trial = running(study, {1: 0.01})
    here = pruner.explain(study, trial)
    there = pickle.loads(pickle.dumps(pruner)).explain(study, trial)  # noqa: S301 - our own bytes
    assert here == there


def test_writes_nothing_to_the_storage() -> None:
    """A decision leaves no trace in the study."""
    _, pruner, study = notebook_study(finished(line(0.5)))
    trial = running(study, {1: 0.1})
    before = study.get_trials()
    pruner.prune(study, trial)
    assert before == study.get_trials()
    assert study.user_attrs == {}


@given(
    curves=st.lists(
        st.tuples(
            st.dictionaries(st.integers(-2, 14), st.floats(), max_size=12),
            st.floats(allow_nan=False),
            st.one_of(st.none(), st.floats(1e-4, 1.0)),
        ),
        max_size=12,
    ),
    judged=st.dictionaries(st.integers(0, 14), st.floats(), min_size=1, max_size=12),
    model=st.sampled_from([SRM(min_curves=2, model="ridge"), LastSeenValue(min_curves=2)]),
)
def test_odd_data_never_raise(
    curves: list[tuple[dict[int, float], float, float | None]], judged: dict[int, float], model: Predictor
) -> None:
    """Whatever was reported, a verdict with a reason comes back."""
    pruner = PredictivePruner(model, max_epochs=T, n_startup_trials=0)
    trials = [
        finished(reports, value, *(({"rate": rate}, {"rate": RATE}) if rate is not None else ()))
        for reports, value, rate in curves
    ]
    study = study_with(pruner, *trials)
    trial = running(study, judged)
    verdict = pruner.explain(study, trial)
    assert verdict.reason
    assert pruner.prune(study, trial) == isinstance(verdict, Drop)


# Errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_epochs": 0}, "`max_epochs` must be an integer >= 1, got 0"),
        ({"max_epochs": 2.5}, "`max_epochs` must be an integer >= 1, got 2.5"),
        ({"confidence": 1.0}, "`confidence` must be in (0, 1), got 1.0"),
        ({"margin": -1.0}, "`margin` must be finite and >= 0, got -1.0"),
        ({"keep": 0}, "`keep` must be an integer >= 1, got 0"),
        ({"n_startup_trials": -1}, "`n_startup_trials` must be an integer >= 0, got -1"),
        ({"n_warmup_steps": -1}, "`n_warmup_steps` must be an integer >= 0, got -1"),
        ({"interval_steps": 0}, "`interval_steps` must be an integer >= 1, got 0"),
        ({"predictor": "SRM"}, "`predictor` must be a Predictor such as SRM(), got 'SRM'"),
        ({"rule": 0.95}, "`rule` must be a StoppingRule such as ProbabilityRule(), got 0.95"),
    ],
)
def test_settings_are_checked(options: dict[str, Any], message: str) -> None:
    """A setting that breaks its rule is named, with the rule and the value."""
    arguments: dict[str, Any] = {"predictor": SRM(), "max_epochs": T} | options
    with pytest.raises(SettingError) as error:
        PredictivePruner(**arguments)
    assert message == str(error.value)


def test_rule_replaces_confidence_margin_and_keep() -> None:
    """A rule of one's own judges, and cannot be mixed with the settings of the usual one."""
    _, pruner, study = notebook_study(finished(line(0.5)), rule=ProbabilityRule(confidence=0.8))
    assert pruner.explain(study, running(study, {1: 0.1})).reason.endswith(">= 0.8")
    with pytest.raises(SettingError, match="must be left out with `rule`"):
        PredictivePruner(SRM(), max_epochs=T, rule=ProbabilityRule(), keep=2)


def test_several_objectives_are_refused() -> None:
    """Trials of a study with several objectives report nothing, so there is nothing to prune."""
    pruner = PredictivePruner(SRM(), max_epochs=T)
    study = optuna.create_study(directions=["maximize", "minimize"], pruner=pruner)
    trial = study.ask()
    with pytest.raises(SettingError, match="must be one, got 2"):
        pruner.explain(study, trial)
