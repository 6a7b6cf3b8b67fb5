"""scikit-learn's `partial_fit` in an Optuna study that prunes by forecasts.

One call of `partial_fit` is an epoch. Parameters may be choices, and a parameter may exist only for some values of
another one (`power_t`); the predictor handles both. Steps count from 0 here; the pruner learns that from the first
complete trial.

    pip install .
    python examples/sklearn_partial_fit.py
"""

import numpy as np
import optuna
from optuna.trial import TrialState
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from bandits.integrations.optuna import PredictivePruner
from bandits.predictors import SRM


def main(n_trials: int = 40, epochs: int = 25) -> optuna.Study:
    """Tune, say what it cost, and return the study."""
    images, labels = load_digits(return_X_y=True)
    x, x_valid, y, y_valid = train_test_split(images / 16.0, labels, test_size=0.4, random_state=0, stratify=labels)

    def objective(trial: optuna.Trial) -> float:
        schedule = trial.suggest_categorical("schedule", ["constant", "invscaling"])
        model = SGDClassifier(
            loss="log_loss",
            penalty=trial.suggest_categorical("penalty", ["l1", "l2"]),
            alpha=trial.suggest_float("alpha", 1e-6, 1e-1, log=True),
            learning_rate=schedule,
            eta0=trial.suggest_float("eta0", 1e-4, 1.0, log=True),
            power_t=trial.suggest_float("power_t", 0.05, 0.5) if schedule == "invscaling" else 0.5,
            random_state=trial.number,
        )
        loss = float("nan")
        for epoch in range(epochs):
            model.partial_fit(x, y, classes=np.unique(y))
            loss = log_loss(y_valid, model.predict_proba(x_valid))
            trial.report(loss, step=epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return loss

    pruner = PredictivePruner(SRM(), max_epochs=epochs, risk=0.1)
    study = optuna.create_study(direction="minimize", sampler=optuna.samplers.TPESampler(seed=0), pruner=pruner)
    study.optimize(objective, n_trials=n_trials)

    pruned = study.get_trials(states=(TrialState.PRUNED,))
    trained = sum(len(trial.intermediate_values) for trial in study.trials)
    print(f"{len(study.trials)} trials, {len(pruned)} pruned; {trained} epochs of {n_trials * epochs}")
    print(f"best validation loss {study.best_value:.4f} (trial {study.best_trial.number}): {study.best_params}")
    return study


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    main()
