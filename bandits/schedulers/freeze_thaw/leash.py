"""The leash: some trainings are completed, whatever is forecast."""

from __future__ import annotations

__all__ = ["Leash"]

_PROMISING = 3.0  # for so many trainings' worth of epochs, one training is completed
_CHANCE_FROM = 10.0  # trainings' worth of budget
_CHANCE, _CHANCE_ON_THE_GROUND = 15.0, 5.0  # for so many, a configuration by chance is trained in full


class Leash:
    """Says when a training must be completed next: that of the most promising arm, or one by chance.

    Complete trainings teach how curves end, and show the best end so far. Some are chosen by chance, however many are
    complete: where all arms so far stay on the ground, forecasts would choose more of these.

    Args:
        max_epochs: R, epochs of a training.
        budget: epochs in all. With fewer than ten trainings' worth, none is chosen by chance.
    """

    def __init__(self, max_epochs: int, budget: int) -> None:
        self._max_epochs = max_epochs
        self._chance_pays = budget >= _CHANCE_FROM * max_epochs
        self._last_by_chance: int | None = None

    def promising_is_due(self, spent: int, completed: int) -> bool:
        """Whether too few trainings are complete, or on their way, for the epochs spent."""
        return spent >= _PROMISING * self._max_epochs * (completed + 1)

    def chance_is_due(self, spent: int, *, on_the_ground: bool) -> bool:
        """Whether a configuration by chance must be trained in full; the first one after one training's worth.

        Args:
            spent: epochs so far.
            on_the_ground: whether no training so far has ended better than most arms begin.
        """
        if not self._chance_pays:
            return False
        if self._last_by_chance is None:
            return spent >= self._max_epochs
        every = _CHANCE_ON_THE_GROUND if on_the_ground else _CHANCE
        return spent >= self._last_by_chance + every * self._max_epochs

    def began_by_chance(self, spent: int) -> None:
        """A configuration by chance is on its way to the end."""
        self._last_by_chance = spent
