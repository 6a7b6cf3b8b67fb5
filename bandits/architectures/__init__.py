"""Nets as values: which nets a space holds, and the size and cost of a net. Nothing here is trained."""

from bandits.architectures.counts import depth, multiply_adds, num_params, num_weights
from bandits.architectures.dropout import with_dropout
from bandits.architectures.grammar import Grammar
from bandits.architectures.layers import (
    Convolution,
    Dropout,
    FullyConnected,
    GlobalAveragePooling,
    Layer,
    Pooling,
    Softmax,
    read_layers,
    without_dropout,
    write_layers,
)
from bandits.architectures.resnets import ResidualBlock, ResNet, ResNet39
from bandits.architectures.state import State

__all__ = [
    "Convolution",
    "Dropout",
    "FullyConnected",
    "GlobalAveragePooling",
    "Grammar",
    "Layer",
    "Pooling",
    "ResNet",
    "ResNet39",
    "ResidualBlock",
    "Softmax",
    "State",
    "depth",
    "multiply_adds",
    "num_params",
    "num_weights",
    "read_layers",
    "with_dropout",
    "without_dropout",
    "write_layers",
]
