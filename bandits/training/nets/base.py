"""The role of a family of nets: how one is made from a configuration, and how it is trained."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
from torch import nn

__all__ = ["NetFamily", "caffe_xavier_"]


class NetFamily(ABC):
    """Nets for images, `[batch, channels, height, width]` in, `[batch, classes]` logits out, and their training."""

    @abstractmethod
    def build(self, config: Mapping[str, object]) -> nn.Module:
        """A net with fresh weights, drawn from torch's global generator.

        Raises:
            SettingError: the configuration is not one of this family.
        """

    @abstractmethod
    def optimizer(self, model: nn.Module, config: Mapping[str, object]) -> torch.optim.Optimizer:
        """Its optimizer."""

    @abstractmethod
    def learning_rate(self, config: Mapping[str, object], epoch: int) -> float:
        """The learning rate of an epoch, from 1."""


def caffe_xavier_(module: nn.Module) -> None:
    """Draw the weights of a convolution or linear layer as Caffe's `xavier` filler does; biases become 0.

    They are uniform with variance 1 / inputs. Glorot and Bengio (2010) use the mean of inputs and outputs instead.
    """
    if isinstance(module, nn.Conv2d | nn.Linear):
        bound = (3 / module.weight[0].numel()) ** 0.5
        nn.init.uniform_(module.weight, -bound, bound)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
