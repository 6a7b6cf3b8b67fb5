"""The agent on rewards that are known: every layer is worth something, and a net is worth the sum.

The best net follows from the grammar by dynamic programming. MetaQNN's states show the last layer, the depth, the bin
of the representation's size and the number of FC alone, while the reward depends on the whole net: how much that costs
is seen beside an agent whose states show all layers so far.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import mean
from typing import Any

from bandits.architectures import Grammar, Layer, State, without_dropout
from bandits.curves import Trial
from bandits.rng import rng_for
from bandits.samplers.base import Outcome
from bandits.samplers.epsilon_schedule import EpsilonSchedule
from bandits.samplers.q_learning import QLearning

SPACES: dict[str, Grammar] = {
    "788 nets": Grammar(
        image_size=8, filters=(8, 16), kernels=(1, 3), pools=((2, 2),), fully_connected=(32, 16), max_depth=4
    ),
    "digits": Grammar.for_images(8, 1, 10),
    "32 x 32": Grammar(),
}


@dataclass(frozen=True)
class Whole:
    """A state of the grammar, of which the agent sees all layers so far."""

    inner: State
    key: tuple[str, ...]

    @property
    def final(self) -> bool:
        return self.inner.final


class WholeNets:
    """A grammar whose states hide nothing."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.net_of = grammar.net_of

    def start(self) -> Whole:
        return Whole(self.grammar.start(), ())

    def actions(self, state: Whole) -> Sequence[Layer]:
        return self.grammar.actions(state.inner)

    def step(self, state: Whole, action: Layer) -> Whole:
        return Whole(self.grammar.step(state.inner, action), (*state.key, str(action)))


def worths(grammar: Grammar, seed: int) -> dict[str, float]:
    """What each layer is worth, uniform in [0, 1], over the longest net's layers: a net is worth 1 at most."""
    most = grammar.max_depth + 1
    return {str(layer): float(rng_for(seed, "worth", str(layer)).random()) / most for layer in grammar.alphabet}


def best_worth(grammar: Grammar, worth: dict[str, float]) -> float:
    """The worth of the best net."""

    @cache
    def rest(state: State) -> float:
        if state.final:
            return 0.0
        return max(worth[str(layer)] + rest(grammar.step(state, layer)) for layer in grammar.actions(state))

    return rest(grammar.start())


def search(space: str, view: str, nets: int, learning_rate: float, seed: int) -> dict[str, float]:
    """One search; everything as a share of the best net's worth."""
    grammar = SPACES[space]
    worth = worths(grammar, seed)
    best = best_worth(grammar, worth)
    process: Any = WholeNets(grammar) if view == "whole net" else grammar
    sampler = QLearning(process, epsilon=EpsilonSchedule.scaled(nets), learning_rate=learning_rate, seed=seed)
    share: Callable[[str], float] = lambda net: sum(worth[str(layer)] for layer in without_dropout(net)) / best  # noqa: E731
    began, shares = time.process_time(), []
    for trial_id in range(nets):
        shares.append(share(str(sampler.propose(trial_id)["net"])))
        sampler.learn(Outcome(Trial(trial_id), (shares[-1] * best,), "completed"))
    seconds = time.process_time() - began
    first, last = sampler.stages()[0], sampler.stages()[-3:]
    drawn = rng_for(seed, "random search")
    return {
        "first stage": shares_of(first.mean_reward) / best,
        "last stages": mean(shares_of(stage.mean_reward) for stage in last) / best,
        "greedy net": share(sampler.greedy_walk()),
        "best net tried": max(shares),
        "best of as many at random": max(share(grammar.sample(drawn)) for _ in range(nets)),
        "seconds": seconds,
    }


def shares_of(mean_reward: float | None) -> float:
    """The number that a stage with nets has."""
    assert mean_reward is not None
    return mean_reward


def measure(cases: Sequence[tuple[str, str, int, float]], seeds: Sequence[int]) -> list[dict[str, Any]]:
    """All searches: a row for each case, with means over the seeds and how often the greedy net is the best one."""
    rows = []
    for space, view, nets, learning_rate in cases:
        runs = [search(space, view, nets, learning_rate, seed) for seed in seeds]
        means = {name: mean(run[name] for run in runs) for name in runs[0]}
        reached = sum(run["greedy net"] > 1 - 1e-9 for run in runs)
        rows.append({"space": space, "agent sees": view, "nets": nets, "learning_rate": learning_rate, **means})
        rows[-1] |= {"optimum reached": reached, "seeds": len(runs)}
        print(
            f"{space:9} {view:9} {nets:5} nets, alpha {learning_rate:5}: greedy {means['greedy net']:.3f}", flush=True
        )
    return rows
