"""Nets chosen layer by layer, ever more by what earlier nets were worth: the Q-learning of MetaQNN."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from bandits.errors import ProtocolError, SettingError
from bandits.errors.checks import check_instance, check_number, check_whole
from bandits.rng import rng_for
from bandits.samplers.base import Outcome, Sampler
from bandits.samplers.epsilon_schedule import EpsilonSchedule
from bandits.samplers.q_table import DecisionProcess, QTable, Slots, Step

__all__ = ["QLearning", "StageReport"]

_MOST_REDRAWS = 50  # of nets that have been tried, before an untried one is looked for
_CONFIG: Mapping[str, object] = MappingProxyType({"lr": 1e-3})


@dataclass(frozen=True, slots=True)
class StageReport:
    """What one stage of the schedule gave; rewards are scores, larger is better, and None where there is none.

    Args:
        epsilon: the share of random choices.
        planned: how many nets the schedule has for it.
        nets: how many were proposed.
        mean_reward: over the nets whose outcome is known.
        completed: how many of those trained in full.
        mean_completed: the mean reward of these alone: their best score, nothing forecast.
        best: the largest reward of these.
        dropped, cut, failed: how many a forecast dropped, were cut by score, or failed.
        redraws: how often a net came up that had been proposed before, and another was drawn.
    """

    epsilon: float
    planned: int
    nets: int
    mean_reward: float | None
    completed: int
    mean_completed: float | None
    best: float | None
    dropped: int
    cut: int
    failed: int
    redraws: int


@dataclass(slots=True)
class _Net:
    """A net that was proposed: the walk to it, and what came of it."""

    net: str
    steps: list[Step]
    stage: int
    how: str = ""  # empty until it is known
    reward: float | None = None  # None where it failed, too


class QLearning(Sampler):
    """Proposes nets by epsilon-greedy walks, and learns from their rewards what each choice is worth.

    A net's reward is its best score; the forecast of its last score, if a forecast dropped it; the worst reward so far,
    if it failed. docs/samplers.md tells what happens to repeated nets, failures and small spaces.

    Args:
        process: the nets, as walks of choices; a `Grammar` is one.
        epsilon: stages of exploration, counted in different nets; the paper's 2,700 nets by default.
        learning_rate: alpha of the updates, in (0, 1].
        discount: gamma of the updates, in (0, 1].
        initial_value: Q0, the value of a choice that was never made, in score units. The default suits scores in [0,
            1], such as accuracies; a lower value makes untried choices look bad, a higher one good.
        replay: how many walks are replayed after an outcome, >= 0.
        config: the other hyperparameters, the same for all nets.
        seed: seed of all random choices, >= 0.

    Raises:
        SettingError: an argument breaks its rule.

    Source: Baker et al. (ICLR 2017), section 4; rewards of dropped nets: Baker et al. (2017), section 5. The number of
    replayed walks is that of their program.

    Example:
        >>> from bandits.architectures import Grammar
        >>> sampler = QLearning(Grammar.for_images(8, 1, 10), epsilon=EpsilonSchedule.scaled(100), seed=0)
        >>> config = sampler.propose(0)
        >>> sorted(config), config["lr"]
        (['lr', 'net'], 0.001)
    """

    def __init__(
        self,
        process: DecisionProcess,
        *,
        epsilon: EpsilonSchedule | None = None,
        learning_rate: float = 0.01,
        discount: float = 1.0,
        initial_value: float = 0.5,
        replay: int = 128,
        config: Mapping[str, object] = _CONFIG,
        seed: int = 0,
    ) -> None:
        check_instance("epsilon", epsilon, EpsilonSchedule, "must be an EpsilonSchedule", or_none=True)
        learning_rate = check_number("learning_rate", learning_rate, above=0, most=1)
        discount = check_number("discount", discount, above=0, most=1)
        initial_value = check_number("initial_value", initial_value)
        check_instance("config", config, Mapping, "must map parameter names to values")
        if "net" in config:
            raise SettingError.broken("`config`", "must leave `net` to the sampler", config["net"])
        self.process = check_instance(
            "process", process, DecisionProcess, "must be a Grammar, or another DecisionProcess"
        )
        self.epsilon = EpsilonSchedule.paper() if epsilon is None else epsilon
        self.replay = check_whole("replay", replay, 0)
        self.config = dict(config)
        self.seed = check_whole("seed", seed, 0)
        self.table = QTable(learning_rate, discount, initial_value)
        self._trials: dict[int, _Net] = {}
        self._nets: dict[str, _Net] = {}  # the first trial of each
        self._memory: list[_Net] = []  # a net as often as it was drawn
        self._rounds = 0
        self._worst = math.inf
        self._exhausted = False
        self._redraws = [0] * len(self.epsilon.stages)

    def settings(self) -> dict[str, Any]:
        """The arguments that build this sampler, but for the nets, which are the objective's."""
        return {
            "sampler": "q-learning",
            "epsilon": str(self.epsilon),
            "learning_rate": self.table.learning_rate,
            "discount": self.table.discount,
            "initial_value": self.table.initial_value,
            "replay": self.replay,
            "config": self.config,
            "seed": self.seed,
        }

    def propose(self, trial_id: int) -> Mapping[str, object]:
        """The net of a trial, and the other hyperparameters; ids are asked for in their order, each once.

        Raises:
            ProtocolError: the id has been asked for before.
        """
        if check_whole("trial_id", trial_id, 0) in self._trials:
            raise ProtocolError(f"trial {trial_id} has its net already")
        stage = self.epsilon.stage_of(len(self._trials))
        rng = rng_for(self.seed, "q-learning", trial_id)
        net = self._trials[trial_id] = self._draw(stage, rng)
        self._nets.setdefault(net.net, net)
        return {"net": net.net, **self.config}

    def learn(self, outcome: Outcome) -> None:
        """Remember the reward of a net, and replay.

        Raises:
            ProtocolError: the trial is none of this sampler's, or its outcome is known.
        """
        net = self._trials.get(outcome.trial.id)
        if net is None or net.how:
            what = "has its outcome already" if net else "was not proposed by this sampler"
            raise ProtocolError(f"trial {outcome.trial.id} {what}")
        net.how = outcome.how
        net.reward = _reward(outcome)
        if net.reward is not None:
            self._worst = min(self._worst, net.reward)
        self._remember(net)

    def greedy_walk(self) -> str:
        """The net that the values lead to when nothing is left to chance but ties."""
        rng = rng_for(self.seed, "greedy walk", self._rounds)
        return self._walk(0.0, rng)[0]

    def stages(self) -> tuple[StageReport, ...]:
        """What every stage gave so far."""
        return tuple(self._report(number) for number in range(len(self.epsilon.stages)))

    # Drawing

    def _draw(self, stage: int, rng: np.random.Generator) -> _Net:
        """A net that was not proposed before, if there is one."""
        epsilon = self.epsilon.stages[stage].epsilon
        for _ in range(_MOST_REDRAWS):
            net, steps = self._walk(epsilon, rng)
            known = self._nets.get(net)
            if known is None or self._exhausted:
                return _Net(net, steps, stage)
            self._redraws[stage] += 1
            if known.how:
                self._remember(known)
        untried = self._untried(rng)
        self._exhausted = untried is None
        net, steps = self._walk(epsilon, rng) if untried is None else untried
        return _Net(net, steps, stage)

    def _walk(self, epsilon: float, rng: np.random.Generator) -> tuple[str, list[Step]]:
        """A net, and the steps to it."""
        process, table = self.process, self.table
        state, taken, steps = process.start(), list[Any](), list[Step]()
        actions, slots = self._choices(state)
        while actions:
            explore = epsilon > 0 and float(rng.random()) < epsilon
            chosen = int(rng.integers(len(actions))) if explore else table.greedy(slots, rng)
            taken.append(actions[chosen])
            state = process.step(state, actions[chosen])
            slot = slots[chosen]
            actions, slots = self._choices(state)
            steps.append((slot, slots))
        return process.net_of(taken), steps

    def _untried(self, rng: np.random.Generator) -> tuple[str, list[Step]] | None:
        """A net that was not proposed before, by a random walk that turns back from dead ends; None without one."""
        state = self.process.start()
        taken, steps = list[Any](), list[Step]()
        open_choices = [(state, self._shuffled(state, rng))]  # what is left to try at each depth
        while open_choices:
            state, choices = open_choices[-1]
            if not choices:
                open_choices.pop()
                if taken:
                    taken.pop()
                    steps.pop()
                continue
            action, slot = choices.pop()
            state = self.process.step(state, action)
            actions, slots = self._choices(state)
            if actions:
                taken.append(action)
                steps.append((slot, slots))
                open_choices.append((state, self._shuffled(state, rng)))
                continue
            net = self.process.net_of([*taken, action])
            if net not in self._nets:
                return net, [*steps, (slot, ())]
        return None

    def _choices(self, state: Any) -> tuple[Sequence[Any], Slots]:
        """The actions of a state and where their values are; none where a walk ends."""
        if state.final:
            return (), ()
        actions = self.process.actions(state)
        return actions, self.table.slots(state.key, actions)

    def _shuffled(self, state: Any, rng: np.random.Generator) -> list[tuple[Any, int]]:
        actions, slots = self._choices(state)
        return [(actions[i], slots[i]) for i in rng.permutation(len(actions)).tolist()]

    # Learning

    def _remember(self, net: _Net) -> None:
        """Add a net to the memory once more, and replay walks of it."""
        self._memory.append(net)
        if self._worst == math.inf:  # nothing but failures yet
            return
        self._rounds += 1
        rows = rng_for(self.seed, "replay", self._rounds).integers(len(self._memory), size=self.replay)
        for row in rows.tolist():
            replayed = self._memory[row]
            self.table.learn(replayed.steps, self._worst if replayed.reward is None else replayed.reward)

    def _report(self, number: int) -> StageReport:
        stage = self.epsilon.stages[number]
        nets = [net for net in self._trials.values() if net.stage == number]
        known = [self._worst if net.reward is None else net.reward for net in nets if net.how]
        completed = [net.reward for net in nets if net.how == "completed" and net.reward is not None]
        ends = Counter(net.how for net in nets)
        return StageReport(
            epsilon=stage.epsilon,
            planned=stage.nets,
            nets=len(nets),
            mean_reward=None if self._worst == math.inf else _mean(known),
            completed=len(completed),
            mean_completed=_mean(completed),
            best=max(completed, default=None),
            dropped=ends["dropped"],
            cut=ends["cut"],
            failed=ends["failed"],
            redraws=self._redraws[number],
        )


def _reward(outcome: Outcome) -> float | None:
    """What a net was worth; None where its training failed."""
    if outcome.how == "failed":
        return None
    if outcome.how == "dropped" and outcome.forecast is not None:
        return outcome.forecast
    return max(outcome.scores)


def _mean(numbers: Sequence[float]) -> float | None:
    return math.fsum(numbers) / len(numbers) if numbers else None
