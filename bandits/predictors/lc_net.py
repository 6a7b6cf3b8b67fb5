"""LC-Net: a network from a configuration's features to its learning curve, many weight vectors at once.

A network is a row of numbers, so that a sampler sees one matrix `[networks, size]` and all networks are evaluated
together: C networks cost little more than one, since at this size the overhead of each operation dominates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from bandits.predictors import learning_curve_layer as layer

__all__ = ["LCNet", "Noise"]

Noise = Literal["shared", "per configuration"]

_START_LOG_VARIANCE = math.log(1e-3)
_LOG_VARIANCES = (math.log(1e-7), math.log(1.0))  # clamp of the noise on the unit scale


@dataclass(frozen=True, slots=True)
class LCNet:
    """The shape of a network: three hidden tanh layers, then the learning-curve layer (Klein et al. 2017, figure 1).

    Args:
        features: k, how many numbers describe a configuration.
        hidden: units of each hidden layer.
        noise: "shared" is one variance for all (as in the authors' code), "per configuration" a head of the
            network, sigma^2(x) (as in the paper).
        curve_layer: False leaves the layer out: time is then one more input and a linear unit the output, the
            paper's plain Bayesian network.
    """

    features: int
    hidden: int = 50
    noise: Noise = "shared"
    curve_layer: bool = True

    @property
    def _inputs(self) -> int:
        return self.features if self.curve_layer else self.features + 1

    @property
    def _curve_heads(self) -> int:
        return layer.PARAMETERS + layer.FUNCTIONS + layer.ASYMPTOTES if self.curve_layer else 1

    @property
    def _layers(self) -> list[tuple[int, int]]:
        """Inputs and outputs of each linear layer."""
        heads = self._curve_heads + (self.noise == "per configuration")
        return [(self._inputs, self.hidden), *[(self.hidden, self.hidden)] * 2, (self.hidden, heads)]

    @property
    def size(self) -> int:
        """How many numbers make a network."""
        return sum((inputs + 1) * outputs for inputs, outputs in self._layers) + (self.noise == "shared")

    def start(self, networks: int, generator: torch.Generator) -> Tensor:
        """Draw networks to start from: `[networks, size]`, weights N(0, 1 / inputs), biases 0, noise 1e-3."""
        parts = []
        for inputs, outputs in self._layers:
            drawn = torch.randn(networks, inputs * outputs, dtype=torch.float32, generator=generator)
            parts += [drawn / math.sqrt(max(inputs, 1)), torch.zeros(networks, outputs, dtype=torch.float32)]
        if self.noise == "shared":
            parts.append(torch.full((networks, 1), _START_LOG_VARIANCE, dtype=torch.float32))
        else:
            parts[-1][:, -1] = _START_LOG_VARIANCE
        return torch.cat(parts, dim=1)

    def predict(self, networks: Tensor, x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """The curve and the noise that each network sees.

        Args:
            networks: `[C, size]`.
            x: `[C, B, k]` features, standardised.
            t: `[C, B]` share of the horizon, in (0, 1].

        Returns:
            Scores on the unit scale, and the logarithm of the noise's variance there: `[C, B]` each.
        """
        shared = self.noise == "shared"
        signal = x if self.curve_layer else torch.cat((x, t.unsqueeze(-1)), dim=-1)
        sizes = [size for inputs, outputs in self._layers for size in (inputs * outputs, outputs)]
        parts = torch.split(networks, [*sizes, *[1] * shared], dim=1)
        for i, (inputs, outputs) in enumerate(self._layers):
            weights = parts[2 * i].view(-1, inputs, outputs)
            signal = torch.baddbmm(parts[2 * i + 1].unsqueeze(1), torch.tanh(signal) if i else signal, weights)
        heads = signal[..., : self._curve_heads]
        mean = layer.learning_curve(heads, t) if self.curve_layer else heads.squeeze(-1)
        log_variance = parts[-1].expand_as(mean) if shared else signal[..., -1]
        return mean, log_variance.clamp(*_LOG_VARIANCES)
