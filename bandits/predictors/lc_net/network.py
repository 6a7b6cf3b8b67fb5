"""LC-Net: a network from a configuration's features to its learning curve, for many weight vectors at once.

A network is a row of numbers, so that a sampler sees one matrix `[networks, size]` and all networks are evaluated
together. Every number is N(0, 1) a priori. The factor that keeps a sum of many inputs moderate (1 / sqrt(inputs)) is
part of the network, not of its weights. So the prior means the same for every width, and one step size suits all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from bandits.predictors.lc_net import curve_layer as layer

__all__ = ["LCNet", "Noise"]

Noise = Literal["shared", "per configuration"]

_HEAD = 1.5  # spread of the last layer's weights and biases: a logistic function of it covers (0, 1) about evenly
_LOG_VARIANCE = (math.log(1e-4), 2.0)  # prior mean and standard deviation of the noise's log-variance, unit scale
_LOG_VARIANCES = (math.log(1e-5), 10.0)  # clamp of the log-variance; on a sharper posterior, chains are unstable
_START = 2.0  # the noise at the start, in prior standard deviations: large, since first errors are


@dataclass(frozen=True, slots=True)
class LCNet:
    """The shape of a network: three hidden tanh layers, then the learning-curve layer (Klein et al. 2017, figure 1).

    Besides its features, a curve has latent numbers, N(0, 1) a priori. They express how it differs from other curves
    with the same features. They are inputs like the features, and the last layer also takes them directly. So they
    shift a curve even where the features have driven the hidden units into saturation.

    Args:
        features: k, how many numbers describe a configuration.
        latents: d, how many more describe its curve; 0 is the paper's network.
        hidden: units of each hidden layer.
        noise: "shared" is one variance for all (as in the authors' code); "per configuration" is a head of the
            network, sigma^2(x) (as in the paper).
        curve_layer: False leaves out the learning-curve layer. Then time is one more input, and the output is a
            linear unit: the paper's plain Bayesian network.
    """

    features: int
    latents: int = 0
    hidden: int = 50
    noise: Noise = "shared"
    curve_layer: bool = True

    @property
    def _curve_heads(self) -> int:
        return layer.PARAMETERS + layer.FUNCTIONS + layer.ASYMPTOTES if self.curve_layer else 1

    @property
    def _heads(self) -> int:
        return self._curve_heads + (self.noise == "per configuration")

    @property
    def _layers(self) -> list[tuple[int, int]]:
        """Inputs and outputs of each linear layer."""
        inputs = self.features + self.latents + (not self.curve_layer)
        return [(inputs, self.hidden), *[(self.hidden, self.hidden)] * 2, (self.hidden, self._heads)]

    @property
    def _sizes(self) -> list[int]:
        """How many numbers each part has: weights and biases of each layer, latents to heads, noise."""
        sizes = [size for inputs, outputs in self._layers for size in (inputs * outputs, outputs)]
        return [*sizes, self.latents * self._heads, int(self.noise == "shared")]

    @property
    def size(self) -> int:
        """How many numbers make a network."""
        return sum(self._sizes)

    def start(self, networks: int, generator: torch.Generator) -> Tensor:
        """Networks from the prior, except that their noise is large: `[networks, size]`."""
        drawn = torch.randn(networks, self.size, generator=generator, dtype=torch.float32)
        if self.noise == "shared":
            drawn[:, -1] = _START
        else:
            drawn[:, sum(self._sizes[:-2]) - 1] = _START  # the last bias of the last layer
        return drawn

    def predict(self, networks: Tensor, inputs: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """The curves and the noise that each network predicts.

        Args:
            networks: `[C, size]`.
            inputs: `[C, B, k + d]` features, standardised, and latents of B curves.
            t: `[C, B, E]` share of the horizon, in (0, 1].

        Returns:
            Scores on the unit scale, and the logarithm of the noise's variance there: `[C, B, E]` each.
        """
        parts = torch.split(networks, self._sizes, dim=1)
        k, d = self.features, self.latents
        scales = [1 / math.sqrt(max(k, 1))] * k + [1 / math.sqrt(max(d, 1))] * d
        signal = inputs * torch.tensor(scales)
        if not self.curve_layer:
            signal, inputs = (each.repeat_interleave(t.shape[2], dim=1) for each in (signal, inputs))
            time = (t.flatten(1) - 0.5) * math.sqrt(12)  # variance 1
            signal = torch.cat((signal, time.unsqueeze(-1)), dim=-1)
        for i, (width, outputs) in enumerate(self._layers):
            last = i == len(self._layers) - 1
            spread = _HEAD if last else 1.0
            weights, biases = parts[2 * i].view(-1, width, outputs), parts[2 * i + 1].unsqueeze(1)
            scale = spread / math.sqrt(width) if i else 1.0
            signal = torch.baddbmm(spread * biases, torch.tanh(signal) if i else signal, weights, alpha=scale)
        if d:
            weights = parts[-2].view(-1, d, self._heads)
            signal = torch.baddbmm(signal, inputs[..., k:], weights, alpha=_HEAD / math.sqrt(d))
        if self.curve_layer:
            heads = signal[..., : self._curve_heads].unsqueeze(2)
            mean = layer.learning_curve(heads.expand(-1, -1, t.shape[2], -1), t)
        else:
            mean = 0.5 + signal[..., 0].view_as(t) / _HEAD / 2
        centre, deviation = _LOG_VARIANCE
        own = signal[..., -1].view(*t.shape[:2], -1) / _HEAD
        level = parts[-1].unsqueeze(-1) if self.noise == "shared" else own
        return mean, (centre + deviation * level).clamp(*_LOG_VARIANCES).expand_as(mean)
