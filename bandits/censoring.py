"""Which curves a forecast has censored: they ended, or went on, because of it, so they do not represent all curves."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["Censoring"]


class Censoring:
    """Which curves of one run forecasts have censored, for each horizon. Trials are given by id.

    Example:
        >>> censoring = Censoring()
        >>> censoring.censor(2, horizon=9, reached=[0, 1])
        >>> [censoring.is_uncensored(trial_id, 9) for trial_id in (1, 2, 3)]
        [True, False, True]
        >>> [censoring.is_audit(trial_id, 9) for trial_id in (1, 2, 3)]
        [False, False, True]
    """

    __slots__ = ("_before", "_censored")

    def __init__(self) -> None:
        self._censored: dict[int, set[int]] = {}  # by horizon
        self._before: dict[int, frozenset[int]] = {}  # horizon -> trials that had reached it at the first censoring

    def censor(self, trial_id: int, *, horizon: int, reached: Iterable[int]) -> None:
        """Note that a forecast decided whether a trial goes on towards a horizon.

        Args:
            trial_id: whose curve is censored.
            horizon: the epoch that was forecast.
            reached: the trials that have reached the horizon so far; used when the horizon's first curve is censored.
        """
        if horizon not in self._before:
            self._before[horizon] = frozenset(reached)
        self._censored.setdefault(horizon, set()).add(trial_id)

    def is_uncensored(self, trial_id: int, horizon: int) -> bool:
        """Whether no forecast has decided if a trial goes on towards a horizon."""
        return trial_id not in self._censored.get(horizon, ())

    def is_audit(self, trial_id: int, horizon: int) -> bool:
        """Whether a trial is uncensored, and had not reached the horizon when the first curve was censored there."""
        before = self._before.get(horizon)
        return before is not None and trial_id not in before and self.is_uncensored(trial_id, horizon)
