"""The choice of who trains next: an arm that waits, or a fresh configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.causes import Cause
from bandits.curves import Trial
from bandits.schedulers.decisions import Decision
from bandits.schedulers.freeze_thaw.leash import Leash
from bandits.schedulers.freeze_thaw.open_arms import OpenArms
from bandits.schedulers.freeze_thaw.roster import Roster
from bandits.schedulers.freeze_thaw.stretches import Stretches
from bandits.schedulers.freeze_thaw.worth import Plan
from bandits.schedulers.ledger import Ledger

__all__ = ["BLIND", "Choice", "Chooser"]

BLIND = 6  # so many arms begin before any forecast is asked for
Ids = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Choice:
    """What is trained next.

    Args:
        trial_id: an arm that waits; None for a fresh one.
        stop: the epoch to which it trains.
        decision: why.
        plan: by which it is worth most; None where worth did not decide.
    """

    trial_id: int | None
    stop: int
    decision: Decision
    plan: Plan | None = None


class Chooser:
    """Chooses who trains next, within what is left of the budget.

    Half of the epochs that are chosen by worth go to the arm that is worth most if it trains to the end, half to that
    which is worth most if it may stop where it disappoints. The first plan begins few arms, which is right where
    beginnings say little; the second begins many, which is right where they say much.

    An arm that trains is not chosen; the epochs of its job are promised in the ledger. A stretch is begun only if
    the budget suffices to train the arm to its end. After the stretch, it must suffice for the most promising arm too.

    Args:
        stretches: where arms pause.
        ledger: the budget.
        forecasts: of the arms' ends.
        leash: says when a training must be completed.
    """

    def __init__(self, stretches: Stretches, ledger: Ledger, forecasts: OpenArms, leash: Leash) -> None:
        self._stretches, self._ledger, self._forecasts, self._leash = stretches, ledger, forecasts, leash
        self._last = stretches.epochs[-1]
        self._roster = Roster(self._last)
        self._spent_by = dict.fromkeys(Plan, 0)

    # What happens to arms

    def began(self, trial_id: int, epochs: int, choice: Choice) -> None:
        """An arm begins a stretch."""
        self._ledger.promise(trial_id, choice.stop - epochs)
        self._roster.began(trial_id, choice.stop)
        if choice.plan is not None:
            self._spent_by[choice.plan] += choice.stop - epochs
        if choice.decision.cause is Cause.LEASH_FRESH:
            self._leash.began_by_chance(self._ledger.spent)

    def paused(self, trial_id: int, epochs: int) -> None:
        """An arm has come to the end of its stretch."""
        self._roster.paused(trial_id, epochs)

    def completed(self, trial_id: int, score: float) -> None:
        """An arm is fully trained, with this score."""
        self._roster.completed(trial_id, score)

    def left(self, trial_id: int) -> None:
        """An arm has failed, or was dropped."""
        self._roster.left(trial_id)

    def open_ids(self) -> list[int]:
        """Arms that are not at their end, those that train included."""
        return [int(each) for each in self._roster.open_ids()]

    # The choice

    def choose(self, *, fresh_allowed: bool) -> Choice | None:
        """Who trains next; None where nothing more can be begun now.

        Args:
            fresh_allowed: whether there are configurations left to try.
        """
        left = self._ledger.left
        fresh_allowed = fresh_allowed and left >= self._last
        if fresh_allowed and self._roster.started < BLIND:
            return self._fresh(Cause.FIRST_ARMS, f"one of the first {BLIND} arms, about which nothing is known")
        waiting = self._roster.waiting()
        waiting = waiting[self._last - self._roster.epochs[waiting] <= left]
        if not len(waiting) and not fresh_allowed:
            return None
        return self._leashed(waiting, fresh_allowed) or self._worth_most(waiting, fresh_allowed, left)

    def _leashed(self, waiting: Ids, fresh_allowed: bool) -> Choice | None:
        """The training that is due to be completed, if any."""
        spent = self._ledger.spent
        on_the_ground = self._roster.best_end is None or self._roster.best_end <= self._forecasts.high_start
        if self._leash.chance_is_due(spent, on_the_ground=on_the_ground) and self._ledger.left >= 2 * self._last:
            if fresh_allowed:
                reason = "a fresh configuration is due to be trained in full"
                return self._fresh(Cause.LEASH_FRESH, reason, stop=self._last)
            by_chance = int(waiting[spent % len(waiting)])
            return self._thaw(by_chance, Cause.LEASH_FRESH, "an arm by chance is due to be trained in full", self._last)
        if not len(waiting) or not self._leash.promising_is_due(spent, self._roster.finishing):
            return None
        middles = self._forecasts.middles[waiting]
        best = int(waiting[np.argmax(middles)])
        reason = "a training is due to be completed, and this arm has the best forecast"
        return self._thaw(best, Cause.LEASH, reason, self._last)

    def _worth_most(self, waiting: Ids, fresh_allowed: bool, left: int) -> Choice | None:
        bar, plan = self._bar(), min(Plan, key=lambda each: self._spent_by[each])
        epochs = self._roster.epochs[waiting]
        values = self._worths(plan, waiting, bar)
        promising, spare = self._spare(left)
        stops = np.array([self._stretches.next_stop(int(epoch)) for epoch in epochs], dtype=np.intp)
        affordable = (stops - epochs <= spare) | (waiting == promising)
        values = np.where(affordable, values, -1.0)
        fresh = self._forecasts.fresh_worth(plan, bar)
        if fresh_allowed and self._stretches.next_stop(0) <= spare and (not len(values) or fresh >= values.max()):
            return self._fresh(
                Cause.WORTH_MOST, f"a fresh configuration is worth most, trained {plan.value}", fresh, plan
            )
        if not affordable.any():
            return None
        chosen = int(values.argmax())
        trial_id, stop, value = int(waiting[chosen]), int(stops[chosen]), float(values[chosen])
        if affordable.sum() == 1 and trial_id == promising and len(waiting) > 1:
            reason = "little budget is left, and this arm has the best forecast"
            return self._thaw(trial_id, Cause.FINISHING, reason, stop, value)
        return self._thaw(trial_id, Cause.WORTH_MOST, f"it is worth most, trained {plan.value}", stop, value, plan)

    def _worths(self, plan: Plan, ids: Ids, bar: float) -> NDArray[np.float64]:
        passed = np.searchsorted(self._stretches.epochs, self._roster.epochs[ids], side="right")
        return self._forecasts.worths(plan, ids, passed, bar)

    def _spare(self, left: int) -> tuple[int | None, int]:
        """The arm with the best expected end, if that beats the best end so far; and the budget that it leaves."""
        ids = self._roster.open_ids()
        needs = self._last - self._roster.stops[ids]
        ids, needs = ids[needs <= left], needs[needs <= left]
        middles = self._forecasts.middles_of(ids)
        if not len(ids) or np.isnan(middles).all():
            return None, left
        place = int(np.nanargmax(middles))
        if self._roster.best_end is not None and middles[place] <= self._roster.best_end:
            return None, left
        return int(ids[place]), left - int(needs[place])

    def _bar(self) -> float:
        best = self._roster.best_end
        return self._forecasts.usual_end() if best is None else best

    def _fresh(
        self, cause: Cause, reason: str, value: float | None = None, plan: Plan | None = None, stop: int | None = None
    ) -> Choice:
        stop = self._stretches.next_stop(0) if stop is None else stop
        return Choice(None, stop, Decision(reason, cause, bar=self._roster.best_end, value=value), plan)

    def _thaw(
        self, trial_id: int, cause: Cause, reason: str, stop: int, value: float | None = None, plan: Plan | None = None
    ) -> Choice:
        return Choice(trial_id, stop, self._decision(trial_id, cause, reason, value), plan)

    def _decision(self, trial_id: int, cause: Cause, reason: str, value: float | None = None) -> Decision:
        if value is None:
            value = float(self._worths(Plan.TO_THE_END, np.array([trial_id]), self._bar())[0])
        return Decision(reason, cause, self._forecasts.forecasts.get(trial_id), self._roster.best_end, value)

    def prefer(self, trials: Sequence[Trial], *, by_chance: bool) -> int:
        """Which of several proposals for the arm that has just begun is taken."""
        return self._forecasts.prefer(trials, self._bar(), by_chance=by_chance)

    def passed_over(self, trial_id: int) -> Decision:
        """Why an arm that still waits will not be trained on."""
        need = self._last - int(self._roster.epochs[trial_id])
        left = self._ledger.left
        reason = f"it needs {need} more epochs, and the budget has {left} left"
        return self._decision(trial_id, Cause.BUDGET_SPENT, reason)

    def best_arm(self) -> int | None:
        """The arm with the best expected end: its score if it is fully trained, else the median of its forecast.

        Once the budget suffices for no arm that waits, it is the best one that is fully trained, if there is one.
        """
        waiting = self._roster.waiting()
        best, end = self._roster.best, self._roster.best_end
        if end is not None:
            waiting = waiting[self._last - self._roster.epochs[waiting] <= self._ledger.left]
        if len(waiting):
            middles = self._forecasts.middles_of(waiting)
            if not np.isnan(middles).all():
                place = int(np.nanargmax(middles))
                if end is None or middles[place] > end:
                    return int(waiting[place])
        return best
