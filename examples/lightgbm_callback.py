"""LightGBM in an Optuna study that prunes by forecasts, through Optuna's own callback.

A boosting round is a step. `LightGBMPruningCallback` reports the validation loss of each round, from step 0 on, and
asks the pruner, which checks every fifth round (`interval_steps`). `max_epochs` is the number of rounds of a full
training. (With the callback's `report_interval=5`, step 0 is never reported. Then `max_epochs` is the last reported
step, `epochs - 1`.)

    pip install '.[examples]'
    python examples/lightgbm_callback.py
"""

import lightgbm as lgb
import optuna
from optuna.trial import TrialState
from optuna_integration import LightGBMPruningCallback
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split

from bandits.integrations.optuna import PredictivePruner
from bandits.predictors import SRM


def main(n_trials: int = 50, epochs: int = 100) -> optuna.Study:
    """Tune with `epochs` boosting rounds a trial, say what it cost, and return the study."""
    features, labels = make_classification(1500, 20, n_informative=8, flip_y=0.05, class_sep=0.8, random_state=0)
    x, x_valid, y, y_valid = train_test_split(features, labels, test_size=0.4, random_state=0)

    def objective(trial: optuna.Trial) -> float:
        settings = {
            "objective": "binary",
            "metric": "binary_logloss",
            "learning_rate": trial.suggest_float("learning_rate", 1e-3, 0.5, log=True),
            "num_leaves": trial.suggest_int("num_leaves", 2, 32, log=True),
            "min_child_samples": trial.suggest_int("min_child_samples", 5, 100, log=True),
            "feature_fraction": trial.suggest_float("feature_fraction", 0.3, 1.0),
            "seed": trial.number,
            "num_threads": 1,
            "verbosity": -1,
        }
        train = lgb.Dataset(x, label=y)
        booster = lgb.train(
            settings,
            train,
            num_boost_round=epochs,
            valid_sets=[lgb.Dataset(x_valid, label=y_valid, reference=train)],
            callbacks=[LightGBMPruningCallback(trial, "binary_logloss")],
        )
        return float(booster.best_score["valid_0"]["binary_logloss"])

    pruner = PredictivePruner(SRM(), max_epochs=epochs, risk=0.1, interval_steps=5)
    study = optuna.create_study(direction="minimize", sampler=optuna.samplers.TPESampler(seed=0), pruner=pruner)
    study.optimize(objective, n_trials=n_trials)

    pruned = study.get_trials(states=(TrialState.PRUNED,))
    trained = sum(len(trial.intermediate_values) for trial in study.trials)
    print(f"{len(study.trials)} trials, {len(pruned)} pruned; {trained} boosting rounds of {n_trials * epochs}")
    print(f"best validation loss {study.best_value:.4f} (trial {study.best_trial.number}): {study.best_params}")
    return study


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    main()
