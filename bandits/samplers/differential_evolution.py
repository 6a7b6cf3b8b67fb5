"""Differential evolution: configurations bred from the arms that a scheduler names as their parents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bandits.errors import ProtocolError, SettingError
from bandits.errors.checks import check_number, check_whole
from bandits.rng import rng_for
from bandits.samplers.base import Projection, Sampler, Searchable
from bandits.search_space import check_space, from_cube, params_in, to_cube

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = ["DifferentialEvolution"]

_PARENTS = 3  # of a mutation


class DifferentialEvolution(Sampler):
    """Breeds configurations by rand/1/bin, in the unit cube; the scheduler (`DEHB`) names the parents.

    Three random members a, b and c of a pool give the mutant a + F (b - c), whose coordinates outside of the cube are
    drawn anew. The child takes each coordinate from the mutant with probability p, one of them surely, and the others
    from its target. A proposal without parents is uniform in the cube.

    Args:
        space: a distribution of `optuna.distributions` for each parameter name. None takes space and projection of the
            run's objective.
        seed: seed of all draws, >= 0.
        mutation_factor: F, in (0, 2].
        crossover_probability: p, in [0, 1].
        project: a function from bred parameters to the configuration that is trained (`Objective.projection`), whose
            parameters are then those of the parent. Needs `space`.

    Raises:
        SettingError: an argument breaks its rule.

    Source: Storn and Price, "Differential evolution" (J. Global Optimization 11, 1997); for the settings, the cube and
    the pools, Awad, Mallik and Hutter, "DEHB" (IJCAI 2021).

    Example:
        >>> from optuna.distributions import FloatDistribution
        >>> sampler = DifferentialEvolution({"lr": FloatDistribution(1e-5, 1e-1, log=True)}, seed=0)
        >>> parents = [sampler.propose(trial_id) for trial_id in range(4)]
        >>> sorted(sampler.breed(4, target=0, pool=(1, 2, 3), reserve=()))
        ['lr']
    """

    evolves = True

    def __init__(
        self,
        space: Mapping[str, BaseDistribution] | None = None,
        *,
        seed: int = 0,
        mutation_factor: float = 0.5,
        crossover_probability: float = 0.5,
        project: Projection | None = None,
    ) -> None:
        if project is not None and (space is None or not callable(project)):
            raise SettingError.broken("`project`", "must be a function, and come with a space", project)
        if space is not None:
            check_space(space)
        self._seed = check_whole("seed", seed, 0)
        self._factor = check_number("mutation_factor", mutation_factor, above=0, most=2)
        self._crossover = check_number("crossover_probability", crossover_probability, least=0, most=1)
        self._space = None if space is None else dict(space)
        self._project = project
        self._points: dict[int, NDArray[np.float64]] = {}  # of each trial, in the unit cube

    def bind(self, objective: Searchable) -> None:
        """Take the parameters of an objective, unless some were given.

        Raises:
            SettingError: there are none; or the sampler has served another run.
        """
        if self._points:
            rule = "must be a new one, since it has served another run"
            raise SettingError.broken("`sampler`", rule, type(self).__name__)
        if self._space is None:
            if objective.space is None:
                rule = "must have parameters that differential evolution can choose"
                raise SettingError.broken("`objective`", rule, objective.name)
            check_space(objective.space)
            self._space, self._project = dict(objective.space), objective.projection()

    def settings(self) -> dict[str, Any]:
        """The arguments that build this sampler, but for the space and the projection, which are the objective's."""
        return {
            "sampler": "differential-evolution",
            "mutation_factor": self._factor,
            "crossover_probability": self._crossover,
            "seed": self._seed,
        }

    def propose(self, trial_id: int) -> Mapping[str, object]:
        """A random configuration; each id is asked for once, here or in `breed`."""
        self._check_new(trial_id)
        return self._config(trial_id, rng_for(self._seed, "config", trial_id).random(len(self._searched)))

    def breed(
        self, trial_id: int, *, target: int | None, pool: Sequence[int], reserve: Sequence[int]
    ) -> Mapping[str, object]:
        """See `Sampler.breed`."""
        self._check_new(trial_id)
        rng = rng_for(self._seed, "child", trial_id)
        mutant = self._mutant(pool, reserve, rng)
        other = rng.random(mutant.size) if target is None else self._point(target)
        taken = rng.random(mutant.size) < self._crossover
        taken[rng.integers(mutant.size)] = True
        return self._config(trial_id, np.where(taken, mutant, other))

    def _mutant(self, pool: Sequence[int], reserve: Sequence[int], rng: np.random.Generator) -> NDArray[np.float64]:
        """a + F (b - c) for three members of the pool; what it lacks comes from the reserve, or else is random."""
        parents = [self._point(parent) for parent in pool]
        lacking = min(max(_PARENTS - len(parents), 0), len(reserve))
        if lacking:
            parents += [self._point(reserve[i]) for i in rng.choice(len(reserve), lacking, replace=False)]
        parents += [rng.random(len(self._searched)) for _ in range(_PARENTS - len(parents))]
        a, b, c = (parents[i] for i in rng.choice(len(parents), _PARENTS, replace=False))
        mutant: NDArray[np.float64] = a + self._factor * (b - c)
        return np.where((mutant < 0) | (mutant > 1), rng.random(mutant.size), mutant)

    def _config(self, trial_id: int, point: NDArray[np.float64]) -> Mapping[str, object]:
        """The configuration at a point; remembers where it lies, which a projection may have changed."""
        params = from_cube(point, self._searched)
        if self._project is None:
            self._points[trial_id] = point
            return params
        config = self._project(params)
        found = to_cube(params_in(config, self._searched), self._searched)
        self._points[trial_id] = np.where(np.isnan(found), point, found)
        return config

    @property
    def _searched(self) -> Mapping[str, BaseDistribution]:
        if self._space is None:
            rule = "must be given, or be that of an objective that is run with this sampler"
            raise SettingError.broken("`space`", rule, None)
        return self._space

    def _check_new(self, trial_id: int) -> None:
        if check_whole("trial_id", trial_id, 0) in self._points:
            raise ProtocolError(f"trial {trial_id} has its configuration already")

    def _point(self, trial_id: int) -> NDArray[np.float64]:
        if trial_id not in self._points:
            raise ProtocolError(f"trial {trial_id} was not proposed by this sampler")
        return self._points[trial_id]
