"""A plain PyTorch training loop in an Optuna study that prunes by forecasts.

A small network learns scikit-learn's digits (offline, CPU, a few seconds). After every epoch it reports its validation
loss, and `PredictivePruner` stops the trials that will not be among the best. A user attribute holds the size of the
network, so that forecasts use it as well as the parameters.

    pip install '.[examples]'
    python examples/pytorch_loop.py
"""

import optuna
import torch
from optuna.trial import TrialState
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn.functional import cross_entropy

from bandits.integrations.optuna import PredictivePruner
from bandits.predictors import SRM


def digits() -> list[torch.Tensor]:
    """Images and labels to train on, and those to validate on."""
    images, labels = load_digits(return_X_y=True)
    parts = train_test_split(images / 16.0, labels, test_size=0.25, random_state=0, stratify=labels)
    x, x_valid, y, y_valid = parts
    return [
        torch.tensor(x, dtype=torch.float32),
        torch.tensor(y),
        torch.tensor(x_valid, dtype=torch.float32),
        torch.tensor(y_valid),
    ]


def main(n_trials: int = 40, epochs: int = 20) -> optuna.Study:
    """Tune, say what it cost, and return the study."""
    x, y, x_valid, y_valid = digits()

    def objective(trial: optuna.Trial) -> float:
        torch.manual_seed(trial.number)
        width = trial.suggest_int("width", 8, 128, log=True)
        dropout = trial.suggest_float("dropout", 0.0, 0.6)
        lr = trial.suggest_float("lr", 1e-4, 1e-1, log=True)
        net = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, 10))
        trial.set_user_attr("num_params", sum(weights.numel() for weights in net.parameters()))  # before any report
        optimizer = torch.optim.Adam(net.parameters(), lr=lr)
        loss = float("nan")
        for epoch in range(1, epochs + 1):
            net.train()
            for batch in torch.randperm(len(x)).split(64):
                optimizer.zero_grad()
                cross_entropy(net(x[batch]), y[batch]).backward()
                optimizer.step()
            net.eval()
            with torch.no_grad():
                loss = cross_entropy(net(x_valid), y_valid).item()
            trial.report(loss, step=epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return loss

    pruner = PredictivePruner(SRM(), max_epochs=epochs, risk=0.1, user_attrs=("num_params",))
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
