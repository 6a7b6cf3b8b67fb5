"""The leash: some trainings are completed, whatever is forecast."""

from __future__ import annotations

__all__ = ["Leash"]

_TRAININGS = 2.0  # for so many trainings' worth of epochs, one training is completed
_EVERY = 3  # every third training completed by the leash is a fresh configuration


class Leash:
    """Says when a training must be completed next, and whether it is to be a fresh configuration.

    Complete trainings teach how curves end, and show the best end so far. Without them, forecasts may be wrong for the
    whole budget, and nothing would show it.

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
