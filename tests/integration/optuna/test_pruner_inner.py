"""The Optuna pruner around another pruner, and inside one."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import optuna
import pytest
from optuna.pruners import (
    BasePruner,
    HyperbandPruner,
    MedianPruner,
    NopPruner,
    PatientPruner,
    PercentilePruner,
    SuccessiveHalvingPruner,
    ThresholdPruner,
    WilcoxonPruner,
)
from optuna.trial import FrozenTrial, TrialState

from bandits.errors import SettingError
from bandits.integrations.optuna import PredictivePruner
from bandits.predictors import SRM
from bandits.stopping import Drop, Keep
from tests.integration.optuna.made_studies import (
    Learner,
    T,
    decisions,
    exponential,
    finished,
    line,
    notebook_study,
    running,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning"),
    pytest.mark.usefixtures("quiet_optuna"),
]

INNER: dict[str, Callable[[], BasePruner]] = {
    "hyperband": lambda: HyperbandPruner(min_resource=1, max_resource=T),
    "successive halving": lambda: SuccessiveHalvingPruner(min_resource=2, reduction_factor=2),
    "median": MedianPruner,
    "percentile": lambda: PercentilePruner(80.0),
    "threshold": lambda: ThresholdPruner(lower=0.25, n_warmup_steps=5),
    "wilcoxon": lambda: WilcoxonPruner(p_threshold=0.005),
}
each_pruner = pytest.mark.parametrize("inner", INNER.values(), ids=INNER)


class Noting(BasePruner):
    """Asks another pruner, and notes of which trials it was asked at which step, and what it said."""

    def __init__(self, pruner: BasePruner) -> None:
        self.pruner = pruner
        self.said: dict[tuple[int, int | None], bool] = {}

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        answer = self.pruner.prune(study, trial)
        self.said[trial.number, trial.last_step] = answer
        return answer


def srm(**options: Any) -> PredictivePruner:
    return PredictivePruner(SRM(min_curves=10, model="ridge"), max_epochs=T, **options)


def tuned(pruner: BasePruner, trials: int = 50) -> optuna.Study:
    """A finished study; its name is what Hyperband draws brackets from."""
    sampler = optuna.samplers.RandomSampler(seed=3)
    study = optuna.create_study(study_name="s", direction="maximize", pruner=pruner, sampler=sampler)
    study.optimize(exponential(1.0), n_trials=trials)
    return study


# Around


@each_pruner
def test_trial_is_pruned_when_either_says_so(inner: Callable[[], BasePruner]) -> None:
    """The inner pruner is asked at every report and prunes what it will; of the rest, forecasts prune some more."""
    noting = Noting(inner())
    pruner = srm(inner=noting)
    study = tuned(pruner)
    assert list(noting.said) == [(t.number, step) for t in study.trials for step in t.intermediate_values]
    by_inner = {trial for (trial, _), said in noting.said.items() if said}
    by_forecast = set()
    for trial in study.trials:
        if trial.number in by_inner:
            assert trial.state == TrialState.PRUNED
            assert pruner.explain(study, trial).reason == "Noting prunes it"
        elif trial.state == TrialState.PRUNED:
            by_forecast.add(trial.number)
            assert pruner.explain(study, trial).evidence is not None
    assert by_inner
    assert by_forecast or len(study.get_trials(states=(TrialState.COMPLETE,))) < 10  # before that, forecasts prune none
    assert study.get_trials(states=(TrialState.FAIL,)) == []


@each_pruner
def test_silent_forecasts_change_nothing(inner: Callable[[], BasePruner]) -> None:
    """While forecasts say nothing, the inner pruner decides as it would alone, and writes what it would."""
    alone, inside = tuned(inner(), 25), tuned(srm(inner=inner(), n_startup_trials=1000), 25)
    assert decisions(alone) == decisions(inside)
    assert [trial.system_attrs for trial in alone.trials] == [trial.system_attrs for trial in inside.trials]


@each_pruner
def test_best_that_the_inner_pruner_lets_through_survives(inner: Callable[[], BasePruner]) -> None:
    """Forecasts leave the winner that the inner pruner would have had."""
    assert tuned(inner()).best_trial.number == tuned(srm(inner=inner())).best_trial.number


def test_audits_spare_trials_from_forecasts_alone() -> None:
    """With every trial audited, the inner pruner still prunes, and nobody else does."""
    noting = Noting(MedianPruner())
    study = tuned(srm(inner=noting, audit=1.0))
    by_inner = {trial for (trial, _), said in noting.said.items() if said}
    assert len(by_inner) >= 10
    assert by_inner == {trial.number for trial in study.get_trials(states=(TrialState.PRUNED,))}


def test_what_the_inner_pruner_prunes_is_not_forecast() -> None:
    """One answer is enough."""
    notebook, pruner, study = notebook_study(finished(line(1.0)), inner=ThresholdPruner(lower=0.2))
    trial = running(study, {1: 0.1})
    notebook.asked.clear()
    assert pruner.prune(study, trial)
    assert notebook.asked == []
    verdict = pruner.explain(study, trial)
    assert isinstance(verdict, Drop)
    assert verdict.reason == "ThresholdPruner prunes it"


def test_explaining_does_not_ask_the_inner_pruner() -> None:
    """Pruners such as SuccessiveHalvingPruner write to the trial when they are asked."""
    noting = Noting(SuccessiveHalvingPruner(min_resource=1))
    _, pruner, study = notebook_study(finished(line(1.0)), inner=noting)
    trial = running(study, {1: 2.0})
    assert isinstance(pruner.explain(study, trial), Keep)
    assert noting.said == {}
    assert study.trials[trial.number].system_attrs == {}


def test_pickled_pruner_takes_the_inner_one_along() -> None:
    """In another process both decide as here."""
    pruner = srm(inner=INNER["hyperband"]())
    there = pickle.loads(pickle.dumps(pruner))  # noqa: S301 - our own bytes
    assert decisions(tuned(pruner)) == decisions(tuned(there))


@pytest.mark.parametrize("inner", [MedianPruner, "hyperband", 3], ids=repr)
def test_inner_must_be_a_pruner(inner: object) -> None:
    """A class or a name is refused, with what was expected."""
    with pytest.raises(SettingError, match=r"^`inner` must be a pruner such as HyperbandPruner\(\), or None, got "):
        PredictivePruner(SRM(), max_epochs=T, inner=inner)  # type: ignore[arg-type]


# Inside


def patient(pruner: BasePruner, study: optuna.Study, scores: list[float]) -> list[bool]:
    """What a PatientPruner around the study's pruner says of a trial after each of its reports."""
    around = PatientPruner(pruner, patience=1)
    live, said = study.ask(), []
    for step, score in enumerate(scores, start=1):
        live.report(score, step)
        said.append(around.prune(study, study.trials[live.number]))
    return said


def test_patience_loses_no_check_epoch() -> None:
    """A check epoch at which a PatientPruner did not ask is made up for when it asks."""
    _, pruner, study = notebook_study(finished(line(1.0)), rule=Learner())  # after epochs 2, 5 and 8
    assert patient(pruner, study, [0.1, 0.2, 0.3, 0.25, 0.24]) == [False, False, False, False, True]
    assert patient(pruner, study, [0.1, 0.3, 0.2, 0.25]) == [False, False, False, True]


def test_each_check_epoch_counts_once() -> None:
    """A trial that was kept after a check epoch is not held against the bar there again."""
    notebook, pruner, study = notebook_study(finished(line(1.0)), rule=Learner())
    live = study.ask()
    live.report(2.0, 1)
    live.report(2.0, 2)
    assert not live.should_prune()
    assert not live.should_prune()  # the same reports, the same answer
    study.add_trial(finished(line(3.0)))
    notebook.asked.clear()
    live.report(2.0, 3)
    assert not live.should_prune()
    assert pruner.explain(study, live).reason.startswith("not checked")
    assert [trial for trial, _ in notebook.asked if trial.id == live.number] == []


def test_that_a_trial_should_stop_holds_until_the_next_check_epoch() -> None:
    """Who goes on against the pruner's advice is told again."""
    _, _, study = notebook_study(finished(line(1.0)), rule=Learner())
    live, said = study.ask(), []
    for step, score in enumerate([0.1, 0.1, 2.0, 2.0, 2.0, 2.0], start=1):
        live.report(score, step)
        said.append(live.should_prune())
    assert said == [False, True, True, True, False, False]


@each_pruner
def test_patience_and_an_inner_pruner(inner: Callable[[], BasePruner]) -> None:
    """All three work together."""
    study = tuned(PatientPruner(srm(inner=inner()), patience=2))
    assert study.get_trials(states=(TrialState.FAIL,)) == []
    assert study.best_trial.number == tuned(NopPruner()).best_trial.number
