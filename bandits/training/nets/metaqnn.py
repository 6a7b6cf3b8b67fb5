"""The nets of MetaQNN, and its training (Baker, Gupta, Naik, Raskar, ICLR 2017, section 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from bandits.architectures import (
    Convolution,
    FullyConnected,
    GlobalAveragePooling,
    Grammar,
    Layer,
    Pooling,
    Softmax,
)
from bandits.architectures import Dropout as DropoutLayer
from bandits.training.nets.base import NetFamily, caffe_xavier_
from bandits.training.nets.layers import Dropout, Flatten, GlobalAverage

__all__ = ["MetaQNNFamily", "metaqnn_net"]

DECAY, DECAY_EVERY = 0.2, 5  # the learning rate falls to a fifth every five epochs


class MetaQNNFamily(NetFamily):
    """Adam with the usual moments; its learning rate falls to a fifth every five epochs. Xavier weights as in Caffe.

    A configuration is `{"net": "[C(16,3,1), ..., SM(10)]", "lr": 0.001}`.

    Args:
        grammar: which nets are legal, and for which images.
    """

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar

    def build(self, config: Mapping[str, object]) -> nn.Module:
        layers = self._grammar.parse(str(config["net"]))
        return metaqnn_net(layers, self._grammar.image_size, self._grammar.channels)

    def optimizer(self, model: nn.Module, config: Mapping[str, object]) -> torch.optim.Optimizer:  # noqa: ARG002
        return torch.optim.Adam(model.parameters(), betas=(0.9, 0.999), eps=1e-8, fused=True)

    def learning_rate(self, config: Mapping[str, object], epoch: int) -> float:
        return float(config["lr"]) * DECAY ** ((epoch - 1) // DECAY_EVERY)  # type: ignore[arg-type]


def metaqnn_net(layers: Sequence[Layer], image_size: int, channels: int) -> nn.Sequential:
    """The net that layers describe, for square images; ReLU follows every C and FC.

    If pooling follows a convolution directly, ReLU comes after the pooling: the result and every gradient are the same,
    with less work.

    Args:
        layers: legal ones, from the first to SM.
        image_size: side of the images in pixels.
        channels: of the images.
    """
    modules: list[nn.Module] = []
    side, width, flat = image_size, channels, False

    def flatten() -> int:
        """Number of inputs of a layer that is connected to everything before it."""
        nonlocal flat
        if not flat:
            modules.append(Flatten())
            flat = True
            return width * side * side
        return width

    for layer, before in zip(layers, (None, *layers), strict=False):
        if isinstance(layer, Convolution):
            padding = layer.kernel // 2  # the size stays, or is divided by the stride and rounded up
            modules += [nn.Conv2d(width, layer.filters, layer.kernel, layer.stride, padding), nn.ReLU(inplace=True)]
            side, width = -(-side // layer.stride), layer.filters
        elif isinstance(layer, Pooling):
            where = len(modules) - isinstance(before, Convolution)
            modules.insert(where, nn.MaxPool2d(layer.size, layer.stride))
            side = layer.pooled(side)
        elif isinstance(layer, DropoutLayer):
            modules.append(Dropout(layer.rate))
        elif isinstance(layer, FullyConnected):
            modules += [nn.Linear(flatten(), layer.units), nn.ReLU(inplace=True)]
            width = layer.units
        elif isinstance(layer, GlobalAveragePooling):
            modules += [GlobalAverage(), nn.Linear(width, layer.classes)]
            width, flat = layer.classes, True
        elif isinstance(layer, Softmax) and not _ends_in_classes(modules, layer.classes):
            modules.append(nn.Linear(flatten(), layer.classes))
    net = nn.Sequential(*modules)
    net.apply(caffe_xavier_)
    return net


def _ends_in_classes(modules: list[nn.Module], classes: int) -> bool:
    """Whether GAP already gives one number a class. (After FC the last module would be its ReLU.)"""
    return bool(modules) and isinstance(modules[-1], nn.Linear) and modules[-1].out_features == classes
