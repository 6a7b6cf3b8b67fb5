"""Verdicts of the Optuna pruner as user attributes of trials, and who reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.pruners import MedianPruner, ThresholdPruner
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from bandits.integrations.optuna import PredictivePruner, PruningWarning
from bandits.integrations.optuna.trial_verdict import VERDICT
from bandits.predictors import SRM
from bandits.stopping import Drop, Keep
from tests.integration.optuna.made_studies import (
    T,
    finished,
    line,
    notebook_study,
    optimised,
    running,
)

pytestmark = pytest.mark.usefixtures("quiet_optuna")


def saved(study: optuna.Study, trial: FrozenTrial | optuna.Trial) -> Any:
    """What has been written to a trial."""
    return study.trials[trial.number].user_attrs.get(VERDICT)


def srm(**options: Any) -> PredictivePruner:
    return PredictivePruner(SRM(min_curves=10, model="ridge"), max_epochs=T, save_verdicts=True, **options)


# What is written


@pytest.mark.parametrize(("direction", "sign", "relation"), [("maximize", 1.0, "<="), ("minimize", -1.0, ">=")])
def test_verdict_is_written_in_units_of_the_study(direction: Any, sign: float, relation: str) -> None:
    """The attribute holds what was said, when, and the numbers behind it."""
    _, pruner, study = notebook_study(save_verdicts=True)
    study = optuna.create_study(direction=direction, pruner=pruner)
    study.add_trial(finished(line(sign, first_step=0)))
    trial = running(study, {0: sign * 0.25, 1: sign * 0.5})
    assert pruner.prune(study, trial)
    assert saved(study, trial) == {
        "pruned": True,
        "step": 1,
        "epoch": 2,
        "reason": f"P(value at epoch 10 {relation} {sign:g}) = 1 >= 0.99",
        "cause": "below_bar",
        "spared": False,
        "forecast": sign * 0.5,
        "std": 0.0,
        "horizon": 10,
        "bar": sign,
        "probability": 1.0,
    }


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_metric_has_the_name_that_the_study_gives_it() -> None:
    """A study may name what it optimises."""
    _, pruner, study = notebook_study(finished(line(1.0)), save_verdicts=True)
    study.set_metric_names(["accuracy"])
    trial = running(study, {1: 0.1})
    pruner.prune(study, trial)
    assert saved(study, trial)["reason"] == "P(accuracy at epoch 10 <= 1) = 1 >= 0.99"


def test_verdict_of_the_inner_pruner_is_written() -> None:
    """It says who pruned, and no numbers."""
    _, pruner, study = notebook_study(finished(line(1.0)), save_verdicts=True, inner=ThresholdPruner(lower=0.2))
    trial = running(study, {1: 0.1})
    pruner.prune(study, trial)
    told = saved(study, trial)
    assert (told["pruned"], told["reason"], told["epoch"]) == (True, "ThresholdPruner prunes it", 1)
    assert {told[name] for name in ("forecast", "std", "horizon", "bar", "probability")} == {None}


def test_what_rests_on_no_forecast_is_not_written() -> None:
    """Reports that were not looked at leave the last verdict as it was."""
    _, pruner, study = notebook_study(finished(line(1.0)), save_verdicts=True, interval_steps=2)
    live = study.ask()
    live.report(2.0, 1)
    live.report(2.0, 2)
    live.should_prune()
    told = saved(study, live)
    assert (told["pruned"], told["step"]) == (False, 2)
    live.report(2.0, 3)
    live.should_prune()
    assert saved(study, live) == told
    study.tell(live, 2.0)
    assert pruner.explain(study, study.trials[live.number]).reason == "P(score at epoch 10 <= 1) = 0 < 0.99"


def test_nothing_is_written_unless_asked_for() -> None:
    """By default a study is left as it is."""
    study = optimised(PredictivePruner(SRM(min_curves=10, model="ridge"), max_epochs=T))
    assert all(trial.user_attrs == {} for trial in study.trials)


def test_every_pruned_trial_says_why() -> None:
    """Of a whole study: each pruned trial, each spared one and none else says so; all of it is JSON."""
    pruner = srm(inner=MedianPruner(n_startup_trials=20), audit=0.3)
    study = optimised(pruner)
    spared = 0
    for trial in study.trials:
        told = trial.user_attrs.get(VERDICT)
        assert (trial.state == TrialState.PRUNED) == (told is not None and told["pruned"])
        if told is not None:
            spared += told["spared"]
            assert json.loads(json.dumps(told, allow_nan=False)) == told
            assert pruner.explain(study, trial).spared == told["spared"]
            assert told["reason"].endswith("; carried on nevertheless, to check the rule") == told["spared"]
    assert spared >= 5


# Who refuses


def test_trial_that_somebody_else_has_finished() -> None:
    """A trial that was told meanwhile takes no attribute, and nobody minds."""
    _, pruner, study = notebook_study(finished(line(1.0)), save_verdicts=True)
    trial = running(study, {1: 0.1})
    study.tell(trial.number, state=TrialState.FAIL)
    assert pruner.prune(study, trial)
    assert saved(study, trial) is None


def test_storage_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A verdict that cannot be written is one warning, and is still the verdict."""
    _, pruner, study = notebook_study(finished(line(1.0)), save_verdicts=True)

    def refuse(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(study._storage, "set_trial_user_attr", refuse)
    with pytest.warns(PruningWarning, match="a verdict could not be written to its trial: OSError: disk full"):
        assert pruner.prune(study, running(study, {1: 0.1}))
    assert pruner.prune(study, running(study, {1: 0.1}))


# Who reads


def test_others_read_what_was_written(tmp_path: Path) -> None:
    """A pruner that has judged no trial of a finished study explains each as the one that did."""

    def storage() -> JournalStorage:
        return JournalStorage(JournalFileBackend(str(tmp_path / "study.log")))

    study = optuna.create_study(storage=storage(), study_name="s", direction="maximize")
    study.add_trials(optimised(srm(audit=0.3)).trials)
    late = PredictivePruner(SRM(), max_epochs=T)
    opened = optuna.load_study(storage=storage(), study_name="s", pruner=late)
    kinds = set()
    for trial in opened.trials:
        if VERDICT in trial.user_attrs:
            verdict = late.explain(opened, trial)
            told = trial.user_attrs[VERDICT]
            assert (isinstance(verdict, Drop), verdict.reason, verdict.spared) == (
                told["pruned"],
                told["reason"],
                told["spared"],
            )
            kinds.add((type(verdict), verdict.spared))
    assert kinds == {(Drop, False), (Keep, False), (Keep, True)}


@pytest.mark.parametrize("told", ["Drop", 3, [], {}, {"reason": ""}, {"reason": 5, "pruned": True}], ids=repr)
def test_attribute_of_another_kind_is_no_verdict(told: Any) -> None:
    """What others wrote under that name is passed over."""
    _, pruner, study = notebook_study(finished(line(1.0)))
    trial = finished({1: 0.1}, state=TrialState.PRUNED)
    trial.set_user_attr(VERDICT, told)
    study.add_trial(trial)
    assert pruner.explain(study, study.trials[-1]).reason == "P(score at epoch 10 <= 1) = 1 >= 0.99"
