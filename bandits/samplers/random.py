"""Configurations drawn at random from a search space."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bandits.errors.checks import check_whole
from bandits.rng import rng_for
from bandits.samplers.base import Sampler
from bandits.search_space import check_space

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = ["RandomSampler"]


class RandomSampler(Sampler):
    """Draws every parameter on its own: uniform between its bounds, log-uniform where it says so.

    Args:
        space: a distribution of `optuna.distributions` by parameter name, in the order in which they are drawn.
        seed: seed of all draws, >= 0.

    Raises:
        SettingError: the space is empty or holds something else, or the seed is not an integer >= 0.

    Example:
        >>> from optuna.distributions import FloatDistribution
        >>> sampler = RandomSampler({"lr": FloatDistribution(1e-5, 1e-1, log=True)}, seed=0)
        >>> sampler.propose(3) == sampler.propose(3)
        True
    """

    by_id_alone = True

    def __init__(self, space: Mapping[str, BaseDistribution], seed: int) -> None:
        check_space(space)
        self._space = dict(space)
        self._seed = check_whole("seed", seed, 0)

    def settings(self) -> dict[str, Any]:
        """The seed; the space is the objective's."""
        return {"seed": self._seed}

    def propose(self, trial_id: int) -> Mapping[str, object]:
        """The configuration of one trial: Python ints, floats and choices, by parameter name."""
        rng = rng_for(self._seed, "config", check_whole("trial_id", trial_id, 0))
        return {name: _draw(distribution, rng) for name, distribution in self._space.items()}


def _draw(distribution: BaseDistribution, rng: np.random.Generator) -> object:
    # Whoever made a space has loaded optuna; whoever has none must not wait for it.
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[int(rng.integers(len(distribution.choices)))]
    if isinstance(distribution, IntDistribution):
        low, high = distribution.low, distribution.high
        if distribution.log:  # every integer owns the half unit on either side of it
            value = math.exp(rng.uniform(math.log(low - 0.5), math.log(high + 0.5)))
            return min(max(round(value), low), high)
        return low + distribution.step * int(rng.integers((high - low) // distribution.step + 1))
    assert isinstance(distribution, FloatDistribution)  # noqa: S101 - check_space admits no fourth kind
    if distribution.log:
        value = math.exp(rng.uniform(math.log(distribution.low), math.log(distribution.high)))
    elif distribution.step is None:
        value = rng.uniform(distribution.low, distribution.high)
    else:
        steps = round((distribution.high - distribution.low) / distribution.step)
        value = distribution.low + distribution.step * int(rng.integers(steps + 1))
    return min(max(value, distribution.low), distribution.high)
