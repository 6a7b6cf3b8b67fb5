"""Find a curve's latents from its first epochs: importance sampling in each network.

After many curves, one more curve teaches a network little about its weights. Its own epochs show which of the network's
possible curves it is. With a handful of latents this is a small problem: Gauss-Newton steps find the most likely
latents, and draws around these are weighted by their posterior.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bandits.predictors.lc_net.network import LCNet

__all__ = ["Observed", "draw_latents"]

_STARTS = 4  # starts of the search in each network: the prior's mean, and draws from the prior
_STEPS = 8
_DIFFERENCE = 0.05  # finite difference of a latent; latents are of magnitude 1
_FARTHEST = 6.0  # largest magnitude of a latent in the search
_DEGREES = 5.0  # of freedom of the proposal, a Student's t: its tails are wider than the posterior's


class Observed:
    """The epochs of an arm that were seen, and how well they fit in each of M networks.

    Args:
        net: the shape of the networks.
        networks: `[M, size]`.
        x: `[1, k]` the arm's features, standardised.
        t: `[tau]` share of the horizon, in (0, 1].
        y: `[tau]` scores on the unit scale.
    """

    def __init__(self, net: LCNet, networks: Tensor, x: Tensor, t: Tensor, y: Tensor) -> None:
        self.net, self.networks, self._x, self._t, self._y = net, networks, x, t, y

    def curves(self, latents: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and log-variances at times `[E]` for latents `[M, R, d]`: `[M, R, E]` each."""
        m, r, _ = latents.shape
        inputs = torch.cat((self._x.expand(m, r, -1), latents), dim=-1)
        return self.net.predict(self.networks, inputs, t.expand(m, r, len(t)))

    def energies(self, latents: Tensor) -> Tensor:
        """-ln p(latents, epochs), up to a constant: `[M, R, d]` to `[M, R]`."""
        return self._energy(latents, *self.curves(latents, self._t))

    def expand(self, latents: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The energy, its negative gradient and its curvature (Gauss-Newton) at latents `[M, S, d]`.

        Returns:
            `[M, S]`, `[M, S, d]` and `[M, S, d, d]`, the latter two in double precision.
        """
        m, s, d = latents.shape
        around = latents.unsqueeze(2) + _DIFFERENCE * torch.cat((torch.zeros(1, d), torch.eye(d)))
        means, log_variances = (
            each.view(m, s, 1 + d, -1) for each in self.curves(around.view(m, s * (1 + d), d), self._t)
        )
        mean, log_variance = means[:, :, 0], log_variances[:, :, 0]
        # Sharp curves give a curvature of 1e9, the prior gives 1. Single precision cannot add the two.
        slopes = (means[:, :, 1:] - means[:, :, :1]).double() / _DIFFERENCE
        precision = torch.exp(-log_variance).double()
        curvature = (slopes * precision.unsqueeze(2)) @ slopes.transpose(2, 3) + torch.eye(d, dtype=torch.float64)
        errors = (self._y - mean).double() * precision
        force = (slopes @ errors.unsqueeze(-1)).squeeze(-1) - latents
        return self._energy(latents, mean, log_variance), force, curvature

    def _energy(self, latents: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        misfit = ((self._y - mean) ** 2 * torch.exp(-log_variance) + log_variance).sum(dim=-1)
        return 0.5 * (misfit + (latents**2).sum(dim=-1))


def draw_latents(seen: Observed, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw latents that explain the epochs seen of a curve, in each of M networks.

    Args:
        seen: the curve so far.
        count: K, draws in each network.
        generator: this call advances it.

    Returns:
        Latents `[M, K, d]` and their weights `[M, K]`, which sum to 1 in each network.
    """
    m, d = len(seen.networks), seen.net.latents
    centre, curvature = _search(seen, generator)
    root = torch.linalg.cholesky_ex(curvature)[0].float()
    normal = torch.randn(m, count, d, generator=generator)
    # Student's t: a normal divided by the root of a gamma. Here the gamma is a sum of squares of normals.
    squares = torch.randn(m, count, int(_DEGREES), generator=generator).square().mean(dim=-1)
    steps = normal / squares.sqrt().unsqueeze(-1)
    shifts = torch.linalg.solve_triangular(root.transpose(1, 2), steps.transpose(1, 2), upper=True)
    latents = centre.unsqueeze(1) + shifts.transpose(1, 2)
    # Within a network the proposal's scale is the same for all draws, so it cancels.
    log_proposal = -0.5 * (_DEGREES + d) * torch.log1p((steps**2).sum(dim=-1) / _DEGREES)
    return latents, torch.softmax(-seen.energies(latents) - log_proposal, dim=1)


def _search(seen: Observed, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The most likely latents in each network, and the curvature there: `[M, d]`, `[M, d, d]` (Levenberg-Marquardt)."""
    m, d = len(seen.networks), seen.net.latents
    others = torch.randn(m, _STARTS - 1, d, generator=generator)
    latents = torch.cat((torch.zeros(m, 1, d), others), dim=1)
    damping = torch.ones(m, _STARTS, dtype=torch.float64)
    energy, force, curvature = seen.expand(latents)
    for _ in range(_STEPS):
        diagonal = torch.diagonal(curvature, dim1=-2, dim2=-1)
        damped = curvature + torch.diag_embed(damping.unsqueeze(-1) * diagonal)
        step = torch.cholesky_solve(force.unsqueeze(-1), torch.linalg.cholesky_ex(damped)[0]).squeeze(-1)
        tried = (latents + step).float().clamp(-_FARTHEST, _FARTHEST)
        new_energy, new_force, new_curvature = seen.expand(tried)
        better = new_energy < energy
        damping = torch.where(better, damping / 5, damping * 5).clamp(1e-4, 1e4)
        latents = torch.where(better.unsqueeze(-1), tried, latents)
        force = torch.where(better.unsqueeze(-1), new_force, force)
        curvature = torch.where(better[..., None, None], new_curvature, curvature)
        energy = torch.where(better, new_energy, energy)
    best, rows = energy.argmin(dim=1), torch.arange(m)
    return latents[rows, best], curvature[rows, best]
