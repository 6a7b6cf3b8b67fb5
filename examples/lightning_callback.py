"""PyTorch Lightning in an Optuna study that prunes by forecasts, through Optuna's own callback.

`PyTorchLightningPruningCallback` reports the `val_loss` that the module logs after every validation, and asks the
pruner. The callback is Optuna's; only the pruner is another one.

    pip install '.[examples]'
    python examples/lightning_callback.py
"""

import logging

import lightning.pytorch as pl
import optuna
import torch
from optuna.trial import TrialState
from optuna_integration import PyTorchLightningPruningCallback
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

from bandits.integrations.optuna import PredictivePruner
from bandits.predictors import SRM


class DigitsNet(pl.LightningModule):
    """A small network that logs its validation loss."""

    def __init__(self, width: int, lr: float, momentum: float) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))
        self.lr, self.momentum = lr, momentum

    def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        x, y = batch
        return cross_entropy(self.net(x), y)

    def validation_step(self, batch: tuple[Tensor, Tensor]) -> None:
        x, y = batch
        self.log("val_loss", cross_entropy(self.net(x), y))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=self.lr, momentum=self.momentum)


def main(n_trials: int = 40, epochs: int = 15) -> optuna.Study:
    """Tune, say what it cost, and return the study."""
    images, labels = load_digits(return_X_y=True)
    x, x_valid, y, y_valid = train_test_split(images / 16.0, labels, test_size=0.25, random_state=0, stratify=labels)
    train = TensorDataset(torch.tensor(x, dtype=torch.float32), torch.tensor(y))
    valid = TensorDataset(torch.tensor(x_valid, dtype=torch.float32), torch.tensor(y_valid))

    def objective(trial: optuna.Trial) -> float:
        torch.manual_seed(trial.number)
        net = DigitsNet(
            width=trial.suggest_int("width", 8, 128, log=True),
            lr=trial.suggest_float("lr", 1e-4, 1.0, log=True),
            momentum=trial.suggest_float("momentum", 0.0, 0.95),
        )
        trainer = pl.Trainer(
            max_epochs=epochs,
            callbacks=[PyTorchLightningPruningCallback(trial, monitor="val_loss")],
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(net, DataLoader(train, batch_size=128, shuffle=True), DataLoader(valid, batch_size=len(valid)))
        return trainer.callback_metrics["val_loss"].item()

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
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    main()
