"""DEHB: Hyperband whose later arms are bred from the best earlier ones, by differential evolution at every rung."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from bandits.errors.checks import check_whole
from bandits.schedulers.base import Arm
from bandits.schedulers.bracket import Bracket, FreshBracket
from bandits.schedulers.hyperband import BracketScheduler
from bandits.schedulers.lifecycle import Transition
from bandits.schedulers.plan import Rung, hyperband_brackets
from bandits.schedulers.population import Parents, Population
from bandits.verdicts import Stopper

__all__ = ["DEHB"]


class DEHB(BracketScheduler):
    """Hyperband with a population of arms at each rung, which differential evolution improves.

    The first bracket is random, and the first loop promotes arms as Hyperband does. From then on no arm is promoted:
    each rung trains arms of its own, bred from the best at the rung below, and in a bracket's first rung from the
    rung's own population. An arm takes the place of its target unless that one's score at the rung is larger.
    docs/samplers.md has the details. The sampler must be `DifferentialEvolution`, or another one that evolves.

    With a stopper, an arm is dropped if a forecast says that it will neither win its place nor be promoted. A forecast
    without error changes nothing else.

    Args:
        max_epochs: R, the longest training of one arm, >= 1.
        eta: 1 in eta arms goes on at each rung, >= 2.
        loops: how often the whole set of brackets is run, >= 1. The first loop fills the populations.
        stopper: drops arms by forecasts; None for plain DEHB.

    Raises:
        SettingError: an argument breaks its rule.

    Source: Awad, Mallik and Hutter, "DEHB" (IJCAI 2021), sections 4.1 and 4.2.

    Example:
        >>> DEHB(max_epochs=27, loops=2).total_trials
        111
    """

    name = "dehb"
    evolves = True

    def __init__(self, max_epochs: int, eta: int = 3, loops: int = 3, stopper: Stopper | None = None) -> None:
        max_epochs = check_whole("max_epochs", max_epochs, 1)
        self.eta = check_whole("eta", eta, 2)
        plans = hyperband_brackets(max_epochs, self.eta, "floor")
        super().__init__(max_epochs, plans, loops, None, stopper)
        sizes: dict[int, int] = {}
        for rung in chain.from_iterable(plan.rungs for plan in plans):
            sizes[rung.epochs] = max(rung.arms, sizes.get(rung.epochs, 0))
        self._populations = {epochs: Population(size) for epochs, size in sizes.items()}
        self._places: dict[int, int] = {}  # by trial id: the place at `arm.stop` for which it competes

    def settings(self) -> dict[str, Any]:
        return {"max_epochs": self.max_epochs, "eta": self.eta, "loops": self.loops}

    @property
    def total_trials(self) -> int:
        first = sum(plan.arms for plan in self._plans[: self._per_loop])
        return first + sum(rung.arms for rung in self._rungs_of_their_own)

    @property
    def planned_epochs(self) -> int:
        first = sum(plan.epochs for plan in self._plans[: self._per_loop])
        return first + sum(rung.arms * rung.epochs for rung in self._rungs_of_their_own)

    @property
    def _rungs_of_their_own(self) -> Iterator[Rung]:
        """The rungs of all loops but the first: those that train arms of their own."""
        return chain.from_iterable(plan.rungs for plan in self._plans[self._per_loop :])

    def parents(self, trial_id: int) -> Parents | None:
        """See `Scheduler.parents`: None in the first bracket."""
        arm = self.arms[trial_id]
        if arm.bracket == 0:
            return None
        target = self._populations[arm.stop].holder(self._places[trial_id])
        if arm.rung == 0:
            pool = [member for member in self._populations[arm.stop].best() if member != target]
        else:
            rungs = self._plans[arm.bracket].rungs
            pool = self._populations[rungs[arm.rung - 1].epochs].best(rungs[arm.rung].arms)
        everyone = dict.fromkeys(chain.from_iterable(each.best() for each in self._populations.values()))
        return Parents(target, tuple(pool), tuple(member for member in everyone if member not in pool))

    def _kind(self, index: int) -> type[Bracket]:
        return Bracket if index < self._per_loop else FreshBracket

    def _known(self, trial_id: int, bracket: Bracket) -> Arm:
        arm = super()._known(trial_id, bracket)
        self._places[trial_id] = self._populations[arm.stop].next_place()
        return arm

    def _arrived(self, arm: Arm) -> None:
        assert arm.score is not None  # noqa: S101 - it has just reported
        population, place = self._populations[arm.stop], self._places[arm.id]
        before = population.holder(place)
        won = population.compete(place, arm.id, arm.score)
        bracket = self._by_index[arm.bracket]
        if isinstance(bracket, FreshBracket) and not bracket.last_rung:
            who = "a free place" if before is None else f"the place of trial {before}"
            what = f"takes {who} in" if won else f"is worse than trial {before} of"
            self._move(arm, Transition.CUT, f"ends at its rung, and {what} the population at epoch {arm.stop}")
            self._settle(bracket, bracket.arrive(arm, arm.score))
        else:
            super()._arrived(arm)

    def _bar(self, arm: Arm) -> float | None:
        at_place = self._populations[arm.stop].bar(self._places[arm.id])
        bracket = self._by_index[arm.bracket]
        if at_place is None or (isinstance(bracket, FreshBracket) and not bracket.last_rung):
            return at_place
        among_the_best = super()._bar(arm)
        return None if among_the_best is None else min(at_place, among_the_best)
