"""The leash: some trainings are completed, whatever is forecast."""

from __future__ import annotations

__all__ = ["Leash"]

_PROMISING = 3.0  # for so many trainings' worth of epochs, one training is completed
_CHANCE = 5.0  # for so many, a configuration by chance is trained in full; the first one after one training's worth


class Leash:
    """Says when a training must be completed next: that of the most promising arm, or one by chance.

    Complete trainings teach how curves end, and show the best end so far. Some are chosen by
    chance, however many are complete: where all arms so far stay on the ground, forecasts would choose more of these.

    Args:
        max_epochs: R, epochs of a training.
    """

    def __init__(self, max_epochs: int) -> None:
        self._max_epochs = max_epochs
        self._by_chance = 0

    def promising_is_due(self, spent: int, completed: int) -> bool:
        """Whether too few trainings are complete, or on their way, for the epochs spent."""
        return spent >= _PROMISING * self._max_epochs * (completed + 1)

    def chance_is_due(self, spent: int) -> bool:
        """Whether a configuration by chance must be trained in full."""
        return spent >= self._max_epochs * (1.0 + _CHANCE * self._by_chance)

    def began_by_chance(self) -> None:
        """A configuration by chance is on its way to the end."""
        self._by_chance += 1
