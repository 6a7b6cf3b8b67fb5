"""Draw nets from a grammar, and other hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bandits.architectures import Grammar
from bandits.errors import SettingError
from bandits.errors.checks import check_instance, check_whole
from bandits.rng import rng_for
from bandits.samplers.base import Sampler
from bandits.samplers.random import RandomSampler

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = ["ArchitectureSampler"]

_TRIES = 100  # a net that lower ids have is drawn again, so often; then it is given twice


class ArchitectureSampler(Sampler):
    """Draws every net by a legal random walk, and every other parameter as `RandomSampler` does.

    A net is given twice only if 100 walks in a row lead to nets of lower ids, as in a small grammar with few nets left.
    For this check, the nets of all lower ids are drawn first and kept.

    Args:
        grammar: of the nets.
        space: distributions of the other parameters by name, as for `RandomSampler`; it may be empty.
        seed: seed of all draws, >= 0.

    Raises:
        SettingError: the space holds something else or a parameter "net", or the seed is not an integer >= 0.

    Example:
        >>> sampler = ArchitectureSampler(Grammar.for_images(8, 1, 10), {}, seed=0)
        >>> sampler.propose(3) == sampler.propose(3)
        True
    """

    by_id_alone = True

    def __init__(self, grammar: Grammar, space: Mapping[str, BaseDistribution], seed: int) -> None:
        self._grammar = check_instance("grammar", grammar, Grammar, "must be a Grammar")
        check_instance("space", space, Mapping, "must map parameter names to optuna distributions")
        if "net" in space:
            raise SettingError.broken("`space`", "must not hold 'net', which the grammar gives", sorted(space))
        self._others = RandomSampler(space, seed) if space else None
        self._seed = check_whole("seed", seed, 0)
        self._nets: list[str] = []
        self._given: set[str] = set()

    def settings(self) -> dict[str, Any]:
        """The seed; grammar and space are the objective's."""
        return {"seed": self._seed}

    def propose(self, trial_id: int) -> Mapping[str, object]:
        """The configuration of one trial: the net's text as "net", then the other parameters by name."""
        check_whole("trial_id", trial_id, 0)
        while len(self._nets) <= trial_id:
            self._nets.append(self._draw(len(self._nets)))
            self._given.add(self._nets[-1])
        others = self._others.propose(trial_id) if self._others is not None else {}
        return {"net": self._nets[trial_id], **others}

    def _draw(self, trial_id: int) -> str:
        rng = rng_for(self._seed, "net", trial_id)
        for _ in range(_TRIES):
            net = self._grammar.sample(rng)
            if net not in self._given:
                break
        return net
