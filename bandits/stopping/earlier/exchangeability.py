"""Test whether new numbers have the distribution of reference numbers, by bets that may stop at any time."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable

__all__ = ["ExchangeabilityTest"]

_POWERS = (1 / 8, 1 / 4, 1 / 2)
_SIDES = ("below", "above", "either")


class ExchangeabilityTest:
    """Bets that new numbers lie lower, higher, or further out than those before them.

    Each new number's rank among the reference and the new ones so far, as a share p in (0, 1), pays k p^(k-1) to a
    bet on low numbers, k (1-p)^(k-1) to one on high numbers, and the mean of both to one on the ends, for
    k = 1/8, 1/4 and 1/2. Where reference and new numbers are exchangeable the ranks are independent and uniform, and
    no bet gains on average: a tie takes the middle of its ranks, and pays no more so because what is paid is convex
    in p. So the mean of the nine fortunes, each 1 at the start, ever reaches c with probability 1 / c at most
    (Ville's inequality), however few the reference numbers are.

    Args:
        reference: numbers of the reference distribution, in any order.

    Source: Vovk, Nouretdinov, Gammerman, "Testing exchangeability on-line" (ICML 2003), section 3 (conformal test
    martingales with power bets).

    Example:
        >>> test = ExchangeabilityTest(range(20))
        >>> for number in (30, 31, 32, 33, 34):
        ...     test.add(number)
        >>> test.wealth > 10, test.side
        (True, 'above')
    """

    __slots__ = ("_fortunes", "_sorted", "shares")

    def __init__(self, reference: Iterable[float]) -> None:
        self._sorted = sorted(reference)
        self._fortunes = {(side, power): 0.0 for side in _SIDES for power in _POWERS}  # logarithms
        self.shares: list[float] = []  # p of each new number

    def add(self, number: float) -> None:
        """Bet on one more number."""
        below = bisect_left(self._sorted, number)
        equal = bisect_right(self._sorted, number) - below
        share = (below + (equal + 1) / 2) / (len(self._sorted) + 1)
        for side, power in self._fortunes:
            low, high = power * share ** (power - 1), power * (1 - share) ** (power - 1)
            pay = {"below": low, "above": high, "either": (low + high) / 2}[side]
            self._fortunes[side, power] += math.log(pay)
        insort(self._sorted, number)
        self.shares.append(share)

    @property
    def wealth(self) -> float:
        """The mean of the fortunes; 1 before the first number."""
        largest = max(self._fortunes.values())
        mean = sum(math.exp(fortune - largest) for fortune in self._fortunes.values()) / len(self._fortunes)
        return math.exp(min(largest + math.log(mean), 700.0))

    @property
    def side(self) -> str:
        """Which bet has gained most: "below", "above" or "either"."""
        return max(self._fortunes, key=self._fortunes.__getitem__)[0]
