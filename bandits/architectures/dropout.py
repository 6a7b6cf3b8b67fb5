"""Where dropout stands in a net of MetaQNN.

The rule was found in the 2300 nets of the two MetaQNN curve tables, and holds in all of them:

- `D` follows every second convolution or pooling, and every fully connected layer; none follows `GAP` or `SM`.
- In `D(i,n)`, i counts from 1, and n is what i would reach if an `SM` that does not follow `GAP` counted as one
  more layer of the kind before it. So the last of n is missing where a net has fully connected layers, or ends in
  an odd number of convolutions and poolings and no `GAP`.
"""

from __future__ import annotations

from collections.abc import Iterable

from bandits.architectures.layers import (
    Convolution,
    Dropout,
    FullyConnected,
    GlobalAveragePooling,
    Layer,
    Pooling,
    without_dropout,
)

__all__ = ["with_dropout"]


def with_dropout(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """The layers of a whole net with dropout where it belongs; dropout that is there already is replaced.

    Example:
        >>> from bandits.architectures.layers import read_layers, write_layers
        >>> write_layers(with_dropout(read_layers("[C(64,3,1), P(2,2), FC(128), SM(10)]")))
        '[C(64,3,1), P(2,2), D(1,3), FC(128), D(2,3), SM(10)]'
    """
    chosen = without_dropout(layers)
    of = _count(chosen)
    dropped: list[Layer] = []
    spatial = number = 0
    for layer in chosen:
        dropped.append(layer)
        spatial += isinstance(layer, Convolution | Pooling)
        every_second = isinstance(layer, Convolution | Pooling) and spatial % 2 == 0
        if every_second or isinstance(layer, FullyConnected):
            number += 1
            dropped.append(Dropout(number, of))
    return tuple(dropped)


def _count(layers: tuple[Layer, ...]) -> int:
    """The n of `D(i,n)`; `SM` counts as the kind of layer before it."""
    spatial = sum(isinstance(layer, Convolution | Pooling) for layer in layers)
    connected = sum(isinstance(layer, FullyConnected) for layer in layers)
    if connected:
        return spatial // 2 + connected + 1
    averaged = any(isinstance(layer, GlobalAveragePooling) for layer in layers)
    return (spatial + (not averaged)) // 2
