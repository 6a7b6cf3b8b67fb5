"""Layers as values, and nets as the text that the MetaQNN curve tables use.

A net reads `[C(64,3,1), P(2,2), D(1,1), GAP(10), SM(10)]`. This module checks only the spelling. The grammar
says which nets are legal (`bandits.architectures.grammar`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import ClassVar

from bandits.errors import SettingError

__all__ = [
    "Convolution",
    "Dropout",
    "FullyConnected",
    "GlobalAveragePooling",
    "Layer",
    "Pooling",
    "Softmax",
    "layer_error",
    "layers_of",
    "read_layers",
    "without_dropout",
    "write_layers",
]


@dataclass(frozen=True, slots=True)
class Convolution:
    """`C(filters,kernel,stride)`: `kernel` x `kernel`, padded so that stride 1 keeps the size; ReLU follows."""

    filters: int
    kernel: int
    stride: int = 1

    word: ClassVar[str] = "C"

    def __str__(self) -> str:
        return _text(self)


@dataclass(frozen=True, slots=True)
class Pooling:
    """`P(size,stride)`: the largest of every `size` x `size` window, without padding."""

    size: int
    stride: int

    word: ClassVar[str] = "P"

    def __str__(self) -> str:
        return _text(self)

    def pooled(self, size: int) -> int:
        """Side of the output for a side of `size` pixels: ceil((size - f + 1) / stride)."""
        return (size - self.size) // self.stride + 1


@dataclass(frozen=True, slots=True)
class FullyConnected:
    """`FC(units)`: every unit sees the whole input; ReLU follows."""

    units: int

    word: ClassVar[str] = "FC"

    def __str__(self) -> str:
        return _text(self)


@dataclass(frozen=True, slots=True)
class GlobalAveragePooling:
    """`GAP(classes)`: each channel's mean over the image, mixed into one number a class; `SM` follows."""

    classes: int

    word: ClassVar[str] = "GAP"

    def __str__(self) -> str:
        return _text(self)


@dataclass(frozen=True, slots=True)
class Softmax:
    """`SM(classes)`: the end of a net. Right after `GAP` it has no weights; elsewhere a linear layer precedes it."""

    classes: int

    word: ClassVar[str] = "SM"

    def __str__(self) -> str:
        return _text(self)


@dataclass(frozen=True, slots=True)
class Dropout:
    """`D(number,of)`: dropout `number` of `of`, counted from 1."""

    number: int
    of: int

    word: ClassVar[str] = "D"

    def __str__(self) -> str:
        return _text(self)

    @property
    def rate(self) -> float:
        """The probability that an input is set to zero, number / (2 of): rising to at most 1/2 along the net."""
        return self.number / (2 * self.of)


Layer = Convolution | Pooling | FullyConnected | GlobalAveragePooling | Softmax | Dropout

# Word -> layer and how many numbers it takes; the sample in an error shows what they are.
_KINDS: dict[str, tuple[type[Layer], int, str]] = {
    "C": (Convolution, 3, "C(filters,kernel,stride)"),
    "P": (Pooling, 2, "P(size,stride)"),
    "FC": (FullyConnected, 1, "FC(units)"),
    "GAP": (GlobalAveragePooling, 1, "GAP(classes)"),
    "SM": (Softmax, 1, "SM(classes)"),
    "D": (Dropout, 2, "D(number,of)"),
}
_LAYER = re.compile(r"([A-Z]+)\(\s*(\d{1,9}(?:\s*,\s*\d{1,9})*)\s*\)", re.ASCII)
_BETWEEN_LAYERS = re.compile(r",(?![^()]*\))")


def write_layers(layers: Iterable[Layer]) -> str:
    """A net as text, spelt as in the curve tables.

    Example:
        >>> write_layers([Convolution(64, 3), Softmax(10)])
        '[C(64,3,1), SM(10)]'
    """
    return f"[{', '.join(map(str, layers))}]"


def read_layers(net: str) -> tuple[Layer, ...]:
    """The layers of a net as they are written, dropout included. Spaces do not matter.

    Raises:
        SettingError: it is not a list of layers. The message has the layer's number, from 1, and its text.

    Example:
        >>> read_layers("[C(64,3,1), SM(10)]")
        (Convolution(filters=64, kernel=3, stride=1), Softmax(classes=10))
    """
    text = net.strip() if isinstance(net, str) else ""
    if not (text.startswith("[") and text.endswith("]") and text[1:-1].strip()):
        raise SettingError.broken("`net`", "must be a list of layers such as '[C(64,3,1), SM(10)]'", net)
    words = _BETWEEN_LAYERS.split(text[1:-1])
    return tuple(_read(number, word.strip()) for number, word in enumerate(words, start=1))


def layers_of(net: str | Iterable[Layer]) -> tuple[Layer, ...]:
    """The layers of a net that is given as text or as layers."""
    return read_layers(net) if isinstance(net, str) else tuple(net)


def without_dropout(net: str | Iterable[Layer]) -> tuple[Layer, ...]:
    """The layers of a net that its designer chooses: all but dropout, whose place follows from the others."""
    return tuple(layer for layer in layers_of(net) if not isinstance(layer, Dropout))


def layer_error(number: int, layer: object, rule: str) -> SettingError:
    """The error that says which layer of a net breaks which rule."""
    return SettingError.broken(f"layer {number} of `net`", rule, str(layer))


def _text(layer: Layer) -> str:
    return f"{layer.word}({','.join(map(str, astuple(layer)))})"


def _read(number: int, word: str) -> Layer:
    match = _LAYER.fullmatch(word)
    if match is None or match[1] not in _KINDS:
        samples = ", ".join(sample for _, _, sample in _KINDS.values())
        raise layer_error(number, word, f"must be one of {samples}")
    kind, takes, sample = _KINDS[match[1]]
    numbers = [int(digits) for digits in match[2].split(",")]
    if len(numbers) != takes or min(numbers) < 1:
        raise layer_error(number, word, f"must be {sample} with whole numbers >= 1")
    return kind(*numbers)
