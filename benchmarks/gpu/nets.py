"""The nets whose epochs are timed: three sizes, legal in MetaQNN's grammar for the data at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bandits.architectures import Convolution, FullyConnected, GlobalAveragePooling, Grammar, Layer, Pooling, Softmax

__all__ = ["NETS", "net_named"]

_HALVE = Pooling(2, 2)


def _small(grammar: Grammar) -> list[Layer]:
    narrow = Convolution(grammar.filters[0], 3)
    return [narrow, _HALVE, narrow, _HALVE, Softmax(grammar.classes)]


def _middle(grammar: Grammar) -> list[Layer]:
    middle, wide = (Convolution(filters, 3) for filters in grammar.filters[1:3])
    dense = FullyConnected(grammar.fully_connected[1])
    return [middle, middle, _HALVE, wide, _HALVE, dense, Softmax(grammar.classes)]


def _large(grammar: Grammar) -> list[Layer]:
    wide, widest = (Convolution(filters, 3) for filters in grammar.filters[2:4])
    end: list[Layer] = [GlobalAveragePooling(grammar.classes), Softmax(grammar.classes)]
    return [wide, wide, widest, _HALVE, widest, widest, *end]


NETS: Mapping[str, Callable[[Grammar], list[Layer]]] = {"small": _small, "middle": _middle, "large": _large}
"""Layers by size; on 28 x 28 pixels about 8, 180 and 2300 million multiply-adds a pass."""


def net_named(size: str, grammar: Grammar) -> str:
    """The text of a net, dropout where the grammar puts it."""
    return grammar.net_of(NETS[size](grammar))
