"""What learning curves say of networks: the posterior of LC-Net's weights, and minibatches of its gradient."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bandits.predictors.lc_net import LCNet

__all__ = ["CurvePoints", "Posterior", "single_threaded"]

Floats = NDArray[np.float64]

_PRIOR_LOG_VARIANCE = (math.log(1e-4), 2.0)  # mean and standard deviation of the shared noise's log-variance


@dataclass(frozen=True, slots=True)
class CurvePoints:
    """CurvePoints of learning curves: y = f(x, t) + noise.

    Args:
        x: `[n, k]` standardised features of the point's configuration.
        t: `[n]` share of the horizon, in (0, 1].
        y: `[n]` score on the unit scale.
    """

    x: Tensor
    t: Tensor
    y: Tensor

    @classmethod
    def of(cls, x: Floats, t: Floats, y: Floats) -> CurvePoints:
        """From arrays."""
        return cls(*(torch.from_numpy(np.ascontiguousarray(part, dtype=np.float32)) for part in (x, t, y)))

    def __len__(self) -> int:
        return len(self.y)

    def rows(self, chosen: Tensor) -> CurvePoints:
        """Some of the points; `chosen` may have any shape."""
        return CurvePoints(self.x[chosen], self.t[chosen], self.y[chosen])


class Posterior:
    """p(network | points), known through its gradient.

    The likelihood is Gaussian. Priors are those of the authors' code where they leave room to learn: ln p of the
    weights and biases is that of N(0, 1), averaged over them rather than summed, so it is nearly flat; the
    logarithm of a shared noise variance is N(ln 1e-4, 2^2) on the unit scale (theirs, N(ln 1e-6, 0.1^2), would all
    but fix it).

    Args:
        net: the shape of the networks.
        pools: points in groups; each minibatch holds points of every group, weighted so that its gradient is
            unbiased. A group of its own makes sure that a few points that matter are seen in every step.
        batch: points of each group in a minibatch, for each chain.
        generator: draws the minibatches; consumed.
    """

    def __init__(self, net: LCNet, pools: Sequence[CurvePoints], batch: int, generator: torch.Generator) -> None:
        self._net, self._pools, self._batch, self._generator = net, [p for p in pools if len(p)], batch, generator

    def gradient(self, networks: Tensor) -> Tensor:
        """An estimate of the gradient of -ln p at each network: `[C, size]` to `[C, size]`."""
        variable = networks.detach().requires_grad_(True)
        energy = self._energy(variable, [self._minibatch(pool, len(networks)) for pool in self._pools])
        (gradient,) = torch.autograd.grad(energy.sum(), variable)
        return gradient

    def _minibatch(self, pool: CurvePoints, chains: int) -> tuple[CurvePoints, float]:
        """CurvePoints `[C, B]` of a group and how many points of it each stands for."""
        n = len(pool)
        if n <= self._batch:
            chosen = torch.arange(n).expand(chains, n)
        else:
            chosen = torch.randint(n, (chains, self._batch), generator=self._generator)
        return pool.rows(chosen), n / chosen.shape[1]

    def _energy(self, networks: Tensor, minibatches: Sequence[tuple[CurvePoints, float]]) -> Tensor:
        """-ln p of each network, `[C]`, up to a constant."""
        x = torch.cat([points.x for points, _ in minibatches], dim=1)
        t = torch.cat([points.t for points, _ in minibatches], dim=1)
        y = torch.cat([points.y for points, _ in minibatches], dim=1)
        share = torch.cat([torch.full((points.y.shape[1],), weight) for points, weight in minibatches])
        mean, log_variance = self._net.predict(networks, x, t)
        losses = 0.5 * ((y - mean) ** 2 * torch.exp(-log_variance) + log_variance)
        shared = self._net.noise == "shared"
        weights = networks[:, :-1] if shared else networks
        energy = (losses * share).sum(dim=1) + 0.5 * (weights**2).mean(dim=1)
        if shared:
            centre, spread = _PRIOR_LOG_VARIANCE
            energy = energy + 0.5 * ((networks[:, -1] - centre) / spread) ** 2
        return energy


@contextmanager
def single_threaded() -> Iterator[None]:
    """Keep torch on one thread inside a `with` block: faster at this size, and the same on every machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
