"""Sampling LCE's posterior: emcee's ensemble of walkers, moved by differential evolution."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandits.errors import MissingDependency
from bandits.predictors.extrapolation.posterior import Combination

__all__ = ["DifferentialEvolution", "Samples", "require_sampler", "sample"]

Floats = NDArray[np.float64]

_BEST_SCALE = 2.38  # scale of a proposal's steps, times the root of twice its dimensions (ter Braak 2006)
_SHARES = (0.15, 0.5, 1.0)  # share of a position's numbers that a proposal may change
_JUMPS = 0.1  # share of proposals that go the whole way from one walker to another
_WIDTH = 0.5  # standard deviation of the logarithm of a proposal's scale


@dataclass(frozen=True, slots=True)
class Samples:
    """The result of sampling.

    Args:
        positions: `[m, size]` the positions that were kept: after burn-in, and thinned.
        acceptance: share of proposals that were accepted, 0 to 1.
    """

    positions: Floats
    acceptance: float


class DifferentialEvolution:
    """A move of emcee's: each walker steps along the difference of two walkers of the ensemble's other half.

    emcee has such a move too, which handles one walker after another. This move handles half an ensemble at once. It
    also lets a proposal change only a random part of a position (crossover; Vrugt et al. 2009). Such proposals are
    accepted more often where a density is far from Gaussian.

    Source: ter Braak, "A Markov chain Monte Carlo version of the genetic algorithm differential evolution" (2006);
    halves as in Foreman-Mackey et al. (2013), section 3.
    """

    def tune(self, state: Any, accepted: Any) -> None:
        """Do nothing: this move has nothing to tune."""

    def propose(self, model: Any, state: Any) -> tuple[Any, NDArray[np.bool_]]:
        """Move every walker once, as emcee asks of a move.

        Args:
            model: of emcee, with `compute_log_prob_fn` and a `random` state, which this call advances.
            state: of emcee: `coords` `[walkers, size]` and `log_prob` `[walkers]`, changed in place.

        Returns:
            The state, and which walkers accepted, `[walkers]`.
        """
        coords, densities, random = state.coords, state.log_prob, model.random
        order = random.permutation(len(coords))
        half = len(order) // 2
        accepted = np.zeros(len(coords), dtype=np.bool_)
        for moving, other in ((order[:half], order[half:]), (order[half:], order[:half])):
            proposed = coords[moving] + _steps(coords[other], len(moving), random)
            density = model.compute_log_prob_fn(proposed)[0]
            taken = np.log(random.random_sample(len(moving))) < density - densities[moving]
            chosen = moving[taken]
            coords[chosen], densities[chosen], accepted[chosen] = proposed[taken], density[taken], True
        return state, accepted


def _steps(others: Floats, count: int, random: np.random.RandomState) -> Floats:
    """`[count, size]` symmetric steps along differences of `[m, size]` walkers."""
    m, size = others.shape
    first = random.randint(m, size=count)
    second = (first + random.randint(1, m, size=count)) % m
    share = random.choice(_SHARES, size=(count, 1))
    changed = random.random_sample((count, size)) < share
    scale = _BEST_SCALE / np.sqrt(2.0 * np.maximum(changed.sum(axis=1), 1.0))
    scale *= np.exp(_WIDTH * random.standard_normal(count))
    scale[random.random_sample(count) < _JUMPS] = 1.0
    return np.asarray((others[first] - others[second]) * scale[:, np.newaxis] * changed)


def require_sampler() -> None:
    """Check that the sampler's library is installed.

    Raises:
        MissingDependency: it is not installed.
    """
    if find_spec("emcee") is None:
        raise MissingDependency("LCE", "lce")


def sample(
    posterior: Combination,
    start: Floats,
    rng: np.random.Generator,
    *,
    steps: int,
    burn_in: int,
    thin: int,
) -> Samples:
    """Draw from a posterior.

    Args:
        posterior: the density to draw from.
        start: `[walkers, size]` first positions of the walkers, at least 4.
        rng: this call advances it.
        steps: of each walker, including burn-in.
        burn_in: steps that are thrown away.
        thin: steps from one position that is kept to the next.
    """
    require_sampler()
    import emcee  # imported here, so that only sampling waits for the import

    sampler = emcee.EnsembleSampler(*start.shape, posterior.log_density, moves=DifferentialEvolution(), vectorize=True)
    state = emcee.State(start, random_state=np.random.RandomState(int(rng.integers(2**32))).get_state())
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        sampler.run_mcmc(state, steps // thin, thin_by=thin, skip_initial_state_check=True)
    kept = sampler.get_chain(discard=burn_in // thin, flat=True)
    return Samples(np.asarray(kept, dtype=np.float64), float(np.mean(sampler.acceptance_fraction)))
