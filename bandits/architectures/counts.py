"""The size and cost of a net: weights, layers, multiply-adds. No training is needed.

Every function takes a net as text or as layers, and the size of its images: side in pixels, and channels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bandits.architectures.layers import (
    Convolution,
    Dropout,
    FullyConnected,
    GlobalAveragePooling,
    Layer,
    Pooling,
    Softmax,
    layers_of,
)

__all__ = ["depth", "multiply_adds", "num_params", "num_weights"]


def depth(net: str | Iterable[Layer]) -> int:
    """Number of layers, with `GAP` and `SM` but without dropout: the column `depth` of the MetaQNN tables."""
    return sum(not isinstance(layer, Dropout) for layer in layers_of(net))


def num_params(net: str | Iterable[Layer], image_size: int = 32, channels: int = 3) -> int:
    """Weights as the column `num_params` of the MetaQNN tables counts them; equal in all 2300 rows of the two tables.

    The column counts weights without biases. It leaves out the weights of the softmax. Instead it counts one more
    layer, of the same kind and width as the layer before the softmax: after C(c,f,1) it is c * f * f * c, after FC(d)
    d * d, after P or GAP nothing. `num_weights` counts what a net really has.

    Example:
        >>> num_params("[C(64,1,1), SM(10)]")  # 3 * 64 + 64 * 64
        4288
    """
    weights = again = 0
    for layer, _, inputs, outputs in _flow(net, image_size, channels):
        if not isinstance(layer, Softmax):
            weights += inputs * outputs
            again = _once_more(layer)
    return weights + again


def num_weights(net: str | Iterable[Layer], image_size: int = 32, channels: int = 3) -> int:
    """Weights that a net really has, without biases; those of the softmax are included.

    Example:
        >>> num_weights("[C(64,1,1), SM(10)]", image_size=8, channels=1)  # 1 * 64 + 8 * 8 * 64 * 10
        41024
    """
    return sum(inputs * outputs for _, _, inputs, outputs in _flow(net, image_size, channels))


def multiply_adds(net: str | Iterable[Layer], image_size: int = 32, channels: int = 3) -> int:
    """Multiplications of one forward pass for one image; training takes about three times as many for each image.

    Example:
        >>> multiply_adds("[C(64,1,1), SM(10)]", image_size=8, channels=1)  # 8 * 8 * 1 * 64 + 8 * 8 * 64 * 10
        45056
    """
    return sum(places * inputs * outputs for _, places, inputs, outputs in _flow(net, image_size, channels))


def _flow(net: str | Iterable[Layer], image_size: int, channels: int) -> Iterator[tuple[Layer, int, int, int]]:
    """For each layer: the number of places where its weights are used, and its inputs and outputs at each place."""
    side, width, averaged = image_size, channels, False
    for layer in layers_of(net):
        if isinstance(layer, Convolution):
            side = -(-side // layer.stride)
            yield layer, side * side, width * layer.kernel**2, layer.filters
            width = layer.filters
        elif isinstance(layer, Pooling):
            side = layer.pooled(side)
            yield layer, 0, 0, 0
        elif isinstance(layer, FullyConnected):
            yield layer, 1, side * side * width, layer.units
            side, width = 1, layer.units
        elif isinstance(layer, GlobalAveragePooling):
            yield layer, 1, width, layer.classes
            side, width, averaged = 1, layer.classes, True
        elif isinstance(layer, Softmax):
            yield layer, 1, 0 if averaged else side * side * width, layer.classes


def _once_more(layer: Layer) -> int:
    if isinstance(layer, Convolution):
        return layer.filters**2 * layer.kernel**2
    return layer.units**2 if isinstance(layer, FullyConnected) else 0
