"""Small decision processes whose best walk is known, and how tests drive a sampler on them."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from bandits.architectures import Grammar, Layer
from bandits.curves import Trial
from bandits.samplers.base import Outcome
from bandits.samplers.epsilon_schedule import EpsilonSchedule, Stage
from bandits.samplers.q_learning import QLearning

ONE_BY_ONE = EpsilonSchedule((Stage(1.0, 1),) * 12)  # a stage for every net, so that reports are of single nets


@dataclass(frozen=True)
class Prefix:
    """The letters so far; an agent sees all of them."""

    text: str
    length: int

    @property
    def final(self) -> bool:
        return len(self.text) == self.length

    @property
    def key(self) -> Hashable:
        return self.text


class Words:
    """Words of one length, a letter at a time."""

    def __init__(self, letters: str, length: int) -> None:
        self.letters = letters
        self.length = length

    def start(self) -> Prefix:
        return Prefix("", self.length)

    def actions(self, state: Prefix) -> Sequence[str]:
        return () if state.final else tuple(self.letters)

    def step(self, state: Prefix, action: str) -> Prefix:
        return Prefix(state.text + action, self.length)

    def net_of(self, actions: Sequence[str]) -> str:
        return "".join(actions)

    def words(self) -> list[str]:
        return ["".join(letters) for letters in product(self.letters, repeat=self.length)]


@dataclass(frozen=True)
class WholeState:
    """A state of another process, of which an agent sees all steps that led to it."""

    inner: Any
    steps: tuple[str, ...]

    @property
    def final(self) -> bool:
        return bool(self.inner.final)

    @property
    def key(self) -> Hashable:
        return self.steps


class WholeNets:
    """The nets of a grammar, whose states hide nothing from the agent."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.net_of = grammar.net_of

    def start(self) -> WholeState:
        return WholeState(self.grammar.start(), ())

    def actions(self, state: WholeState) -> Sequence[Layer]:
        return self.grammar.actions(state.inner)

    def step(self, state: WholeState, action: Layer) -> WholeState:
        return WholeState(self.grammar.step(state.inner, action), (*state.steps, str(action)))


def tell(sampler: QLearning, trial_id: int, *scores: float, how: Any = "completed", forecast: Any = None) -> None:
    """Tell a sampler what came of a trial."""
    sampler.learn(Outcome(Trial(trial_id), scores, how, forecast))


def search(sampler: QLearning, trials: int, worth: Callable[[str], float]) -> list[str]:
    """One trial after the other, each worth what its net is; the nets in their order."""
    nets = []
    for trial_id in range(trials):
        nets.append(str(sampler.propose(trial_id)["net"]))
        tell(sampler, trial_id, worth(nets[-1]))
    return nets
