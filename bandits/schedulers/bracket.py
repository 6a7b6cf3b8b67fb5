"""One bracket of successive halving: `SuccessiveHalving` and `Hyperband` are made of such brackets.

A rung ends when every arm in it has finished, been dropped, or failed. Then the best floor(n_i / eta) of those
that finished are promoted, best first, and the others are cut. Arms that a forecast dropped are never promoted
over an arm that finished.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from bandits.schedulers.base import Arm
from bandits.schedulers.plan import BracketPlan
from bandits.schedulers.ranking import BestOf, share_of

__all__ = ["Bracket", "FreshBracket", "RungVerdict"]


@dataclass(frozen=True, slots=True)
class RungVerdict:
    """The decision at the end of a rung about the arms that finished it.

    Args:
        promoted: ids, best first.
        cut: ids, best first.
        finished: how many arms finished the rung.
        epochs: the epoch at which the rung ends.
    """

    promoted: list[int]
    cut: list[int]
    finished: int
    epochs: int


@dataclass(slots=True)
class Bracket:
    """The state of one bracket.

    Args:
        index: its number in the run.
        plan: its rungs.
        first_id: id of its first arm; the others follow.
        keep: how many of a rung's best arms the bar protects, even if fewer are promoted.
        kappa: the share of a rung's arms that must finish before a forecast may drop one; None asks for no more
            than the places of those that will be promoted.
    """

    index: int
    plan: BracketPlan
    first_id: int
    keep: int
    kappa: float | None
    rung: int = 0
    queue: deque[int] = field(default_factory=deque)
    running: int = 0
    finished: list[tuple[float, int]] = field(default_factory=list)  # (-score, id)
    best: BestOf = field(init=False)
    must_finish: int = field(init=False)

    def __post_init__(self) -> None:
        self.queue.extend(range(self.first_id, self.first_id + self.plan.arms))
        self._open_rung()

    @property
    def ids(self) -> int:
        """How many arms it trains in all; their ids follow `first_id`."""
        return self.plan.arms

    @property
    def last_rung(self) -> bool:
        """True while the bracket is at R."""
        return self.rung == self.plan.s

    @property
    def over(self) -> bool:
        """True when no arm runs or waits any more."""
        return not self.queue and not self.running

    def _open_rung(self) -> None:
        promoted = 0 if self.last_rung else self.plan.rungs[self.rung + 1].arms
        self.best = BestOf(max(promoted, self.keep))
        self.must_finish = 0 if self.kappa is None else share_of(len(self.queue), self.kappa)
        self.finished = []

    def next_arm(self) -> int | None:
        """Take the next arm to train in this rung; None if all of them run or have ended."""
        if not self.queue:
            return None
        self.running += 1
        return self.queue.popleft()

    def arrive(self, arm: Arm, score: float) -> RungVerdict | None:
        """An arm has finished the rung; a verdict if it was the last one."""
        self.finished.append((-score, arm.id))
        self.best.add(arm.id, score)
        return self.leave()

    def leave(self) -> RungVerdict | None:
        """A running arm has ended, however it did; a verdict if it was the last one of the rung."""
        self.running -= 1
        if not self.over or self.last_rung:
            return None
        ranked = [trial_id for _, trial_id in sorted(self.finished)]
        places = self.plan.rungs[self.rung + 1].arms
        verdict = RungVerdict(ranked[:places], ranked[places:], len(ranked), self.plan.rungs[self.rung].epochs)
        self.queue.extend(verdict.promoted)
        self.rung += 1
        self._open_rung()
        return verdict

    @property
    def may_drop(self) -> bool:
        """True once the share kappa of the rung has finished."""
        return len(self.finished) >= self.must_finish


class FreshBracket(Bracket):
    """A bracket that promotes no arm: every rung trains as many arms of its own, from their first epoch on."""

    @property
    def ids(self) -> int:
        return sum(rung.arms for rung in self.plan.rungs)

    def leave(self) -> None:
        """A running arm has ended; if it was the last one of its rung, the next rung begins."""
        self.running -= 1
        if self.over and not self.last_rung:
            first = self.first_id + sum(rung.arms for rung in self.plan.rungs[: self.rung + 1])
            self.rung += 1
            self.queue.extend(range(first, first + self.plan.rungs[self.rung].arms))
            self._open_rung()
