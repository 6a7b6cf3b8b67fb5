"""The states of an arm, and the one table of what can follow what.

Everything that changes an arm's state goes through `next_state`. An event that the table does not allow
raises and changes nothing.

    QUEUED --start--> RUNNING --pause--> PAUSED --promote--> QUEUED
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

__all__ = ["TRANSITIONS", "Happening", "State", "next_state"]


class State(enum.Enum):
    """Where an arm stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    DROPPED = "dropped"
    CUT = "cut"
    FAILED = "failed"

    @property
    def final(self) -> bool:
        """True if nothing can happen to the arm any more."""
        return not TRANSITIONS[self]


class Happening(enum.Enum):
    """What happens to an arm."""

    START = "start"
    PAUSE = "pause"
    PROMOTE = "promote"
    COMPLETE = "complete"
    DROP = "drop"
    CUT = "cut"
    FAIL = "fail"


TRANSITIONS: Mapping[State, Mapping[Happening, State]] = {
    State.QUEUED: {Happening.START: State.RUNNING},
    State.RUNNING: {
        Happening.PAUSE: State.PAUSED,
        Happening.COMPLETE: State.COMPLETED,
        Happening.DROP: State.DROPPED,
        Happening.CUT: State.CUT,
        Happening.FAIL: State.FAILED,
    },
    State.PAUSED: {Happening.PROMOTE: State.QUEUED, Happening.CUT: State.CUT},
    State.COMPLETED: {},
    State.DROPPED: {},
    State.CUT: {},
    State.FAILED: {},
}


def next_state(state: State, happening: Happening) -> State:
    """The state after a happening.

    Raises:
        ProtocolError: the table does not allow it.
    """
    try:
        return TRANSITIONS[state][happening]
    except KeyError:
        raise ProtocolError(f"an arm that is {state.value} cannot {happening.value}") from None
