"""The states of an arm, and the one table of their transitions.

Everything that changes an arm's state goes through `next_state`. An event that the table does not allow
raises and changes nothing.

    QUEUED --start--> RUNNING --pause--> PAUSED --promote--> QUEUED --cut--> CUT, where a budget ends
                         |                  |
                         |                  +--cut--> CUT
                         +--complete--> COMPLETED
                         +--drop--> DROPPED    a forecast says that it cannot win
                         +--cut--> CUT         halving, or the median rule: others are better
                         +--fail--> FAILED
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from bandits.errors import ProtocolError

__all__ = ["TRANSITIONS", "State", "Transition", "next_state"]


class State(enum.Enum):
    """The state of an arm."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    DROPPED = "dropped"
    CUT = "cut"
    FAILED = "failed"

    __hash__ = object.__hash__  # Enum's own is a call in Python, which the tables would make several times an epoch

    @property
    def final(self) -> bool:
        """True if nothing can happen to the arm any more."""
        return not TRANSITIONS[self]


class Transition(enum.Enum):
    """A change of an arm's state."""

    START = "start"
    PAUSE = "pause"
    PROMOTE = "promote"
    COMPLETE = "complete"
    DROP = "drop"
    CUT = "cut"
    FAIL = "fail"

    __hash__ = object.__hash__  # as above


TRANSITIONS: Mapping[State, Mapping[Transition, State]] = {
    State.QUEUED: {Transition.START: State.RUNNING, Transition.CUT: State.CUT},
    State.RUNNING: {
        Transition.PAUSE: State.PAUSED,
        Transition.COMPLETE: State.COMPLETED,
        Transition.DROP: State.DROPPED,
        Transition.CUT: State.CUT,
        Transition.FAIL: State.FAILED,
    },
    State.PAUSED: {Transition.PROMOTE: State.QUEUED, Transition.CUT: State.CUT},
    State.COMPLETED: {},
    State.DROPPED: {},
    State.CUT: {},
    State.FAILED: {},
}


def next_state(state: State, transition: Transition) -> State:
    """The state after a transition.

    Raises:
        ProtocolError: the table does not allow it.
    """
    try:
        return TRANSITIONS[state][transition]
    except KeyError:
        raise ProtocolError(f"an arm that is {state.value} cannot {transition.value}") from None
