"""A population of differential evolution: the arms that won at one rung, each in a place of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Parents", "Population"]


@dataclass(frozen=True, slots=True)
class Parents:
    """From which arms, by their ids, a sampler breeds a configuration.

    Args:
        target: the arm that it is crossed with, and whose place it can take; None for a random configuration.
        pool: those from which it mutates.
        reserve: further ones, for a pool of less than three.
    """

    target: int | None
    pool: tuple[int, ...]
    reserve: tuple[int, ...]


class Population:
    """Places for arms at one rung; an arm takes the place that it competes for unless its holder is better.

    Args:
        size: how many places, >= 1. All are free at first.
    """

    __slots__ = ("_holders", "_next")

    def __init__(self, size: int) -> None:
        self._holders: list[tuple[int, float] | None] = [None] * size  # trial id and score
        self._next = 0

    def next_place(self) -> int:
        """The place for which the next arm competes: one after the other, again and again."""
        place = self._next
        self._next = (place + 1) % len(self._holders)
        return place

    def holder(self, place: int) -> int | None:
        """The arm that holds a place; None if it is free."""
        held = self._holders[place]
        return None if held is None else held[0]

    def bar(self, place: int) -> float | None:
        """The largest score that does not win a place; None while it is free. A tie wins, as in the paper."""
        held = self._holders[place]
        return None if held is None else math.nextafter(held[1], -math.inf)

    def compete(self, place: int, trial_id: int, score: float) -> bool:
        """Let an arm take a place if it is free, or if the arm's score is not smaller than its holder's."""
        held = self._holders[place]
        won = held is None or score >= held[1]
        if won:
            self._holders[place] = (trial_id, score)
        return won

    def best(self, count: int | None = None) -> list[int]:
        """The best `count` arms, or all, best first; of equal ones, the smaller id first."""
        held = [holder for holder in self._holders if holder is not None]
        return [trial_id for trial_id, _ in sorted(held, key=lambda holder: (-holder[1], holder[0]))][:count]
