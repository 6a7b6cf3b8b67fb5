"""The table of an arm's states."""

import itertools

import pytest

from bandits.errors import ProtocolError
from bandits.schedulers.lifecycle import State, Transition, next_state

ALLOWED = {
    (State.QUEUED, Transition.START): State.RUNNING,
    (State.QUEUED, Transition.CUT): State.CUT,
    (State.RUNNING, Transition.PAUSE): State.PAUSED,
    (State.RUNNING, Transition.COMPLETE): State.COMPLETED,
    (State.RUNNING, Transition.DROP): State.DROPPED,
    (State.RUNNING, Transition.CUT): State.CUT,
    (State.RUNNING, Transition.FAIL): State.FAILED,
    (State.PAUSED, Transition.PROMOTE): State.QUEUED,
    (State.PAUSED, Transition.CUT): State.CUT,
}
FORBIDDEN = [pair for pair in itertools.product(State, Transition) if pair not in ALLOWED]


@pytest.mark.parametrize(("state", "transition"), ALLOWED)
def test_what_can_happen(state: State, transition: Transition) -> None:
    """Eight things can happen, and lead where the table says."""
    assert ALLOWED[state, transition] is next_state(state, transition)


@pytest.mark.parametrize(("state", "transition"), FORBIDDEN)
def test_what_cannot_happen(state: State, transition: Transition) -> None:
    """Everything else raises, naming the state and what cannot happen in it."""
    with pytest.raises(ProtocolError, match=f"an arm that is {state.value} cannot {transition.value}"):
        next_state(state, transition)


def test_final_states() -> None:
    """Completed, dropped, cut and failed arms are done; the other three are not."""
    expected = {State.COMPLETED, State.DROPPED, State.CUT, State.FAILED}
    assert expected == {state for state in State if state.final}
