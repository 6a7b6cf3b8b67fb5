"""The kernel of the Gaussian processes: a linear function of each block of inputs, and a local one of all blocks.

    k(a, b) = sum_j w_j <a_j, b_j> / p_j + w exp(-sum_j g_j |a_j - b_j|^2 / p_j)

where block j has p_j columns: however long a block is, it counts as one. Squared distances are computed from the inner
products, which the linear part needs anyway.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.predictors.features import Design

__all__ = ["Block", "Kernel", "Parts", "block_between", "block_of", "mean_squares", "total_of"]

Floats = NDArray[np.float64]

_LINEAR, _LOCAL, _WIDTH, _NOISE = -2.0, -1.0, -1.5, -2.0  # what a logarithm is expected to be

Parts = tuple[list[Floats], list[Floats]]
"""Inner products and squared distances of each block."""
Block = tuple[Floats, Floats, Floats]
"""`[m, n]` inner products and `[m, n]` squared distances, both per column, and `[m]` mean squares of the left side."""


def mean_squares(inputs: Floats) -> Floats:
    """`[n]` means of the squares of `[n, p]` inputs."""
    return np.asarray(np.einsum("ij,ij->i", inputs, inputs) / inputs.shape[1])


def block_of(left: Floats, right: Floats, squares: Floats) -> Block:
    """What a kernel is computed from, between `[m, p]` and `[n, p]` inputs; `squares` are those of the latter."""
    inner = left @ right.T / left.shape[1]
    own = mean_squares(left)
    return inner, np.maximum(own[:, np.newaxis] + squares - 2.0 * inner, 0.0), own


def block_between(left: Floats, right: Floats) -> Block:
    """`block_of`, with the mean squares of the right side computed."""
    return block_of(left, right, mean_squares(right))


def total_of(arrays: list[Floats]) -> Floats:
    """The sum of arrays of one shape."""
    total = arrays[0].copy()
    for array in arrays[1:]:
        total += array
    return total


@dataclass(frozen=True, slots=True)
class Kernel:
    """Which blocks there are, and the hyperparameters' order: linear weights, then (weight, widths) of the local part.

    Args:
        blocks: names of the blocks of a `Design`; each has a column or more.
        linear, local: which parts there are, one or both.
    """

    blocks: tuple[str, ...]
    linear: bool = True
    local: bool = True

    def expected(self) -> Floats:
        """Logarithms of the hyperparameters that the prior is centred at; the noise stands last."""
        linear = [_LINEAR] * len(self.blocks) if self.linear else []
        local = [_LOCAL, *[_WIDTH] * len(self.blocks)] if self.local else []
        return np.array([*linear, *local, _NOISE])

    def parts(self, left: Design, right: Design) -> Parts:
        """What the kernel is made of between two designs."""
        return self.chosen([block_between(getattr(left, block), getattr(right, block)) for block in self.blocks])

    def chosen(self, blocks: list[Block]) -> Parts:
        """Those inner products and squared distances that the kernel has a part for."""
        return [inner for inner, _, _ in blocks] if self.linear else [], (
            [distances for _, distances, _ in blocks] if self.local else []
        )

    def terms(self, logs: Floats, parts: Parts) -> tuple[list[Floats], list[Floats]]:
        """The terms whose sum is the kernel without noise, `[m, n]` each: linear terms, then the local one. Also the
        scaled distances from which the local one is computed."""
        weights = np.exp(logs)
        inner, distances = parts
        terms = [weight * product for weight, product in zip(weights, inner, strict=False)]
        scaled = [g * distance for g, distance in zip(weights[len(inner) + 1 :], distances, strict=False)]
        if scaled:
            terms.append(weights[len(inner)] * np.exp(-total_of(scaled)))
        return terms, scaled

    def matrix(self, logs: Floats, parts: Parts) -> Floats:
        """`[m, n]` kernel without noise."""
        return total_of(self.terms(logs, parts)[0])

    def variance(self, logs: Floats, arms: int, squares: list[Floats]) -> Floats:
        """`[arms]` diagonal of the kernel of arms with themselves, given the mean squares of each block."""
        weights = np.exp(logs)
        total = np.full(arms, weights[len(self.blocks) if self.linear else 0] if self.local else 0.0)
        for weight, square in zip(weights, squares if self.linear else [], strict=False):
            total += weight * square
        return total
