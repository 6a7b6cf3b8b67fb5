"""The net: an embedding, LSTM layers, and a decoder that gives every token of the vocabulary a score."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from bandits.training.language.recipe import Recipe

__all__ = ["LanguageModel", "State", "cut"]

State = list[tuple[Tensor, Tensor]]
"""The output and the memory of every layer after the last step: two tensors [1, streams, n_inputs] a layer."""


class LanguageModel(nn.Module):
    """Predicts the next token from all tokens before it.

    Every layer is its own `nn.LSTM`, and `functional.dropout` draws the dropout between them. The dropout inside a
    deep `nn.LSTM` has its own random state on GPUs, which cannot be set for an epoch.

    Inside autocast only the decoder computes in low precision; with many words it is most of the work. The layers do
    not: cuDNN's layers would use float16 there, whatever is asked for, and small gradients would be lost.

    Fresh weights come from torch's global generator, with torch's distributions. Those of the embedding, and so of a
    tied decoder, are normal with deviation 1. Those of the layers and an untied decoder, biases included, are uniform
    within 1 / sqrt(n_inputs). The forget gates have 1 added to a bias (Jozefowicz et al., 2015).

    Args:
        recipe: the sizes of the net. It stays with the net, as `recipe`.
        vocabulary: how many tokens there are, >= 1.
    """

    def __init__(self, recipe: Recipe, vocabulary: int) -> None:
        super().__init__()
        self.recipe = recipe
        self.embedding = nn.Embedding(vocabulary, recipe.embedding_size)
        widths = [recipe.embedding_size] + [recipe.n_inputs] * (recipe.n_layer - 1)
        self.layers = nn.ModuleList(_layer(width, recipe.n_inputs) for width in widths)
        self.decoder = nn.Linear(recipe.n_inputs, vocabulary)
        if recipe.tied:
            self.decoder.weight = self.embedding.weight

    def forward(self, tokens: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read some steps of several streams.

        Args:
            tokens: [steps, streams], integers in [0, vocabulary).
            state: what the layers remember of the steps before; None for nothing, which is zeros.

        Returns:
            Scores [steps, streams, vocabulary], the logits of the next token; and what the layers remember now.
        """
        memories: Sequence[tuple[Tensor, Tensor] | None] = state or [None] * len(self.layers)
        now: State = []
        signal = self._drop(self.embedding(tokens))
        with torch.autocast(signal.device.type, enabled=False):
            for layer, memory in zip(self.layers, memories, strict=True):
                signal, after = layer(signal, memory)
                signal = self._drop(signal)
                now.append(after)
        return self.decoder(signal), now

    def _drop(self, signal: Tensor) -> Tensor:
        return functional.dropout(signal, self.recipe.dropout, self.training) if self.recipe.dropout else signal


def _layer(inputs: int, cells: int) -> nn.LSTM:
    layer = nn.LSTM(inputs, cells)
    forget = slice(cells, 2 * cells)  # torch's order of gates: input, forget, cell, output
    with torch.no_grad():
        layer.get_parameter("bias_ih_l0")[forget] += 1.0
    return layer


def cut(state: State) -> State:
    """The same memory, detached: no gradient goes back through it."""
    return [(output.detach(), memory.detach()) for output, memory in state]
