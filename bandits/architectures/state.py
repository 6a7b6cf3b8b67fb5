"""How far a net of MetaQNN's grammar is built."""

from __future__ import annotations

from dataclasses import dataclass

from bandits.architectures.layers import Layer, Softmax

__all__ = ["State"]


@dataclass(frozen=True, slots=True)
class State:
    """How far a net is built.

    Args:
        layer: the last layer; None before the first one.
        depth: number of layers so far, without dropout.
        size: side of the representation in pixels, which pooling shrinks; 1 after `FC` and `GAP`.
        bucket: the bin that holds `size`, given by the bin's smallest size.
        fully_connected: number of fully connected layers so far.
    """

    layer: Layer | None
    depth: int
    size: int
    bucket: int
    fully_connected: int

    @property
    def final(self) -> bool:
        """Whether the net is complete."""
        return isinstance(self.layer, Softmax)

    @property
    def key(self) -> tuple[str, int, int, int]:
        """The key of a state in Q-learning: last layer ("" before the first), depth, bucket, fully connected layers.

        The size itself is hidden, as in the paper, so that one key stands for several states. They all have the same
        actions; pooling alone can lead from one key to several.
        """
        return ("" if self.layer is None else str(self.layer), self.depth, self.bucket, self.fully_connected)
