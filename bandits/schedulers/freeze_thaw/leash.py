"""The leash: so many trainings are completed, whatever is forecast."""

from __future__ import annotations

__all__ = ["Leash"]

_TRAININGS = 2.0  # worth of epochs for each training that is completed
_EVERY = 3  # of these, every third is not the most promising arm


class Leash:
    """Says when a training must be completed next, and whether it is to be a fresh configuration.

    Complete trainings teach the last steps, and say what the best end is. Without them forecasts may wander for the
    whole budget.

    Args:
        max_epochs: R, epochs of a training.
    """

    def __init__(self, max_epochs: int) -> None:
        self._max_epochs = max_epochs
        self._asked = 0

    def is_due(self, spent: int, completed: int) -> bool:
        """Whether too few trainings are complete, or on their way, for the epochs spent."""
        return spent >= _TRAININGS * self._max_epochs * (completed + 1)

    def wants_fresh(self) -> bool:
        """Whether the next one is a fresh configuration rather than the most promising arm."""
        return (self._asked + 1) % _EVERY == 0

    def served(self) -> None:
        """An arm is on its way to the end because of the leash."""
        self._asked += 1
