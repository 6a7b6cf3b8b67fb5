"""The limits of MetaQNN's space of nets, and the layers that they allow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from bandits.architectures.layers import (
    Convolution,
    FullyConnected,
    GlobalAveragePooling,
    Layer,
    Pooling,
    Softmax,
)
from bandits.errors import SettingError
from bandits.errors.checks import check_whole

__all__ = ["Limits"]


@dataclass(frozen=True)
class Limits:
    """Every limit of the space.

    Args:
        image_size: side of the images in pixels.
        channels: of the images; counts of weights and trained nets need it, the rules do not.
        classes: outputs of GAP and SM.
        filters, kernels: of convolutions; their stride is 1.
        pools: (window, stride) of poolings.
        fully_connected: units of fully connected layers.
        max_depth: most layers before SM, without dropout: 12 in the paper's table, 18 for CIFAR-10.
        max_fully_connected: most fully connected layers.
        buckets: the smallest size of every bin, from large to small; the last is 1.
        fully_connected_below: the smallest size that is too large for FC; one of the buckets, or above `image_size`.
        initial_pooling: whether pooling may come first.
        initial_end: whether GAP or SM may come first.

    Raises:
        SettingError: a limit breaks its rule.
    """

    image_size: int = 32
    channels: int = 3
    classes: int = 10
    filters: tuple[int, ...] = (64, 128, 256, 512)
    kernels: tuple[int, ...] = (1, 3, 5)
    pools: tuple[tuple[int, int], ...] = ((5, 3), (3, 2), (2, 2))
    fully_connected: tuple[int, ...] = (512, 256, 128)
    max_depth: int = 12
    max_fully_connected: int = 2
    buckets: tuple[int, ...] = (8, 4, 1)
    fully_connected_below: int = 8
    initial_pooling: bool = False
    initial_end: bool = False

    def __post_init__(self) -> None:
        for name in ("image_size", "channels", "classes", "max_depth", "fully_connected_below"):
            check_whole(name, getattr(self, name), 1)
        check_whole("max_fully_connected", self.max_fully_connected, 0)
        for name in ("filters", "kernels", "fully_connected", "buckets"):
            _check_numbers(name, getattr(self, name))
        _check_pools(self.pools)
        if not self.filters:
            raise SettingError.broken("`filters`", "must not be empty", self.filters)
        if list(self.buckets) != sorted({*self.buckets, 1}, reverse=True):
            raise SettingError.broken("`buckets`", "must fall from one to the next, down to 1", self.buckets)
        if self.fully_connected_below <= self.image_size and self.fully_connected_below not in self.buckets:
            rule = f"must be one of the buckets {self.buckets}, or above the image size"
            raise SettingError.broken("`fully_connected_below`", rule, self.fully_connected_below)
        bucket = self.bucket_of(self.image_size)
        if not any(kernel < bucket for kernel in self.kernels):
            rule = f"must hold one below {bucket}, the bin of the image size {self.image_size}"
            raise SettingError.broken("`kernels`", rule, self.kernels)

    @cached_property
    def alphabet(self) -> tuple[Layer, ...]:
        """Every layer that may come somewhere, in the order of the limits."""
        return (
            *(Convolution(filters, kernel) for filters in self.filters for kernel in self.kernels),
            *(Pooling(size, stride) for size, stride in self.pools),
            *(FullyConnected(units) for units in self.fully_connected),
            GlobalAveragePooling(self.classes),
            Softmax(self.classes),
        )

    def bucket_of(self, size: int) -> int:
        """The bin that holds a size; the bin's smallest size is its name."""
        return next(bucket for bucket in self.buckets if size >= bucket)


def _check_numbers(name: str, numbers: object) -> None:
    whole = isinstance(numbers, tuple) and all(type(number) is int and number >= 1 for number in numbers)
    if not whole or len({*numbers}) < len(numbers):  # type: ignore[misc, arg-type]
        raise SettingError.broken(f"`{name}`", "must be a tuple of different integers >= 1", numbers)


def _check_pools(pools: object) -> None:
    pairs = isinstance(pools, tuple) and all(isinstance(pool, tuple) and len(pool) == 2 for pool in pools)
    if not pairs or not all(type(number) is int and number >= 1 for pool in pools for number in pool):  # type: ignore[attr-defined]
        raise SettingError.broken("`pools`", "must be a tuple of (window, stride), integers >= 1", pools)
