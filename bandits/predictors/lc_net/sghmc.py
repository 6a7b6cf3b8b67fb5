"""Stochastic-gradient Hamiltonian Monte Carlo that adapts its scales during burn-in (Springenberg et al. 2016).

Each coordinate keeps, over an adaptive window tau, a running mean g and a running mean square v of its gradient.
The step is preconditioned with 1 / sqrt(v). After burn-in, these are frozen, so that the steps that
follow are one Markov chain.

Minibatches add noise of their own, and the sampler must add that much less. The paper assumes that all of v is such
noise. For large minibatches this is far too much, and chains freeze. Here the noise is measured: the gradient at the
same positions is computed several times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

__all__ = ["AdaptiveSGHMC"]

_EPSILON = 1e-10
_LEAST_NOISE = 1e-16
_REPEATS = 10  # gradients from which V is estimated


class AdaptiveSGHMC:
    """Chains that walk through weight space; one row of the positions is one chain, and the chains are independent.

    With U the negative log posterior, G an estimate of its gradient from a minibatch, V that estimate's variance,
    M = sqrt(v) and step size h:

        momentum += -h^2 G / M - friction * momentum + N(0, 2 h^2 friction / M - h^4 V / M^2)
        position += momentum

    Args:
        positions: `[C, P]` where chains start.
        gradient: maps positions `[C, P]` to G `[C, P]`; it is called once per step.
        generator: draws the noise, which advances it.
        step_size: h ("learning rate"), > 0.
        friction: share of the momentum that is lost in each step, in (0, 1).
        squares: `[C, P]` v if an earlier burn-in adapted it; None starts from 1.

    Source: after equations 8 to 10 of "Bayesian optimization with robust Bayesian neural networks" (NeurIPS 2016);
    Chen, Fox, Guestrin, "Stochastic gradient Hamiltonian Monte Carlo" (ICML 2014).
    """

    def __init__(
        self,
        positions: Tensor,
        gradient: Callable[[Tensor], Tensor],
        generator: torch.Generator,
        *,
        step_size: float,
        friction: float,
        squares: Tensor | None = None,
    ) -> None:
        self.positions = positions.clone()
        self.squares = torch.ones_like(positions) if squares is None else squares.clone()
        self._gradient, self._generator = gradient, generator
        self._step_size, self._friction = step_size, friction
        self._window, self._means = torch.ones_like(positions), torch.ones_like(positions)
        self._momentum = torch.zeros_like(positions)
        self._variances = torch.zeros_like(positions)

    def burn_in(self, steps: int) -> None:
        """Walk and adapt the scales; then measure the noise of minibatches."""
        for _ in range(steps):
            gradient = self._gradient(self.positions)
            self._adapt(gradient)
            self._step(gradient, *self._scales())
        self.measure_noise()

    def measure_noise(self) -> None:
        """Estimate V at the chains' positions; before the first estimate it counts as 0."""
        gradients = torch.stack([self._gradient(self.positions) for _ in range(_REPEATS)])
        self._variances = gradients.var(dim=0)

    def walk(self, steps: int) -> None:
        """Walk with the scales as they are."""
        scales = self._scales()
        for _ in range(steps):
            self._step(self._gradient(self.positions), *scales)

    def samples(self, count: int, every: int) -> Iterator[Tensor]:
        """Walk, and yield the positions `[C, P]` after every `every` steps."""
        for _ in range(count):
            self.walk(every)
            yield self.positions.clone()

    def _adapt(self, gradient: Tensor) -> None:
        share = 1.0 / (self._window + 1.0)
        self._window += 1.0 - self._window * self._means**2 / (self.squares + _EPSILON)
        self._means += share * (gradient - self._means)
        self.squares += share * (gradient**2 - self.squares)

    def _scales(self) -> tuple[Tensor, Tensor]:
        """What the gradient is multiplied by, and the standard deviation of the noise."""
        force = self._step_size**2 / (self.squares.sqrt() + _EPSILON)
        return force, (2.0 * self._friction * force - force**2 * self._variances).clamp_(min=_LEAST_NOISE).sqrt_()

    def _step(self, gradient: Tensor, force: Tensor, noise: Tensor) -> None:
        drawn = torch.randn(gradient.shape, dtype=gradient.dtype, generator=self._generator)
        self._momentum.mul_(1.0 - self._friction).addcmul_(force, gradient, value=-1.0).addcmul_(noise, drawn)
        self.positions += self._momentum
