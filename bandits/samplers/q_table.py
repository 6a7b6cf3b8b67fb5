"""The values of choices in a decision process, learnt from walks through it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

__all__ = ["DecisionProcess", "DecisionState", "QTable", "Slots", "Step"]

Slots = tuple[int, ...]
"""Where the values of a state's actions are, in the order of the actions."""
Step = tuple[int, Slots]
"""The slot of the action that was taken, and the slots of the state that followed; () at the end."""


class DecisionState(Protocol):
    """Where a walk stands.

    Attributes:
        final: whether the walk ends here.
        key: what an agent sees of it. States with the same key are one to it, whatever else tells them apart.
    """

    @property
    def final(self) -> bool: ...

    @property
    def key(self) -> Hashable: ...


@runtime_checkable
class DecisionProcess(Protocol):
    """A net as a walk of choices: from `start`, an action of `actions` at a time, until a final state.

    States are `DecisionState`s, actions any hashable values. Every walk ends, and every state that is not final has an
    action.
    """

    def start(self) -> Any:
        """The state before the first choice."""

    def actions(self, state: Any) -> Sequence[Any]:
        """What may be chosen, in a fixed order."""

    def step(self, state: Any, action: Any) -> Any:
        """The state that follows."""

    def net_of(self, actions: Sequence[Any]) -> str:
        """The net that a whole walk describes."""


class QTable:
    """The values Q(s, u) of actions u in states s, by what an agent sees of the states.

    Walks are rewarded at their end alone, so that a value is the reward expected of the best way on (times the discount
    for every step until then).

    Args:
        learning_rate: alpha, how far an update moves a value, in (0, 1].
        discount: gamma, in (0, 1].
        initial_value: Q of an action that no walk has taken yet.

    Example:
        >>> table = QTable(learning_rate=0.5, discount=1.0, initial_value=0.5)
        >>> first, second = table.slots("start", ("left", "right")), table.slots("left", ("stop",))
        >>> table.learn([(first[0], second), (second[0], ())], reward=1.0)
        >>> table.value("left", "stop"), table.value("start", "left"), table.value("start", "right")
        (0.75, 0.625, 0.5)
    """

    def __init__(self, learning_rate: float, discount: float, initial_value: float) -> None:
        self.learning_rate = learning_rate
        self.discount = discount
        self.initial_value = initial_value
        self._values: list[float] = []
        self._slots: dict[tuple[Hashable, Hashable], int] = {}

    def slots(self, key: Hashable, actions: Iterable[Hashable]) -> Slots:
        """Where the values of a state's actions are. States with one key may differ in the actions that they allow."""
        return tuple(self._slot(key, action) for action in actions)

    def value(self, key: Hashable, action: Hashable) -> float:
        """Q of an action."""
        slot = self._slots.get((key, action))
        return self.initial_value if slot is None else self._values[slot]

    def greedy(self, slots: Slots, rng: np.random.Generator) -> int:
        """Which of a state's actions is worth most, an index into them; one of the best at random if there are more."""
        values = [self._values[slot] for slot in slots]
        largest = max(values)
        best = [i for i, value in enumerate(values) if value == largest]
        return best[0] if len(best) == 1 else best[int(rng.integers(len(best)))]

    def learn(self, steps: Sequence[Step], reward: float) -> None:
        """Update the values along a walk, its last step first, so that the reward passes through all of it at once.

        Q(s, u) <- (1 - alpha) Q(s, u) + alpha (r + gamma max Q(s', u')).
        """
        values, rate, discount = self._values, self.learning_rate, self.discount
        at = values.__getitem__
        for slot, following in reversed(steps):
            target = discount * max(map(at, following)) if following else reward
            values[slot] += rate * (target - values[slot])

    def _slot(self, key: Hashable, action: Hashable) -> int:
        slot = self._slots.setdefault((key, action), len(self._values))
        if slot == len(self._values):
            self._values.append(self.initial_value)
        return slot
