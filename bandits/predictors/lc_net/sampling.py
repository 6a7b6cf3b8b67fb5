"""Networks sampled from LC-Net's posterior, and their forecast of the end of a curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bandits.predictors.lc_net.latents import Observed, draw_latents
from bandits.predictors.lc_net.network import LCNet
from bandits.predictors.lc_net.posterior import CurveSet, Posterior, single_threaded
from bandits.predictors.lc_net.sghmc import AdaptiveSGHMC

__all__ = ["Chains", "Mixture", "SampledNetworks"]

Floats = NDArray[np.float64]

_FRICTION = 0.02
_FRICTION_OF_UPDATES = 0.2  # an unusual arm gives large gradients: networks must not overshoot
_DRAWS = 32  # draws of an arm's latents in each network
_STUCK = 1.0  # nats per epoch: a network that fits worse than most by this has errors e times as large


@dataclass(frozen=True, slots=True)
class Chains:
    """Settings of the sampler's chains.

    Args:
        batch: curves in a minibatch, for each chain.
        epochs: of each curve in a minibatch.
        step_size: of the sampler.
    """

    batch: int
    epochs: int
    step_size: float


@dataclass(frozen=True, slots=True)
class Mixture:
    """A distribution as a mixture of Gaussians on the unit scale.

    Args:
        means: `[n]`; n is 0 if every chain diverged.
        stds: `[n]`.
        weights: `[n]`, >= 0, sum 1.
    """

    means: Floats
    stds: Floats
    weights: Floats


@dataclass(frozen=True, slots=True)
class SampledNetworks:
    """Equally likely networks.

    Args:
        net: the shape of the networks.
        positions: `[n, size]`, all finite; n is 0 if every chain diverged.
        squares: `[n, size]` the sampler's mean square of the gradient for each network.
    """

    net: LCNet
    positions: Tensor
    squares: Tensor

    def __len__(self) -> int:
        return len(self.positions)

    @classmethod
    def sample(
        cls,
        net: LCNet,
        curves: CurveSet,
        seed: int,
        walk: Chains,
        *,
        chains: int,
        burn_in: int,
        networks: int,
        keep_every: int,
    ) -> SampledNetworks:
        """Sample networks with chains that start from random networks.

        Args:
            net: the shape of the networks.
            curves: the curves to learn from.
            seed: of all random numbers here.
            walk: settings of the chains.
            chains: how many.
            burn_in: steps of each chain that are thrown away.
            networks: how many are kept from each chain.
            keep_every: steps between two networks that are kept.
        """
        with single_threaded():
            generator = torch.Generator().manual_seed(seed)
            posterior = Posterior(net, curves, walk.batch, walk.epochs, generator)
            sampler = _sampler(walk, posterior.start(chains), posterior, generator)
            sampler.burn_in(burn_in)
            kept = list(sampler.samples(networks, keep_every))
            misfits = torch.cat([posterior.misfit(positions) for positions in kept])
            # A chain that is stuck near a bad start has almost no weight in the posterior.
            good = misfits <= misfits.nanmedian() + _STUCK
            return _finite(net, torch.cat(kept)[good], sampler.squares.repeat(networks, 1)[good])

    def updated(self, curves: CurveSet, seed: int, walk: Chains, *, networks: int, steps: int) -> SampledNetworks:
        """Continue the chains of some networks, with an arm's own curve among the training curves.

        This is for networks without latents. They have no other way to learn from an arm's own epochs.

        Args:
            curves: the curves to learn from; the last is the arm's, and is in every minibatch.
            seed: of all random numbers here.
            walk: settings of the chains.
            networks: how many continue, spread evenly over all.
            steps: how many steps each continues.
        """
        chosen = np.linspace(0, len(self) - 1, min(networks, len(self))).round().astype(np.intp)
        with single_threaded():
            generator = torch.Generator().manual_seed(seed)
            posterior = Posterior(self.net, curves, walk.batch, walk.epochs, generator, always=1)
            start, squares = self.positions[chosen], self.squares[chosen]
            sampler = _sampler(walk, start, posterior, generator, squares, friction=_FRICTION_OF_UPDATES)
            sampler.measure_noise()
            sampler.walk(steps)
            return _finite(self.net, sampler.positions, sampler.squares)

    def end(self, x: Floats, own: Floats, horizon: int, seed: int) -> Mixture:
        """The networks' forecast of an arm's end; with latents, its own epochs count too.

        Args:
            x: `[1, k]` features, standardised.
            own: `[tau]` scores so far on the unit scale.
            horizon: the epoch at which t = 1.
            seed: of the latents that are drawn.
        """
        if not len(self):
            return Mixture(np.zeros(0), np.zeros(0), np.zeros(0))
        with single_threaded(), torch.no_grad():
            t = torch.arange(1, len(own) + 1) / horizon
            y = torch.from_numpy(own).float()
            seen = Observed(self.net, self.positions, torch.from_numpy(x).float(), t, y)
            if self.net.latents:
                latents, weights = draw_latents(seen, _DRAWS, torch.Generator().manual_seed(seed))
            else:
                latents, weights = torch.zeros(len(self), 1, self.net.latents), torch.ones(len(self), 1)
            means, log_variances = seen.curves(latents, torch.ones(1))
            # A draw that is not finite has no weight.
            fine = torch.isfinite(weights).all(dim=1) & torch.isfinite(means).all(dim=1).squeeze(-1)
            shares = weights[fine] / max(int(fine.sum()), 1)
            return Mixture(_array(means[fine]), _array(torch.exp(log_variances[fine] / 2)), _array(shares))


def _sampler(
    walk: Chains,
    start: Tensor,
    posterior: Posterior,
    generator: torch.Generator,
    squares: Tensor | None = None,
    friction: float = _FRICTION,
) -> AdaptiveSGHMC:
    """Chains on a posterior."""
    return AdaptiveSGHMC(
        start, posterior.gradient, generator, step_size=walk.step_size, friction=friction, squares=squares
    )


def _finite(net: LCNet, positions: Tensor, squares: Tensor) -> SampledNetworks:
    """Leave out networks that have diverged, and the latents of the training curves."""
    networks = positions[:, : net.size]
    fine = torch.isfinite(networks).all(dim=1)
    return SampledNetworks(net, networks[fine].clone(), squares[:, : net.size][fine].clone())


def _array(values: Tensor) -> Floats:
    return np.asarray(values.flatten().numpy(), dtype=np.float64)
