"""The role of a task: it makes a model, trains it for an epoch, and validates it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor, nn

__all__ = ["Task"]


class Task(ABC):
    """A data set on a device, and how models of one family learn from it.

    A task knows no trial: it is made once in a process and serves every trial there, one after the other or in turns.
    The model, its optimizer and the number of its epoch belong to one training, and `Session` keeps them.

    Randomness: `build` draws from torch's global generator, which the session has seeded for this trial. So do the
    layers of a model (dropout) in `train_epoch`. The order of the data and its augmentation come from the generator
    that `train_epoch` is given; it is on the CPU. The session seeds both again for each epoch, from the trial's seed
    and the epoch alone, so that a resumed epoch is the same epoch. A task must draw from nothing else, and must keep
    nothing from one epoch to the next.

    Args:
        device: where the data lies and models train.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device

    @abstractmethod
    def build(self, config: Mapping[str, object]) -> nn.Module:
        """A new model with fresh weights, on the CPU; the session moves it to the device.

        Raises:
            SettingError: the task cannot use the configuration.
        """

    @abstractmethod
    def optimizer(self, model: nn.Module, config: Mapping[str, object]) -> torch.optim.Optimizer:
        """The optimizer of a model that is on the device. Its learning rates are set before every epoch."""

    @abstractmethod
    def learning_rate(self, config: Mapping[str, object], epoch: int) -> float:
        """The learning rate of an epoch, from 1. It depends on the two arguments only, not on past epochs."""

    @abstractmethod
    def train_epoch(
        self, model: nn.Module, optimizer: torch.optim.Optimizer, epoch: int, generator: torch.Generator
    ) -> Tensor:
        """Train a model for one epoch.

        Args:
            model: on the device, in training mode.
            optimizer: its optimizer, with the epoch's learning rate.
            epoch: from 1.
            generator: on the CPU, seeded for this epoch.

        Returns:
            The mean training loss, a number on the device (reading it after every batch would make the device wait).
        """

    @abstractmethod
    def validate(self, model: nn.Module) -> float:
        """The metric on the validation data, raw. The model is in evaluation mode, gradients are off."""

    def learns_nothing(self, value: float) -> bool:  # noqa: ARG002 - only some tasks know what chance is
        """Whether a validation value is about as good as chance, so that a first epoch taught nothing."""
        return False
