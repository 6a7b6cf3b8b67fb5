"""The two spaces of residual nets of Baker, Gupta, Raskar and Naik (2017) as values.

Their block is three convolutions with batch normalisation whose output is added to the block's input. What the paper
leaves open is decided here, so the numbers of weights differ from the table `deep_resnets_cifar10`:

- Convolutions have no biases; batch normalisation follows each of them, with two weights a channel.
- A block adds its input without weights: every `stride`-th pixel of it if the block shrinks the image. If the block
  has more channels than its input, channels of zeros are added; if it has fewer, the last channels are left out.
- The end is global average pooling, a linear layer with biases, and softmax. The tables' depth counts the three as one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

from bandits.architectures.layers import Convolution, Pooling, Softmax
from bandits.errors import SettingError
from bandits.errors.checks import check_whole

__all__ = ["ResNet", "ResNet39", "ResidualBlock", "ResidualLayer", "ResidualNet"]


@dataclass(frozen=True, slots=True)
class ResidualBlock:
    """Three convolutions, each with batch normalisation, and the block's input added to the third's output.

    ReLU follows the first two normalisations, and the sum. The first convolution has the block's stride.
    """

    filters: int
    kernel: int
    stride: int = 1


# Batch normalisation and ReLU follow a convolution here; the average over the image comes before softmax.
ResidualLayer = Convolution | ResidualBlock | Pooling | Softmax


@dataclass(frozen=True)
class ResidualNet(ABC):
    """A net of residual blocks, from the image to the classes."""

    channels: int
    classes: int

    @property
    @abstractmethod
    def layers(self) -> tuple[ResidualLayer, ...]:
        """Its parts, in order; the last is softmax."""

    @property
    def depth(self) -> int:
        """Number of layers: convolutions, poolings and softmax."""
        return sum(3 if isinstance(layer, ResidualBlock) else 1 for layer in self.layers)

    @property
    def num_params(self) -> int:
        """Number of weights: convolutions, batch normalisations, the last linear layer and its biases."""
        width, weights = self.channels, 0
        for layer in self.layers:
            if isinstance(layer, Convolution | ResidualBlock):
                more = 2 if isinstance(layer, ResidualBlock) else 0
                area, out = layer.kernel**2, layer.filters
                weights += area * (width * out + more * out * out) + 2 * (1 + more) * out
                width = out
            elif isinstance(layer, Softmax):
                weights += (width + 1) * layer.classes
        return weights

    def multiply_adds(self, image_size: int) -> int:
        """Multiplications in convolutions and the last layer, in one pass of one image, `image_size` pixels wide."""
        width, side, total = self.channels, image_size, 0
        for layer in self.layers:
            if isinstance(layer, Pooling):
                side = layer.pooled(side)
            elif isinstance(layer, Softmax):
                total += width * layer.classes
            else:
                side = -(-side // layer.stride)
                more = 2 if isinstance(layer, ResidualBlock) else 0
                total += side**2 * layer.kernel**2 * (width + more * layer.filters) * layer.filters
                width = layer.filters
        return total

    def _check(self, *names: str) -> None:
        for name in ("channels", "classes", *names):
            check_whole(name, getattr(self, name), 1)


@dataclass(frozen=True)
class ResNet(ResidualNet):
    """A residual net of the TinyImageNet table: 14 to 110 layers, all of one width.

    A convolution, 2 (num_blocks + 1) blocks, softmax: depth = 6 (num_blocks + 1) + 2. The blocks form three
    stages, as equal as possible; later stages may be longer. The second and the third halve the image.

    Args:
        channels: of the images.
        classes: outputs.
        num_blocks: the table's column, 1 to 17 there.
        num_filters: of every convolution, 2 to 32 in the table.
        filter_size: of every convolution, an odd number: 3, 5 or 7 in the table.

    Raises:
        SettingError: a number is below 1, or `filter_size` is even.

    Example:
        >>> net = ResNet(channels=3, classes=200, num_blocks=1, num_filters=4, filter_size=3)
        >>> net.depth, net.num_params
        (14, 2940)
    """

    num_blocks: int
    num_filters: int
    filter_size: int

    def __post_init__(self) -> None:
        self._check("num_blocks", "num_filters", "filter_size")
        if self.filter_size % 2 == 0:
            raise SettingError.broken("`filter_size`", "must be odd", self.filter_size)

    @property
    def layers(self) -> tuple[ResidualLayer, ...]:
        """Its parts, in order; the last is softmax."""
        blocks = 2 * (self.num_blocks + 1)
        shrinking = {blocks // 3, 2 * blocks // 3}
        return (
            Convolution(self.num_filters, self.filter_size),
            *(
                ResidualBlock(self.num_filters, self.filter_size, 2 if block in shrinking else 1)
                for block in range(blocks)
            ),
            Softmax(self.classes),
        )


@dataclass(frozen=True)
class ResNet39(ResidualNet):
    """A residual net of the deep CIFAR-10 table: 39 layers of any width.

    12 convolutions, 2 x 2 pooling, 9 convolutions, 2 x 2 pooling, 15 convolutions, softmax; kernels are 3 x 3. With 20
    filters everywhere it has about as many weights as the smallest net of the table, with 74 as the largest.

    Args:
        channels: of the images.
        classes: outputs.
        filters: of the convolutions in each of the three sections.

    Raises:
        SettingError: a number is below 1, or `filters` does not have three numbers.

    Example:
        >>> ResNet39(channels=3, classes=10, filters=(20, 20, 20)).num_params
        128190
    """

    filters: tuple[int, int, int]

    def __post_init__(self) -> None:
        self._check()
        if not isinstance(self.filters, tuple) or len(self.filters) != 3:
            raise SettingError.broken("`filters`", "must be three integers", self.filters)
        for filters in self.filters:
            check_whole("filters", filters, 1)

    @property
    def layers(self) -> tuple[ResidualLayer, ...]:
        """Its parts, in order; the last is softmax."""
        first, second, third = (_blocks(*section) for section in zip((4, 3, 5), self.filters, strict=True))
        return (*first, Pooling(2, 2), *second, Pooling(2, 2), *third, Softmax(self.classes))


def _blocks(number: int, filters: int) -> Iterable[ResidualBlock]:
    return (ResidualBlock(filters, 3) for _ in range(number))
