"""Networks sampled from LC-Net's posterior, and what they say of the end of a curve."""

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
_FRICTION_OF_UPDATES = 0.2  # an arm unlike the others pulls hard: networks must not shoot past where it wants them
_DRAWS = 32  # of an arm's latents in each network
_STUCK = 1.0  # nats per epoch by which a network fits worse than most: its errors are e times as large


@dataclass(frozen=True, slots=True)
class Chains:
    """How chains walk.

    Args:
        batch: curves in a minibatch, for each chain.
        epochs: of each of them.
        step_size: of the sampler.
    """

    batch: int
    epochs: int
    step_size: float


@dataclass(frozen=True, slots=True)
class Mixture:
    """What may happen, as Gaussians on the unit scale.

    Args:
        means: `[n]`; n is 0 where every chain diverged.
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
        net: their shape.
        positions: `[n, size]`, all finite; n may be 0, where every chain diverged.
        squares: `[n, size]` the sampler's mean square of the gradient, where each was found.
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
        """Walk from random networks.

        Args:
            net: the shape of the networks.
            curves: to learn from.
            seed: of everything random here.
            walk: how chains walk.
            chains: how many.
            burn_in: steps of each that are thrown away.
            networks: how many are kept of each.
            keep_every: steps between two that are kept.
        """
        with single_threaded():
            generator = torch.Generator().manual_seed(seed)
            posterior = Posterior(net, curves, walk.batch, walk.epochs, generator)
            sampler = _sampler(walk, posterior.start(chains), posterior, generator)
            sampler.burn_in(burn_in)
            kept = list(sampler.samples(networks, keep_every))
            misfits = torch.cat([posterior.misfit(positions) for positions in kept])
            # A chain that never found its way from a bad start has next to no weight in the posterior.
            good = misfits <= misfits.nanmedian() + _STUCK
            return _finite(net, torch.cat(kept)[good], sampler.squares.repeat(networks, 1)[good])

    def updated(self, curves: CurveSet, seed: int, walk: Chains, *, networks: int, steps: int) -> SampledNetworks:
        """Walk on, with an arm's own curve among those to learn from: some of the networks, each from where it is.

        This is for networks without latents; an arm's own epochs cannot reach them in another way.

        Args:
            curves: to learn from; the last is the arm's, and is seen in every step.
            seed: of everything random here.
            walk: how chains walk.
            networks: how many walk on, spread over all.
            steps: how far.
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
        """What the networks expect at the horizon of an arm, its own epochs considered where there are latents.

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
            # A draw that left the numbers behind has no weight.
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
    """Leave out networks that have diverged, and the latents of curves that were learnt from."""
    networks = positions[:, : net.size]
    fine = torch.isfinite(networks).all(dim=1)
    return SampledNetworks(net, networks[fine].clone(), squares[:, : net.size][fine].clone())


def _array(values: Tensor) -> Floats:
    return np.asarray(values.flatten().numpy(), dtype=np.float64)
