"""Forecasts on top of Optuna's Hyperband pruner, and patience around both.

The same study runs three times: with `HyperbandPruner`; with `PredictivePruner(..., inner=HyperbandPruner(...))`, where
a trial stops when either pruner says so; and with `PatientPruner` around the second, which lets a trial go on while it
improves. The first trials run in full each time, since Hyperband alone would leave few complete curves to learn from.

    pip install .
    python examples/hyperband_with_forecasts.py
"""

import warnings

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner, HyperbandPruner, NopPruner, PatientPruner
from optuna.trial import TrialState
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from bandits.integrations.optuna import PredictivePruner
from bandits.predictors import SRM

IN_FULL = 12  # trials before the first one that may be pruned


def tune(pruner: BasePruner, n_trials: int, epochs: int) -> optuna.Study:
    """A study of `n_trials` small networks, with an accuracy after each of at most `epochs` epochs."""
    images, labels = load_digits(return_X_y=True)
    x, x_valid, y, y_valid = train_test_split(images / 16.0, labels, test_size=0.5, random_state=0, stratify=labels)

    def objective(trial: optuna.Trial) -> float:
        model = MLPClassifier(
            hidden_layer_sizes=(trial.suggest_int("width", 4, 64, log=True),),
            alpha=trial.suggest_float("alpha", 1e-6, 1.0, log=True),
            learning_rate_init=trial.suggest_float("lr", 1e-4, 0.3, log=True),
            random_state=trial.number,
        )
        accuracy = 0.0
        for epoch in range(1, epochs + 1):
            model.partial_fit(x, y, classes=range(10))
            accuracy = model.score(x_valid, y_valid)
            trial.report(accuracy, step=epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return accuracy

    study = optuna.create_study(
        study_name="digits",  # Hyperband draws a trial's bracket from the study's name and the trial's number
        direction="maximize",
        sampler=optuna.samplers.RandomSampler(seed=0),
        pruner=NopPruner(),
    )
    study.optimize(objective, n_trials=IN_FULL)
    study.pruner = pruner
    study.optimize(objective, n_trials=n_trials - IN_FULL)
    return study


def main(n_trials: int = 60, epochs: int = 27) -> dict[str, optuna.Study]:
    """Tune three times, say what each cost, and return the studies."""

    def hyperband() -> HyperbandPruner:
        return HyperbandPruner(min_resource=1, max_resource=epochs, reduction_factor=3)

    def forecasts() -> PredictivePruner:
        return PredictivePruner(SRM(), max_epochs=epochs, risk=0.1, inner=hyperband())

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        patient = PatientPruner(forecasts(), patience=1)
    studies = {
        name: tune(pruner, n_trials, epochs)
        for name, pruner in (("Hyperband", hyperband()), ("with forecasts", forecasts()), ("with patience", patient))
    }
    for name, study in studies.items():
        pruned = study.get_trials(states=(TrialState.PRUNED,))
        trained = sum(len(trial.intermediate_values) for trial in study.trials)
        print(
            f"{name:<15} {len(study.trials)} trials, {len(pruned)} pruned; {trained} epochs of {n_trials * epochs};"
            f" best accuracy {study.best_value:.4f} (trial {study.best_trial.number})"
        )
    return studies


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    main()
