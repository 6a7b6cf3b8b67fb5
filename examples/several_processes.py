"""One Optuna study in a journal file, four processes, and the reason for every pruned trial.

Each process has a pruner with the same settings. The pruners learn from the storage, so each of them knows all finished
trials. With `save_verdicts=True` the reason goes into the storage too, as a user attribute of the trial;
optuna-dashboard shows it.

    pip install .
    python examples/several_processes.py
"""

import multiprocessing
import tempfile
from pathlib import Path

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from bandits.integrations.optuna import PredictivePruner
from bandits.predictors import SRM

NAME = "digits"


def pruner(epochs: int) -> PredictivePruner:
    """The pruner of every process."""
    return PredictivePruner(SRM(), max_epochs=epochs, risk=0.1, save_verdicts=True)


def work(file: str, seed: int, n_trials: int, epochs: int) -> None:
    """Do a share of the study's trials."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    images, labels = load_digits(return_X_y=True)
    x, x_valid, y, y_valid = train_test_split(images / 16.0, labels, test_size=0.5, random_state=0, stratify=labels)

    def objective(trial: optuna.Trial) -> float:
        model = MLPClassifier(
            hidden_layer_sizes=(trial.suggest_int("width", 4, 64, log=True),),
            alpha=trial.suggest_float("alpha", 1e-6, 1.0, log=True),
            learning_rate_init=trial.suggest_float("lr", 1e-4, 0.3, log=True),
            random_state=trial.number,
        )
        loss = float("nan")
        for epoch in range(1, epochs + 1):
            model.partial_fit(x, y, classes=range(10))
            loss = log_loss(y_valid, model.predict_proba(x_valid))
            trial.report(loss, step=epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return loss

    study = optuna.load_study(
        study_name=NAME,
        storage=JournalStorage(JournalFileBackend(file)),
        sampler=optuna.samplers.TPESampler(seed=seed),  # another seed in each process
        pruner=pruner(epochs),
    )
    study.optimize(objective, n_trials=n_trials)


def main(n_trials: int = 60, epochs: int = 20, processes: int = 4, folder: Path | None = None) -> optuna.Study:
    """Tune in `processes` processes, say what it cost and why trials were pruned, and return the study."""
    file = str((folder or Path(tempfile.mkdtemp())) / "study.journal")
    study = optuna.create_study(
        study_name=NAME, storage=JournalStorage(JournalFileBackend(file)), direction="minimize", pruner=pruner(epochs)
    )
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=work, args=(file, i, n_trials // processes, epochs)) for i in range(processes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    pruned = study.get_trials(states=(TrialState.PRUNED,))
    trained = sum(len(trial.intermediate_values) for trial in study.trials)
    print(f"{len(study.trials)} trials, {len(pruned)} pruned; {trained} epochs of {len(study.trials) * epochs}")
    print(f"best validation loss {study.best_value:.4f} (trial {study.best_trial.number}): {study.best_params}")
    print(f"study in {file}")
    for trial in pruned[-3:]:
        print(
            f"trial {trial.number} stopped after epoch {trial.last_step}:",
            trial.user_attrs["bandits:verdict"]["reason"],
        )
    return study


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    main()
