"""The Optuna pruner, in real studies."""

from __future__ import annotations

import inspect
import math
import pickle
from pathlib import Path
from typing import Any

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.trial import TrialState

from bandits.curves import Metric
from bandits.errors import SettingError
from bandits.integrations.optuna import PredictivePruner
from bandits.predictors import SRM, LastSeenValue, Predictor
from bandits.stopping import Drop, Keep, ProbabilityRule
from tests.integration.optuna.made_studies import (
    RATE,
    Notebook,
    T,
    decisions,
    exponential,
    finished,
    line,
    notebook_study,
    optimised,
    pruned,
    running,
    study_with,
)

pytestmark = pytest.mark.usefixtures("quiet_optuna")

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


def test_trials_that_have_not_ended_do_not_count() -> None:
    """Waiting and running trials, and failed ones, neither start the pruning, nor teach, nor set the bar."""
    notebook, pruner, study = notebook_study(finished(line(0.5)))
    running(study, line(0.9))
    with pytest.warns(UserWarning, match="The value nan is not acceptable"):
        study.tell(running(study, line(0.9)).number, float("nan"))
    study.tell(running(study, line(0.9)).number, state=TrialState.FAIL)
    trial = running(study, {1: 0.4})
    study.enqueue_trial({})
    states = [TrialState.COMPLETE, TrialState.RUNNING, TrialState.FAIL, TrialState.FAIL, TrialState.RUNNING]
    assert [each.state for each in study.trials] == [*states, TrialState.WAITING]
    assert pruner.prune(study, trial)
    assert notebook.curves() == [pytest.approx(list(line(0.5).values()))]


# What it says


def test_explain_gives_reason_and_evidence() -> None:
    """A verdict speaks of scores, and of the study's own units where they are named."""
    notebook = Notebook()
    pruner = PredictivePruner(notebook, max_epochs=T, confidence=0.99, n_startup_trials=1)
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
    assert len(pruner._studies) == 1
    del study
    assert len(pruner._studies) == 0


@pytest.mark.parametrize("database", [False, True], ids=["in memory", "database"])
def test_study_objects_share_what_is_known(database: bool, tmp_path: Path) -> None:
    """Two `Study` objects of one study and storage cost one fit, and one explains what the other was told."""
    storage = (
        optuna.storages.RDBStorage(f"sqlite:///{tmp_path}/s.db") if database else optuna.storages.InMemoryStorage()
    )
    notebook, pruner, _ = notebook_study()
    study = optuna.create_study(study_name="s", storage=storage, direction="maximize", pruner=pruner)
    study.add_trial(finished(line(0.5)))
    trial = running(study, {1: 0.1})
    assert pruner.prune(study, trial)
    again = optuna.load_study(study_name="s", storage=storage, pruner=pruner)
    assert pruner.prune(again, running(again, {1: 0.1}))
    assert len(notebook.fits) == 1
    study.tell(trial.number, state=TrialState.PRUNED)
    study.add_trial(finished(line(0.9)))
    assert pruner.explain(again, again.trials[trial.number]).reason == "P(score at epoch 10 <= 0.5) = 1 >= 0.99"


def test_deleted_study_is_forgotten(tmp_path: Path) -> None:
    """A new study that takes the place of a deleted one, in name and number, knows nothing of that."""
    storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path}/s.db")
    _, pruner, _ = notebook_study()
    options: dict[str, Any] = {"study_name": "s", "storage": storage, "direction": "maximize", "pruner": pruner}
    for end in (0.9, 0.5, 0.3):
        study = optuna.create_study(**options)
        study.add_trial(finished(line(end)))
        assert pruner.explain(study, running(study, {1: 0.1})).reason == f"P(score at epoch 10 <= {end}) = 1 >= 0.99"
        optuna.delete_study(study_name="s", storage=storage)
    study = optuna.create_study(**options)
    assert not pruner.prune(study, running(study, {1: 0.1}))


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
    pruner = PredictivePruner(Notebook(), max_epochs=T, confidence=0.99, n_startup_trials=1)
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


@pytest.mark.filterwarnings("ignore::bandits.integrations.optuna.PruningWarning")  # trials go on after `max_epochs`
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
        ({"risk": 0.0}, "`risk` must be in (0, 0.5], got 0.0"),
        ({"audit": 1.5}, "`audit` must be in [0, 1], got 1.5"),
        ({"confidence": 1.0}, "`confidence` must be in (0, 1), got 1.0"),
        ({"confidence": 0.99, "risk": 0.05}, "`risk` must be left out with `confidence`, another rule's, got 0.05"),
        ({"margin": -1.0}, "`margin` must be >= 0 and finite, got -1.0"),
        ({"keep": 0}, "`keep` must be an integer >= 1, got 0"),
        ({"n_startup_trials": -1}, "`n_startup_trials` must be an integer >= 0, got -1"),
        ({"n_warmup_steps": -1}, "`n_warmup_steps` must be an integer >= 0, got -1"),
        ({"interval_steps": 0}, "`interval_steps` must be an integer >= 1, got 0"),
        ({"predictor": "SRM"}, "`predictor` must be a Predictor such as SRM(), got 'SRM'"),
        ({"rule": 0.95}, "`rule` must be a StoppingRule such as RiskControlledRule(), got 0.95"),
    ],
)
def test_settings_are_checked(options: dict[str, Any], message: str) -> None:
    """A setting that breaks its rule is named, with the rule and the value."""
    arguments: dict[str, Any] = {"predictor": SRM(), "max_epochs": T} | options
    with pytest.raises(SettingError) as error:
        PredictivePruner(**arguments)
    assert message == str(error.value)


WHOLE = ("max_epochs", "n_startup_trials", "n_warmup_steps", "interval_steps", "max_curves", "keep", "seed")
NUMBERS = ("risk", "audit", "confidence", "margin", "max_wait")
WRONG: dict[str, list[object]] = {
    **{name: ["2", 2.5, True, math.nan, -1, [2]] for name in WHOLE},
    **{name: ["0.1", True, math.nan, math.inf, -1, [0.1]] for name in NUMBERS},
    "predictor": ["SRM", SRM, 3],
    "rule": ["risk", ProbabilityRule, 0.9, True],
    "inner": ["hyperband", optuna.pruners.MedianPruner, True],
    "user_attrs": ["size", None, 5, {"size"}, [1], [None]],
    "save_verdicts": [None, 1, "yes"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values], ids=repr
)
def test_wrong_settings_are_named(name: str, value: object) -> None:
    """Whatever is given of whatever type: one sentence that names the argument, its rule and the value."""
    arguments: dict[str, Any] = {"predictor": SRM(), "max_epochs": T} | {name: value}
    with pytest.raises(SettingError) as error:
        PredictivePruner(**arguments)
    assert str(error.value).startswith(f"`{name}` must be ")
    assert str(error.value).endswith(f", got {value!r}")
    assert "\n" not in str(error.value)


def test_every_setting_is_among_the_wrong_ones() -> None:
    """The table of wrong settings lacks none."""
    assert set(inspect.signature(PredictivePruner).parameters) == set(WRONG)


@pytest.mark.parametrize(
    "settings", [{"risk": 0.2}, {"audit": 0.0}, {"confidence": 0.9}, {"margin": 0.1}, {"keep": 2}], ids=str
)
def test_rule_replaces_the_settings_of_the_usual_one(settings: dict[str, Any]) -> None:
    """A rule of one's own judges, and cannot be mixed with the settings of the usual one."""
    _, pruner, study = notebook_study(finished(line(0.5)), rule=ProbabilityRule(confidence=0.8))
    assert pruner.explain(study, running(study, {1: 0.1})).reason.endswith(">= 0.8")
    with pytest.raises(SettingError, match="must be left out with `rule`"):
        PredictivePruner(SRM(), max_epochs=T, rule=ProbabilityRule(), **settings)


def test_several_objectives_are_refused() -> None:
    """Trials of a study with several objectives report nothing, so there is nothing to prune."""
    pruner = PredictivePruner(SRM(), max_epochs=T)
    study = optuna.create_study(directions=["maximize", "minimize"], pruner=pruner)
    trial = study.ask()
    with pytest.raises(SettingError, match="must be one, got 2"):
        pruner.explain(study, trial)
