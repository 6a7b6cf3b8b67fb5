"""MetaQNN's space of nets: which layer may come next.

Source: Baker, Gupta, Naik, Raskar, "Designing neural network architectures using reinforcement learning" (2017),
table 1 and section 4; what the paper leaves open is taken from the nets of the two MetaQNN curve tables. All 1000
nets of `metaqnn_cifar10` are legal with `max_depth=18`, and all 1300 of `metaqnn_svhn` with `max_depth=12`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np

from bandits.architectures.dropout import with_dropout
from bandits.architectures.layers import (
    Convolution,
    Dropout,
    FullyConnected,
    Layer,
    Pooling,
    layer_error,
    read_layers,
    without_dropout,
    write_layers,
)
from bandits.architectures.limits import Limits
from bandits.architectures.rules import broken_rule
from bandits.architectures.state import State
from bandits.errors import SettingError
from bandits.errors.checks import check_whole

__all__ = ["Grammar"]

_PAPERS_SMALLEST_IMAGE = 28  # MNIST, the smallest images that the paper's grid was used on


@dataclass(frozen=True)
class Grammar(Limits):
    """Which nets are legal: which layers may come next, within limits.

    The rules, where `S` is the bucket of the representation's size:

    - A net begins with a convolution (or with pooling if `initial_pooling`, with GAP or SM if `initial_end`).
    - C: a kernel < S. P: a window <= S, never right after P. FC: S below `fully_connected_below`, at most
      `max_fully_connected` of them, none wider than the one before. After FC come FC and SM only, after GAP SM only.
    - At most `max_depth` layers precede SM; GAP is one of them. SM may come after any layer, and ends the net.

    Its arguments are those of `Limits`; the defaults are the paper's.

    Raises:
        SettingError: a limit breaks its rule.

    Example:
        >>> from bandits.architectures import Convolution, Pooling, Softmax
        >>> grammar = Grammar()
        >>> state = grammar.step(grammar.start(), Convolution(64, 5))
        >>> [str(layer) for layer in grammar.actions(state)][-5:]
        ['P(5,3)', 'P(3,2)', 'P(2,2)', 'GAP(10)', 'SM(10)']
        >>> grammar.net_of([Convolution(64, 5), Pooling(3, 2), Softmax(10)])
        '[C(64,5,1), P(3,2), D(1,1), SM(10)]'
    """

    @classmethod
    def for_images(cls, image_size: int, channels: int, classes: int, *, max_depth: int | None = None) -> Grammar:
        """The space for images of one size.

        From 28 pixels on, it is the paper's space, with 12 layers unless `max_depth` says otherwise; the paper allows
        18 on CIFAR-10. Below 28 pixels, widths are an eighth of the paper's, kernels are 1 and 3, and at most 8 layers
        precede SM: a random net for 8 x 8 digits then takes about half a million multiply-adds a pass, which is little
        even for a CPU.
        """
        if check_whole("image_size", image_size, 1) >= _PAPERS_SMALLEST_IMAGE:
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
        return State(None, 0, self.image_size, self.bucket_of(self.image_size), 0)

    def actions(self, state: State) -> tuple[Layer, ...]:
        """The legal next layers, C, P, FC, GAP and SM in the order of the limits; none when the net is complete."""
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
        """All states on the way to a net, the start and the final state included; dropout is skipped.

        Raises:
            SettingError: a layer may not come where it does.
        """
        walked = [self.start()]
        for layer in without_dropout(net):
            walked.append(self.step(walked[-1], layer))
        return tuple(walked)

    def net_of(self, layers: Sequence[Layer]) -> str:
        """The text of a whole net, with dropout where it belongs (`bandits.architectures.dropout`).

        Raises:
            SettingError: the layers are not a legal net.
        """
        chosen = without_dropout(layers)
        if not chosen:
            raise SettingError.broken("`layers`", "must not be empty", layers)
        self._check_whole(self.states(chosen)[-1], len(chosen))
        return write_layers(with_dropout(chosen))

    def parse(self, net: str) -> tuple[Layer, ...]:
        """The layers of a legal net, in the order of the text.

        Dropout must stand where the rule puts it, or nowhere: a text without dropout is a net without dropout.

        Raises:
            SettingError: the text is not a net, or not a legal one. The message has the layer's number in the text,
                from 1, its text, and the rule.
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

    def _check_whole(self, state: State, layers: int) -> None:
        if not state.final:
            rule = f"must be followed by SM({self.classes}), with which every net ends"
            raise layer_error(layers, state.layer, rule)

    def _after(self, state: State, layer: Layer) -> State:
        size, fully_connected = state.size, state.fully_connected
        if isinstance(layer, Pooling):
            size = layer.pooled(size)
        elif not isinstance(layer, Convolution):
            size = 1
            fully_connected += isinstance(layer, FullyConnected)
        return State(layer, state.depth + 1, size, self.bucket_of(size), fully_connected)


def _check_dropout(layers: tuple[Layer, ...]) -> None:
    """Check that dropout stands where it belongs, or nowhere."""
    if not any(isinstance(layer, Dropout) for layer in layers):
        return
    for number, (layer, due) in enumerate(zip_longest(layers, with_dropout(layers)), start=1):
        if layer != due:
            what = f"must be {due}" if isinstance(due, Dropout) else "must not be there"
            raise layer_error(number, layer, f"{what}, as dropout follows every second C or P and every FC")
