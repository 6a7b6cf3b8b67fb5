"""The posterior of LC-Net's weights given learning curves, and its gradient from minibatches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bandits.predictors.lc_net.network import LCNet

__all__ = ["CurveSet", "Posterior", "single_threaded"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CurveSet:
    """Learning curves, complete or partial: y = f(x, latents, t) + noise.

    Args:
        x: `[n, k]` standardised features of each curve's configuration.
        y: `[n, T]` scores on the unit scale; what lies beyond a curve's tau is not read.
        taus: `[n]` epochs that were seen, 1 <= tau <= T.
        horizon: the epoch at which t = 1, >= T.
    """

    x: Tensor
    y: Tensor
    taus: Tensor
    horizon: int

    @classmethod
    def of(cls, x: Floats, curves: Sequence[Floats], horizon: int) -> CurveSet:
        """Make a set from features `[n, k]` and n arrays of scores."""
        y = np.zeros((len(curves), max(map(len, curves), default=0)), dtype=np.float32)
        for i, curve in enumerate(curves):
            y[i, : len(curve)] = curve
        features = torch.from_numpy(np.asarray(x, dtype=np.float32))
        return cls(features, torch.from_numpy(y), torch.tensor([len(curve) for curve in curves]), horizon)

    def __len__(self) -> int:
        return len(self.x)


class Posterior:
    """p(network, latents | curves), known through its gradient.

    A position is a network, then the latents of all curves, one curve after another: `size + n d` numbers, each
    N(0, 1) a priori. The likelihood is Gaussian. A minibatch holds some curves, and from each some epochs, spread
    over all that were seen. Weights keep the gradient unbiased. The hidden units are evaluated only once per curve, so
    the epochs cost little.

    Args:
        net: the shape of the networks.
        curves: the training curves.
        batch: curves in a minibatch, for each chain.
        epochs: of each curve in a minibatch.
        generator: draws the minibatches, which advances it.
        always: how many of the last curves are in every minibatch, besides `batch` others.
    """

    def __init__(
        self, net: LCNet, curves: CurveSet, batch: int, epochs: int, generator: torch.Generator, always: int = 0
    ) -> None:
        self._net, self._curves, self._batch, self._epochs = net, curves, batch, epochs
        self._generator, self._always = generator, always

    def start(self, chains: int) -> Tensor:
        """First positions of the chains: `[chains, size + n d]`."""
        latents = torch.randn(chains, len(self._curves) * self._net.latents, generator=self._generator)
        return torch.cat((self._net.start(chains, self._generator), latents.float()), dim=1)

    def gradient(self, positions: Tensor) -> Tensor:
        """An estimate of the gradient of -ln p at each position: `[C, size + n d]` to the same shape."""
        variable = positions.detach().requires_grad_(True)
        (gradient,) = torch.autograd.grad(self._misfit(variable).sum(), variable)
        return gradient + positions

    def misfit(self, positions: Tensor) -> Tensor:
        """An estimate of -ln p(curves | position) for each position, per epoch that was seen: `[C]`."""
        with torch.no_grad():
            return self._misfit(positions) / self._curves.taus.sum()

    def _misfit(self, positions: Tensor) -> Tensor:
        """-ln p(curves | position), `[C]`, up to a constant."""
        curves, chains = self._curves, len(positions)
        chosen, shares = self._choose(chains)
        taus = curves.taus[chosen]
        # Systematic sampling: all epochs are equally likely, and the chosen ones are spread evenly.
        shift = torch.rand(*chosen.shape, 1, generator=self._generator)
        places = (torch.arange(self._epochs) + shift) * (taus / self._epochs).unsqueeze(-1)
        places = torch.minimum(places.long(), taus.unsqueeze(-1) - 1)
        inputs = curves.x[chosen]
        if self._net.latents:
            latents = positions[:, self._net.size :].view(chains, len(curves), self._net.latents)
            own = latents.gather(1, chosen.unsqueeze(-1).expand(-1, -1, self._net.latents))
            inputs = torch.cat((inputs, own), dim=-1)
        mean, log_variance = self._net.predict(positions[:, : self._net.size], inputs, (places + 1) / curves.horizon)
        errors = curves.y[chosen.unsqueeze(-1), places] - mean
        losses = 0.5 * (errors**2 * torch.exp(-log_variance) + log_variance)
        return (losses.sum(dim=-1) * shares * taus / self._epochs).sum(dim=1)

    def _choose(self, chains: int) -> tuple[Tensor, Tensor]:
        """Curves `[C, B]` of a minibatch, and how many curves each of them represents."""
        n = len(self._curves)
        others = n - self._always
        if others <= self._batch:
            return torch.arange(n).expand(chains, n), torch.ones(n)
        drawn = torch.rand(chains, others, generator=self._generator).argsort(dim=1)[:, : self._batch]
        ever = torch.arange(others, n).expand(chains, self._always)
        shares = torch.cat((torch.full((self._batch,), others / self._batch), torch.ones(self._always)))
        return torch.cat((drawn, ever), dim=1), shares


@contextmanager
def single_threaded() -> Iterator[None]:
    """Keep torch on one thread inside a `with` block: faster at this size, and the same on every machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
