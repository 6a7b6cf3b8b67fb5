"""Rankings of arms that are cheap to update when arms come one at a time.

Larger scores are better. Equal scores are ordered by trial id, smaller first, so a ranking never depends on
the order of arrival. "Bar" means the largest score at which a further arm would still lose, ties included.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping
from fractions import Fraction

__all__ = ["BestOf", "TopFraction", "same_soft_ranking", "share_of"]


def _losing_score(holder: tuple[float, int], trial_id: int) -> float:
    """The largest score at which `trial_id` ranks behind the holder of a place.

    Args:
        holder: score and negated id of the arm that holds the place.
        trial_id: the newcomer. With an equal score, it loses to a smaller id only.
    """
    score, negated_id = holder
    return score if -negated_id < trial_id else math.nextafter(score, -math.inf)


class BestOf:
    """The `places` best arms seen so far; O(log places) per arm."""

    __slots__ = ("_heap", "places", "seen")

    def __init__(self, places: int) -> None:
        self.places = places
        self.seen = 0
        self._heap: list[tuple[float, int]] = []  # the worst of the best first

    def add(self, trial_id: int, score: float) -> None:
        """Add an arm."""
        self.seen += 1
        if len(self._heap) < self.places:
            heapq.heappush(self._heap, (score, -trial_id))
        else:
            heapq.heappushpop(self._heap, (score, -trial_id))

    def bar_for(self, trial_id: int) -> float | None:
        """The largest score at which `trial_id` would not be among the best; None while places are free."""
        return _losing_score(self._heap[0], trial_id) if len(self._heap) == self.places else None


class TopFraction:
    """The top floor(n / eta) of the n arms at a rung of ASHA, as n grows; O(log n) per arm.

    Two heaps: the top, its worst first, and the rest, its best first. An arm that enters the top can be
    promoted from then on, unless better arms have pushed it out again.
    """

    __slots__ = ("_best_first", "_eta", "_promoted", "_rest", "_top", "_top_ids", "least", "seen")

    def __init__(self, eta: int, least: int = 0) -> None:
        """
        Args:
            eta: 1 in eta is on top.
            least: how many are on top at the least (0 or 1).
        """
        self.seen = 0
        self.least = least
        self._eta = eta
        self._top: list[tuple[float, int]] = []
        self._rest: list[tuple[float, int]] = []
        self._top_ids: set[int] = set()
        self._promoted: set[int] = set()
        self._best_first: list[tuple[float, int]] = []  # arms that entered the top and may still be promoted

    def _places(self, seen: int) -> int:
        return max(self.least, seen // self._eta)

    def add(self, trial_id: int, score: float) -> bool:
        """Let one more arm compete; True if it is on top."""
        self.seen += 1
        entry = (score, -trial_id)
        if len(self._top) < self._places(self.seen):
            # One more place: it goes to the better of the newcomer and the best arm below the top.
            best = _flip(heapq.heappushpop(self._rest, _flip(entry)))
            heapq.heappush(self._top, best)
            self._offer(best)
        elif self._top and entry > self._top[0]:
            pushed_out = heapq.heapreplace(self._top, entry)
            self._top_ids.discard(-pushed_out[1])
            heapq.heappush(self._rest, _flip(pushed_out))
            self._offer(entry)
        else:
            heapq.heappush(self._rest, _flip(entry))
        return trial_id in self._top_ids

    def miss(self) -> None:
        """Count an arm that ended on its way as the worst of those that arrived: the top may grow without it."""
        self.seen += 1
        if self._rest and len(self._top) < self._places(self.seen):
            best = _flip(heapq.heappop(self._rest))
            heapq.heappush(self._top, best)
            self._offer(best)

    def _offer(self, entry: tuple[float, int]) -> None:
        self._top_ids.add(-entry[1])
        if -entry[1] not in self._promoted:
            heapq.heappush(self._best_first, _flip(entry))

    def promote(self) -> int | None:
        """Take the best arm on top that has not been promoted; None if there is none."""
        while self._best_first:
            trial_id = heapq.heappop(self._best_first)[1]
            if trial_id in self._top_ids and trial_id not in self._promoted:
                self._promoted.add(trial_id)
                return trial_id
        return None

    def bar_for(self, trial_id: int) -> float | None:
        """The largest score at which `trial_id`, arriving next, would not be on top; None if any score would do
        or none can tell yet."""
        places = self._places(self.seen + 1)
        if places == 0:
            return None
        if places == len(self._top):
            return _losing_score(self._top[0], trial_id)
        return _losing_score(_flip(self._rest[0]), trial_id) if self._rest else None


def _flip(entry: tuple[float, int]) -> tuple[float, int]:
    """Turn a worst-first entry (score, -id) into a best-first one (-score, id), or back."""
    return -entry[0], -entry[1]


def same_soft_ranking(earlier: Mapping[int, float], later: Mapping[int, float], tolerance: float) -> bool:
    """Whether the later ranking equals the earlier one, except for arms with close scores.

    It is if the arm in each place of the later ranking had an earlier score within `tolerance` of that of the arm which
    held the place then.

    Args:
        earlier: scores by trial id.
        later: scores of the same arms; equal ones keep their earlier order.
        tolerance: scores that differ by no more were close, >= 0.

    Source: Bohdal et al., "PASHA" (ICLR 2023), soft ranking.
    """
    before = sorted(earlier, key=lambda i: (-earlier[i], i))
    after = sorted(before, key=lambda i: -later[i])
    return all(abs(earlier[i] - earlier[j]) <= tolerance for i, j in zip(before, after, strict=True))


def share_of(count: int, share: float) -> int:
    """ceil(share * count), free of rounding errors such as 1/3 * 9 = 3.0000000000000004."""
    return math.ceil(Fraction(share).limit_denominator(10**6) * count)
