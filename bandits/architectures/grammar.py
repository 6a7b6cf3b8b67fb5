"""MetaQNN's space of nets: which layer may come next.

Source: Baker, Gupta, Naik, Raskar, "Designing neural network architectures using reinforcement learning" (2017),
table 1 and section 4; what the paper leaves open is read off the nets of the two MetaQNN curve tables. All 1000
nets of `metaqnn_cifar10` are legal with `max_depth=18`, and all 1300 of `metaqnn_svhn` with `max_depth=12`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import zip_longest

import numpy as np

from bandits.architectures.dropout import with_dropout
from bandits.architectures.layers import (
    Convolution,
    Dropout,
    FullyConnected,
    GlobalAveragePooling,
    Layer,
    Pooling,
    Softmax,
    layer_error,
    read_layers,
    without_dropout,
    write_layers,
)
from bandits.architectures.rules import broken_rule
from bandits.errors import SettingError, check_at_least

__all__ = ["Grammar", "State"]

_PAPERS_SMALLEST_IMAGE = 28  # MNIST, the smallest images that the paper's grid was used on


@dataclass(frozen=True, slots=True)
class State:
    """How far a net is built.

    Args:
        layer: the last layer; None before the first one.
        depth: number of layers so far, dropout left out.
        size: side of the representation in pixels, which pooling shrinks; 1 after `FC` and `GAP`.
        bucket: the bin that `size` falls in, named by its smallest size.
        fully_connected: number of fully connected layers so far.
    """

    layer: Layer | None
    depth: int
    size: int
    bucket: int
    fully_connected: int

    @property
    def final(self) -> bool:
        """Whether the net is whole."""
        return isinstance(self.layer, Softmax)

    @property
    def key(self) -> tuple[str, int, int, int]:
        """What Q-learning knows states by: last layer ("" before the first), depth, bucket, fully connected layers.

        The size itself is hidden, as in the paper, so that one key stands for several states. They all have the same
        actions; pooling alone can lead from one key to several.
        """
        return ("" if self.layer is None else str(self.layer), self.depth, self.bucket, self.fully_connected)


@dataclass(frozen=True)
class Grammar:
    """Which nets there are: every limit of the space, and the legal next layers.

    The rules, `S` being the bucket of the representation's size:

    - A net begins with a convolution (or with pooling where `initial_pooling`, GAP or SM where `initial_end`).
    - C: a kernel < S. P: a window <= S, never right after P. FC: S below `fully_connected_below`, at most
      `max_fully_connected` of them, none wider than the one before. After FC come FC and SM only, after GAP SM only.
    - At most `max_depth` layers precede SM; GAP is one of them. SM may come after any layer, and ends the net.

    Args:
        image_size: side of the images in pixels.
        channels: of the images; the grammar passes it on to those who count weights.
        classes: outputs of GAP and SM.
        filters, kernels: of convolutions; their stride is 1.
        pools: (window, stride) of poolings.
        fully_connected: units of fully connected layers.
        max_depth: most layers before SM, without dropout: 12 in the paper's table, 18 for CIFAR-10.
        max_fully_connected: most fully connected layers.
        buckets: the smallest size of every bin, falling, the last being 1.
        fully_connected_below: the smallest size that is too large for FC; one of the buckets, or above `image_size`.
        initial_pooling: whether pooling may come first.
        initial_end: whether GAP or SM may come first.

    Raises:
        SettingError: a limit breaks its rule.

    Example:
        >>> grammar = Grammar()
        >>> state = grammar.step(grammar.start(), Convolution(64, 5))
        >>> [str(layer) for layer in grammar.actions(state)][-5:]
        ['P(5,3)', 'P(3,2)', 'P(2,2)', 'GAP(10)', 'SM(10)']
        >>> grammar.net_of([Convolution(64, 5), Pooling(3, 2), Softmax(10)])
        '[C(64,5,1), P(3,2), D(1,1), SM(10)]'
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
            check_at_least(name, getattr(self, name), 1)
        check_at_least("max_fully_connected", self.max_fully_connected, 0)
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
        bucket = self.start().bucket
        if not any(kernel < bucket for kernel in self.kernels):
            rule = f"must hold one below {bucket}, the bin of the image size {self.image_size}"
            raise SettingError.broken("`kernels`", rule, self.kernels)

    @classmethod
    def for_images(cls, image_size: int, channels: int, classes: int, *, max_depth: int | None = None) -> Grammar:
        """The space for images of one size.

        From 28 pixels it is the paper's, with 12 layers unless `max_depth` says otherwise; the paper allows 18 on
        CIFAR-10. Below, widths are an eighth of the paper's, kernels are 1 and 3, and at most 8 layers precede SM: a
        random net for 8 x 8 digits then takes about half a million multiply-adds a pass, little even for a CPU.
        """
        if check_at_least("image_size", image_size, 1) >= _PAPERS_SMALLEST_IMAGE:
            papers = cls(image_size, channels, classes)
            return papers if max_depth is None else replace(papers, max_depth=max_depth)
        return cls(
            image_size,
            channels,
            classes,
            filters=(8, 16, 32, 64),
            kernels=(1, 3),
            fully_connected=(64, 32, 16),
            max_depth=8 if max_depth is None else max_depth,
        )

    def start(self) -> State:
        """The state before the first layer."""
        return State(None, 0, self.image_size, self._bucket(self.image_size), 0)

    def actions(self, state: State) -> tuple[Layer, ...]:
        """The legal next layers, C, P, FC, GAP and SM in the order of the limits; none once the net is whole."""
        return tuple(layer for layer in self.alphabet if broken_rule(self, state, layer) is None)

    def step(self, state: State, layer: Layer) -> State:
        """The state after one more layer.

        Raises:
            SettingError: the layer may not come next; the message says which rule it breaks.
        """
        rule = broken_rule(self, state, layer)
        if rule is not None:
            raise layer_error(state.depth + 1, layer, rule)
        return self._after(state, layer)

    def states(self, net: str | Iterable[Layer]) -> tuple[State, ...]:
        """All states on the way to a net, the start and the final state among them; dropout is passed over.

        Raises:
            SettingError: a layer may not come where it does.
        """
        walked = [self.start()]
        for layer in without_dropout(net):
            walked.append(self.step(walked[-1], layer))
        return tuple(walked)

    def net_of(self, layers: Sequence[Layer]) -> str:
        """The text of a whole net, dropout put where it belongs (`bandits.architectures.dropout`).

        Raises:
            SettingError: the layers are no legal net.
        """
        chosen = without_dropout(layers)
        if not chosen:
            raise SettingError.broken("`layers`", "must not be empty", layers)
        self._check_whole(self.states(chosen)[-1], len(chosen))
        return write_layers(with_dropout(chosen))

    def parse(self, net: str) -> tuple[Layer, ...]:
        """The layers of a legal net, in the order of the text.

        Dropout stands where the rule puts it, or nowhere at all: a text without any is the net without dropout.

        Raises:
            SettingError: the text is no net, or no legal one; names the layer by its number in the text, from 1, its
                text, and the rule.
        """
        layers = read_layers(net)
        state = self.start()
        for number, layer in enumerate(layers, start=1):
            if not isinstance(layer, Dropout):
                rule = broken_rule(self, state, layer)
                if rule is not None:
                    raise layer_error(number, layer, rule)
                state = self._after(state, layer)
        self._check_whole(state, len(layers))
        _check_dropout(layers)
        return layers

    def sample(self, rng: np.random.Generator) -> str:
        """A net drawn by a legal walk: every next layer is drawn uniformly among the legal ones.

        Nets are not equally likely: a short one is likelier than each of the many long ones.
        """
        state, layers = self.start(), list[Layer]()
        while not state.final:
            legal = self.actions(state)
            layers.append(legal[int(rng.integers(len(legal)))])
            state = self._after(state, layers[-1])
        return write_layers(with_dropout(layers))

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

    def _check_whole(self, state: State, layers: int) -> None:
        if not state.final:
            rule = f"must be followed by SM({self.classes}), with which every net ends"
            raise layer_error(layers, state.layer, rule)

    def _bucket(self, size: int) -> int:
        return next(bucket for bucket in self.buckets if size >= bucket)

    def _after(self, state: State, layer: Layer) -> State:
        size, fully_connected = state.size, state.fully_connected
        if isinstance(layer, Pooling):
            size = layer.pooled(size)
        elif not isinstance(layer, Convolution):
            size = 1
            fully_connected += isinstance(layer, FullyConnected)
        return State(layer, state.depth + 1, size, self._bucket(size), fully_connected)


def _check_dropout(layers: tuple[Layer, ...]) -> None:
    """Check that dropout stands where it belongs, or nowhere."""
    if not any(isinstance(layer, Dropout) for layer in layers):
        return
    for number, (layer, due) in enumerate(zip_longest(layers, with_dropout(layers)), start=1):
        if layer != due:
            what = f"must be {due}" if isinstance(due, Dropout) else "must not be there"
            raise layer_error(number, layer, f"{what}, as dropout follows every second C or P and every FC")


def _check_numbers(name: str, numbers: object) -> None:
    whole = isinstance(numbers, tuple) and all(type(number) is int and number >= 1 for number in numbers)
    if not whole or len({*numbers}) < len(numbers):  # type: ignore[misc, arg-type]
        raise SettingError.broken(f"`{name}`", "must be a tuple of different integers >= 1", numbers)


def _check_pools(pools: object) -> None:
    pairs = isinstance(pools, tuple) and all(isinstance(pool, tuple) and len(pool) == 2 for pool in pools)
    if not pairs or not all(type(number) is int and number >= 1 for pool in pools for number in pool):  # type: ignore[attr-defined]
        raise SettingError.broken("`pools`", "must be a tuple of (window, stride), integers >= 1", pools)
