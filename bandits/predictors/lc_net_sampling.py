"""Networks sampled from LC-Net's posterior: where a history brings them, and where an arm's own epochs take them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bandits.predictors.lc_net import LCNet
from bandits.predictors.lc_posterior import CurvePoints, Posterior, single_threaded
from bandits.predictors.sghmc import AdaptiveSGHMC

if TYPE_CHECKING:
    from bandits.predictors.bnn import BNN

__all__ = ["SampledNetworks"]

Floats = NDArray[np.float64]

_FRICTION = 0.05  # "mdecay" of the authors' code


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
    def sample(cls, settings: BNN, points: CurvePoints, seed: int) -> SampledNetworks:
        """Walk from random networks.

        Args:
            settings: of the network and the chains.
            points: of training curves.
            seed: of everything random here.
        """
        net = LCNet(points.x.shape[1], noise=settings.noise, curve_layer=settings.curve_layer)
        with single_threaded():
            generator = torch.Generator().manual_seed(seed)
            start = net.start(settings.chains, generator)
            sampler = _sampler(settings, net, start, [points], generator)
            sampler.burn_in(settings.burn_in)
            kept = torch.cat(list(sampler.samples(settings.networks, settings.keep_every)))
            return _finite(net, kept, sampler.squares.repeat(settings.networks, 1))

    def updated(self, settings: BNN, history: CurvePoints, own: CurvePoints, seed: int) -> SampledNetworks:
        """Walk on, with an arm's own points among the training points: some of the networks, each from where it is.

        Args:
            settings: of the walk.
            history: points of training curves without the arm.
            own: the arm's; seen in every step.
            seed: of everything random here.
        """
        chosen = np.linspace(0, len(self) - 1, min(settings.update_networks, len(self))).round().astype(np.intp)
        with single_threaded():
            generator = torch.Generator().manual_seed(seed)
            start, squares = self.positions[chosen], self.squares[chosen]
            sampler = _sampler(settings, self.net, start, [history, own], generator, squares)
            sampler.walk(settings.update_steps)
            return _finite(self.net, sampler.positions, squares)

    def predict(self, x: Floats, t: Floats) -> tuple[Floats, Floats]:
        """What each network says of a point.

        Args:
            x: `[1, k]` features, standardised.
            t: `[1]` share of the horizon.

        Returns:
            Mean and standard deviation of the score on the unit scale, `[n]` each.
        """
        with single_threaded(), torch.no_grad():
            point = (
                torch.from_numpy(x).float().expand(len(self), *x.shape),
                torch.from_numpy(t).float().expand(len(self), len(t)),
            )
            means, log_variances = self.net.predict(self.positions, *point)
        return _array(means[:, 0]), _array(torch.exp(log_variances[:, 0] / 2))


def _sampler(
    settings: BNN,
    net: LCNet,
    start: Tensor,
    pools: Sequence[CurvePoints],
    generator: torch.Generator,
    squares: Tensor | None = None,
) -> AdaptiveSGHMC:
    """Chains on the posterior given points."""
    posterior = Posterior(net, pools, settings.batch, generator)
    return AdaptiveSGHMC(
        start, posterior.gradient, generator, step_size=settings.step_size, friction=_FRICTION, squares=squares
    )


def _finite(net: LCNet, positions: Tensor, squares: Tensor) -> SampledNetworks:
    """Leave out networks that have diverged."""
    fine = torch.isfinite(positions).all(dim=1)
    return SampledNetworks(net, positions[fine], squares[fine])


def _array(values: Tensor) -> Floats:
    return np.asarray(values.numpy(), dtype=np.float64)
