"""The pruner with a budget: the best trial for so many full trainings."""

import math
import pickle
import warnings

import optuna
import pytest

from bandits.causes import Cause
from bandits.errors import SettingError
from bandits.integrations.optuna import PredictivePruner, PruningWarning
from bandits.predictors import SRM, CurveProcess
from bandits.stopping import EconomicRule

T = 12
STATES = optuna.trial.TrialState


def trained(trial, fails=lambda number: False):
    """A training whose learning rate tells half of its end."""
    lr = trial.suggest_float("lr", 1e-4, 1.0, log=True)
    end = 0.9 - 0.1 * abs(math.log10(lr) + 2) - 0.1 * (trial.number * 7 % 5)
    for epoch in range(1, T + 1):
        if fails(trial.number) and epoch == 5:
            return math.nan
        trial.report(end * (1 - 0.6**epoch), epoch)
        if epoch < T and trial.should_prune():
            raise optuna.TrialPruned
    return end * (1 - 0.6**T)


def study_of(pruner, trials=25, objective=trained):
    """A study in memory, with random sampling."""
    study = optuna.create_study(
        direction="maximize", pruner=pruner, sampler=optuna.samplers.RandomSampler(seed=0), study_name="budget"
    )
    study.optimize(objective, n_trials=trials)
    return study


@pytest.fixture(scope="module")
def budgeted():
    """A pruner with a budget, and a study that it has pruned."""
    pruner = PredictivePruner(rule=EconomicRule(budget=8), max_epochs=T)
    return pruner, study_of(pruner)


def spent_by(study):
    """Epochs that all trials reported."""
    return sum(len(trial.intermediate_values) for trial in study.trials)


def test_the_rule_alone_chooses_the_predictor() -> None:
    """A rule with a budget gets a predictor that needs no complete trial, and begins after the first; else `SRM`."""
    settings = PredictivePruner(rule=EconomicRule(budget=40), max_epochs=T)._settings
    assert isinstance(settings.predictor, CurveProcess)
    assert (settings.n_startup_trials, settings.max_curves) == (1, 1000)

    settings = PredictivePruner(max_epochs=T)._settings
    assert isinstance(settings.predictor, SRM)
    assert (settings.n_startup_trials, settings.max_curves) == (10, 200)


def test_trials_are_pruned_from_the_first_ones_on(budgeted) -> None:
    """No burn-in of ten trials: some of the first ten are pruned, and more trials are tried than the budget has."""
    _, study = budgeted
    states = [trial.state for trial in study.trials]

    assert states[0] is STATES.COMPLETE
    assert STATES.PRUNED in states[:10]
    assert states.count(STATES.COMPLETE) <= 8
    assert len(states) > 8


def test_why_a_trial_was_pruned(budgeted) -> None:
    """With forecast, best value so far, and what an epoch of the trial and of fresh ones is worth."""
    pruner, study = budgeted
    pruned = [trial for trial in study.trials if trial.state is STATES.PRUNED]
    verdicts = [pruner.explain(study, trial) for trial in pruned]

    assert {verdict.cause for verdict in verdicts} <= {Cause.WORTH_LESS, Cause.BUDGET_SPENT}
    assert any("fresh arms are worth no less: an epoch of it improves on" in verdict.reason for verdict in verdicts)


def test_the_same_study_is_pruned_in_the_same_way(budgeted) -> None:
    """Also by a pruner that was pickled, as for another process."""
    pruner, study = budgeted
    again = study_of(pickle.loads(pickle.dumps(pruner)))  # noqa: S301 - our own

    assert [trial.state for trial in again.trials] == [trial.state for trial in study.trials]
    assert spent_by(again) == spent_by(study)


def test_a_budget_that_is_spent_is_told() -> None:
    """Trials are pruned after their first report, and a warning says so."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        study = study_of(PredictivePruner(rule=EconomicRule(budget=2), max_epochs=T), trials=6)

    assert [len(trial.intermediate_values) for trial in study.trials[-2:]] == [1, 1]
    told = [str(each.message) for each in caught if issubclass(each.category, PruningWarning)]
    assert any("the budget of 2 full trainings is spent" in message for message in told)


@pytest.mark.filterwarnings("ignore::bandits.integrations.optuna.PruningWarning")
@pytest.mark.parametrize("fails", [lambda number: True, lambda number: number == 3])
def test_trials_that_fail_or_diverge_do_not_stop_a_study(fails) -> None:
    """A trial that diverges after looking best, or all of them: the others are judged as before."""
    study = study_of(
        PredictivePruner(rule=EconomicRule(budget=4), max_epochs=T),
        trials=9,
        objective=lambda trial: trained(trial, fails),
    )

    assert all(trial.state.is_finished() for trial in study.trials)


@pytest.mark.filterwarnings("ignore::bandits.integrations.optuna.PruningWarning")
def test_ties_everywhere() -> None:
    """Trials without any difference end, pruned or complete."""

    def tie(trial):
        trial.suggest_float("lr", 0.1, 0.2)
        for epoch in range(1, T + 1):
            trial.report(0.5, epoch)
            if epoch < T and trial.should_prune():
                raise optuna.TrialPruned
        return 0.5

    study = study_of(PredictivePruner(rule=EconomicRule(budget=4), max_epochs=T), trials=8, objective=tie)

    assert study.best_value == 0.5


def test_a_budget_below_one_training_is_refused() -> None:
    """In one sentence."""
    with pytest.raises(SettingError, match=r"`budget` must be >= 1 and finite, got 0.2"):
        PredictivePruner(rule=EconomicRule(budget=0.2), max_epochs=T)
