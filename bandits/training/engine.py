"""One training: a model, its optimizer, and how many epochs they have trained."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from bandits.errors import ObjectiveError
from bandits.rng import rng_for
from bandits.training.checkpoints import Checkpoint, load_into, tensors_of
from bandits.training.task import Task

__all__ = ["RATE_AFTER_RESTART", "Epoch", "Session"]

RATE_AFTER_RESTART = 0.4  # Baker et al. (ICLR 2017, section 5): "reduce the learning rate by 0.4 and restart"


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one epoch of training measured.

    Args:
        epoch: its number, from 1.
        value: the metric on the validation data, raw.
        train_loss: the mean loss over the epoch.
        learning_rate: the learning rate of this epoch.
        seconds: how long training and validation took; in the first epoch, all restarts are included.
    """

    epoch: int
    value: float
    train_loss: float
    learning_rate: float
    seconds: float


class Session:
    """One trial under training.

    The numbers of epoch t depend on the seed and on t alone, so a session that is restored after epoch t trains epoch
    t + 1 as without a pause. On a CPU, with the same number of threads, the two agree bit for bit.

    Args:
        task: what is trained.
        config: the trial's configuration.
        seed: the trial's, >= 0.
        threads: CPU threads that training may use.
        restarts: how many times a training whose first epoch teaches nothing begins again, with fresh weights and
            0.4 times the learning rate (Baker et al., ICLR 2017, section 5: at most 4).

    Example:
        >>> session = Session(task, {"lr": 0.01}, seed=3)       # doctest: +SKIP
        >>> session.train_epoch().value, session.epoch          # doctest: +SKIP
        (0.81, 1)
        >>> later = Session(task, {"lr": 0.01}, seed=3)         # doctest: +SKIP
        >>> later.restore(session.checkpoint())                 # doctest: +SKIP
    """

    def __init__(
        self, task: Task, config: Mapping[str, object], seed: int, *, threads: int = 1, restarts: int = 0
    ) -> None:
        self.epoch = 0
        self._task = task
        self._config = config
        self._seed = seed
        self._threads = threads
        self._restarts = restarts
        self._model: nn.Module
        self._optimizer: torch.optim.Optimizer
        self._attempt = 0
        self._begin(attempt=0)

    def train_epoch(self) -> Epoch:
        """Train the next epoch and validate.

        Raises:
            ObjectiveError: the training has diverged: the loss or the metric is not a finite number.
        """
        began = time.perf_counter()
        with _threads(self._threads):
            value, loss = self._train(self.epoch + 1)
            while self.epoch == 0 and self._attempt < self._restarts and self._is_dead(value, loss):
                self._begin(self._attempt + 1)
                value, loss = self._train(1)
        seconds = time.perf_counter() - began
        epoch = self.epoch + 1
        for name, number in (("training loss", loss), ("validation value", value)):
            if not math.isfinite(number):
                raise ObjectiveError(f"diverged: the {name} of epoch {epoch} is {number}")
        self.epoch = epoch
        return Epoch(epoch, value, loss, self._rate(epoch), seconds)

    def checkpoint(self, identity: Mapping[str, Any] | None = None) -> Checkpoint:
        """The state of the training now, copied to the CPU."""
        tensors, numbers = tensors_of(self._model, self._optimizer)
        words = {"attempt": self._attempt, "optimizer": numbers}
        return Checkpoint(self.epoch, tensors, words, dict(identity or {}))

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint of the same trial.

        Raises:
            ObjectiveError: it holds another model.
        """
        load_into(self._model, self._optimizer, checkpoint.tensors, checkpoint.words["optimizer"])
        self._attempt = int(checkpoint.words["attempt"])
        self.epoch = checkpoint.epoch

    def _begin(self, attempt: int) -> None:
        self._attempt = attempt
        with self._randomness("weights", attempt):
            model = self._task.build(self._config)
        self._model = model.to(self._task.device)
        self._optimizer = self._task.optimizer(self._model, self._config)

    def _train(self, epoch: int) -> tuple[float, float]:
        """Value and mean loss of an epoch; NaN and infinity raise no error here."""
        rate = self._rate(epoch)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        generator = torch.Generator().manual_seed(_seed(self._seed, "order", epoch))
        with self._randomness("epoch", epoch):
            self._model.train()
            loss = float(self._task.train_epoch(self._model, self._optimizer, epoch, generator))
        if not math.isfinite(loss):  # such weights need no validation
            return math.nan, loss
        self._model.eval()
        with torch.inference_mode():
            return float(self._task.validate(self._model)), loss

    def _rate(self, epoch: int) -> float:
        return self._task.learning_rate(self._config, epoch) * RATE_AFTER_RESTART**self._attempt

    def _is_dead(self, value: float, loss: float) -> bool:
        return not math.isfinite(loss) or not math.isfinite(value) or self._task.learns_nothing(value)

    @contextlib.contextmanager
    def _randomness(self, purpose: str, number: int) -> Iterator[None]:
        """Seed torch's global generators for a purpose, and restore their state afterwards."""
        device = self._task.device
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(_seed(self._seed, purpose, number))
            yield


def _seed(seed: int, purpose: str, number: int) -> int:
    return int(rng_for(seed, purpose, number).integers(2**63))


@contextlib.contextmanager
def _threads(threads: int) -> Iterator[None]:
    """Let torch use this many CPU threads, and afterwards as many as before."""
    before = torch.get_num_threads()
    if before == threads:
        yield
        return
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
