"""The answer in the study's own order is what an Optuna study with that pruner does."""

from __future__ import annotations

import optuna
import pytest
from optuna.trial import TrialState

from bandits.integrations.optuna import PredictivePruner
from bandits.predictors import SRM, LastSeenValue, Predictor
from bandits.stopping import choose_rule
from bandits.studies.readers.optuna import study_of_optuna
from bandits.tools.what_if import what_if
from tests.integration.optuna.made_studies import T, exponential

pytestmark = pytest.mark.usefixtures("quiet_optuna")

TRIALS = 50


def search(pruner: optuna.pruners.BasePruner, sign: float, steps: range, *, branches: bool = False) -> optuna.Study:
    """Random search of curves that depend on a trial's parameters and number alone; trial 3 reports nothing. With
    branches, some trials have a parameter that others do not have."""

    def objective(trial: optuna.Trial) -> float:
        if trial.number == 3:
            raise ValueError
        if branches and trial.suggest_categorical("optimizer", ["adam", "sgd"]) == "sgd":
            trial.suggest_float("momentum", 0.1, 0.99)
        return exponential(sign, steps)(trial)

    study = optuna.create_study(
        direction="maximize" if sign > 0 else "minimize",
        pruner=pruner,
        sampler=optuna.samplers.RandomSampler(seed=3),
    )
    study.optimize(objective, n_trials=TRIALS, catch=ValueError)
    return study


@pytest.mark.parametrize(
    ("predictor", "options", "sign", "steps", "branches"),
    [
        (SRM(), {}, 1.0, range(1, T + 1), False),
        (SRM(model="ridge"), {"risk": 0.2}, -1.0, range(T), False),
        (SRM(model="ridge"), {"risk": 0.2}, 1.0, range(T), True),
        (LastSeenValue(min_curves=10), {"keep": 2, "margin": 0.01, "seed": 5}, 1.0, range(0, 3 * T, 3), False),
        (LastSeenValue(min_curves=10), {"confidence": 0.95}, 1.0, range(T), False),
    ],
    ids=["from 1", "from 0, falling", "conditional parameters", "strided", "confidence"],
)
def test_own_order_drops_what_the_pruner_drops(
    predictor: Predictor, options: dict[str, float], sign: float, steps: range, branches: bool
) -> None:
    """The same trials, after the same epochs, for the same reasons."""
    study = search(optuna.pruners.NopPruner(), sign, steps, branches=branches)
    numbers = {name: value for name, value in options.items() if name != "seed"}
    seed = int(options.get("seed", 0))
    answer = what_if(study_of_optuna(study), predictor, choose_rule(**numbers), orders=0, seed=seed)
    pruner = PredictivePruner(predictor, max_epochs=answer.settings.max_epochs, **options)  # type: ignore[arg-type]
    real = search(pruner, sign, steps, branches=branches)

    pruned = real.get_trials(states=[TrialState.PRUNED])
    first = steps[0] if steps[0] == 0 else 1
    ended = [(trial.number, (trial.last_step or 0) - first + 1) for trial in pruned]
    assert len(ended) > 5
    assert [(answer.trials[drop.trial].number, drop.epoch) for drop in answer.own.dropped] == ended
