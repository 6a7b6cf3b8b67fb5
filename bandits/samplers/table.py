"""Rows of a table, one after the other, in a shuffled order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bandits.errors import SettingError
from bandits.errors.checks import check_instance, check_whole
from bandits.rng import rng_for
from bandits.samplers.base import Sampler

__all__ = ["TableSampler"]


class TableSampler(Sampler):
    """Draws rows without replacement: every row once in a random order, then every row again in another one.

    Args:
        rows: what is drawn; at least one.
        seed: seed of the orders, >= 0.

    Raises:
        SettingError: there is no row, or the seed is not an integer >= 0.

    Example:
        >>> sampler = TableSampler([{"lr": 0.1}, {"lr": 0.2}, {"lr": 0.3}], seed=0)
        >>> sorted(sampler.propose(trial_id)["lr"] for trial_id in range(3))
        [0.1, 0.2, 0.3]
    """

    def __init__(self, rows: Sequence[Mapping[str, object]], seed: int) -> None:
        check_instance("rows", rows, Sequence, "must be a sequence of configurations")
        if not rows or not all(isinstance(row, Mapping) for row in rows):
            raise SettingError.broken("`rows`", "must be one or more mappings of names to values", rows)
        self._rows = rows
        self._seed = check_whole("seed", seed, 0)
        self._orders: dict[int, list[int]] = {}
        self._left: list[int] = []  # rows of this round that `choose` has not taken, in the order of the round
        self._round = 0

    def settings(self) -> dict[str, Any]:
        """The seed; the rows are the objective's."""
        return {"seed": self._seed}

    def propose(self, trial_id: int) -> Mapping[str, object]:
        """The row of one trial; constant time, but for the first trial of each round."""
        turn, position = divmod(check_whole("trial_id", trial_id, 0), len(self._rows))
        return self._rows[self._order(turn)[position]]

    def _order(self, turn: int) -> list[int]:
        if turn not in self._orders:
            self._orders[turn] = rng_for(self._seed, "table", turn).permutation(len(self._rows)).tolist()
        return self._orders[turn]

    def choose(
        self, trial_id: int, most: int, prefer: Callable[[Sequence[Mapping[str, object]]], int]
    ) -> Mapping[str, object]:
        """See `Sampler.choose`: among the next row in order and others at random, of those not taken in this round."""
        if most == 1:
            return self.propose(trial_id)
        if not self._left:
            self._left = list(self._order(self._round))
            self._round += 1
        others = rng_for(self._seed, "proposals", trial_id).permutation(len(self._left) - 1)[: most - 1] + 1
        places = [0, *others.tolist()]
        place = places[prefer([self._rows[self._left[place]] for place in places])]
        return self._rows[self._left.pop(place)]
