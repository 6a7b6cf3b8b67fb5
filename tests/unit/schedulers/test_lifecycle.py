"""The table of an arm's states."""

import itertools

import pytest

from bandits.errors import ProtocolError
from bandits.schedulers.lifecycle import Happening, State, next_state

ALLOWED = {
    (State.QUEUED, Happening.START): State.RUNNING,
    (State.RUNNING, Happening.PAUSE): State.PAUSED,
    (State.RUNNING, Happening.COMPLETE): State.COMPLETED,
    (State.RUNNING, Happening.DROP): State.DROPPED,
    (State.RUNNING, Happening.CUT): State.CUT,
    (State.RUNNING, Happening.FAIL): State.FAILED,
    (State.PAUSED, Happening.PROMOTE): State.QUEUED,
    (State.PAUSED, Happening.CUT): State.CUT,
}
FORBIDDEN = [pair for pair in itertools.product(State, Happening) if pair not in ALLOWED]


@pytest.mark.parametrize(("state", "happening"), ALLOWED)
def test_what_can_happen(state: State, happening: Happening) -> None:
    """Eight things can happen, and lead where the table says."""
    assert ALLOWED[state, happening] is next_state(state, happening)


@pytest.mark.parametrize(("state", "happening"), FORBIDDEN)
def test_what_cannot_happen(state: State, happening: Happening) -> None:
    """Everything else raises, naming the state and what cannot happen in it."""
    with pytest.raises(ProtocolError, match=f"an arm that is {state.value} cannot {happening.value}"):
        next_state(state, happening)


def test_final_states() -> None:
    """Completed, dropped, cut and failed arms are done; the other three are not."""
    expected = {State.COMPLETED, State.DROPPED, State.CUT, State.FAILED}
    assert expected == {state for state in State if state.final}
