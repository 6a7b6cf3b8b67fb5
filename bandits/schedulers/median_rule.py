"""The median stopping rule: random search that cuts arms which do worse than half of those before them."""

from __future__ import annotations

import math
from bisect import insort
from typing import Any

from bandits.causes import Cause
from bandits.errors.checks import check_whole
from bandits.schedulers.base import Arm, Failed, Measured
from bandits.schedulers.lifecycle import State, Transition
from bandits.schedulers.random_search import RandomSearch
from bandits.verdicts import Drop, Stopper, Verdict

__all__ = ["MedianRule"]


class MedianRule(RandomSearch):
    """Random search with the median stopping rule.

    After an epoch t an arm is cut if its best score so far is strictly below the median, over the arms that were
    completed or cut and had reached t, of their mean score in epochs 1 to t. Its state is CUT, and the verdict a `Drop`
    without a forecast. With a stopper, a forecast may drop arms as well, after the first `burn_in` arms. An arm that a
    forecast dropped counts for all medians: with its means up to its last epoch, and below all others after it.

    Args:
        trials: how many configurations, >= 1.
        max_epochs: T, epochs of a full training, >= 1.
        stopper: drops arms by forecasts; None for the median rule alone.
        burn_in: how many arms start before the first one that a forecast may drop, >= 1; None for 20, or what the
            stopper's rule asks for.
        warm_up: how many epochs an arm trains before its first test, >= 0; it is tested after the next one.
        min_arms: how many arms must have ended at or after an epoch before one may be cut there, >= 1.
        interval: epochs from one test of an arm to the next, >= 1.

    Raises:
        SettingError: an argument breaks its rule.

    Source: Golovin et al., "Google Vizier: a service for black-box optimization" (KDD 2017), section 3.2.2, which
    leaves open whether arms that were cut count.

    Example:
        >>> from bandits.testing import play
        >>> search = MedianRule(trials=3, max_epochs=5, min_arms=2)
        >>> jobs = play(search, lambda trial, epoch: (0.5, 0.7, 0.4)[trial])
        >>> search.arms[2].state.value, search.arms[2].epochs
        ('cut', 1)
    """

    name = "median"

    def __init__(
        self,
        trials: int,
        max_epochs: int,
        stopper: Stopper | None = None,
        burn_in: int | None = None,
        warm_up: int = 0,
        min_arms: int = 5,
        interval: int = 1,
    ) -> None:
        super().__init__(trials, max_epochs, stopper=stopper, burn_in=burn_in)
        self.warm_up = check_whole("warm_up", warm_up, 0)
        self.min_arms = check_whole("min_arms", min_arms, 1)
        self.interval = check_whole("interval", interval, 1)
        self.brackets[0].name = "median rule"
        self._running: dict[int, _Progress] = {}
        self._means: list[list[float]] = [[] for _ in range(self.max_epochs)]  # at t - 1: of epochs 1 to t, ascending

    def settings(self) -> dict[str, Any]:
        return {
            "trials": self.trials,
            "max_epochs": self.max_epochs,
            "burn_in": self.burn_in,
            "warm_up": self.warm_up,
            "min_arms": self.min_arms,
            "interval": self.interval,
        }

    def tell(self, event: Measured | Failed) -> Verdict:
        verdict = super().tell(event)
        arm = self.arms[event.trial.id]
        if isinstance(event, Measured):
            progress = self._running.setdefault(arm.id, _Progress())
            progress.add(event.score)
            if arm.state is State.RUNNING and self._falls_behind(arm.epochs, progress.best):
                others = len(self._means[arm.epochs - 1])
                verdict = Drop(
                    f"its best up to epoch {arm.epochs} is worse than the median of the means of {others} arms",
                    cause=Cause.BELOW_MEDIAN,
                )
                self._move(arm, Transition.CUT, verdict.reason)
                self._rung(arm).dropped += 1
                self._left(arm)
        if arm.state.final:
            self._ended(arm)
        return verdict

    def _falls_behind(self, epoch: int, best: float) -> bool:
        """Is the arm tested at this epoch, and its best score below the median?"""
        means, since = self._means[epoch - 1], epoch - self.warm_up - 1
        if since < 0 or since % self.interval or len(means) < self.min_arms:
            return False
        return best < means[(len(means) - 1) // 2] / 2 + means[len(means) // 2] / 2

    def _ended(self, arm: Arm) -> None:
        """Let an arm count for the medians from now on, unless it failed."""
        progress = self._running.pop(arm.id, None)
        if progress is None or arm.state is State.FAILED:
            return
        for means, mean in zip(self._means, progress.means, strict=False):
            insort(means, mean)
        if arm.state is State.DROPPED:
            for means in self._means[arm.epochs :]:
                means.insert(0, -math.inf)


class _Progress:
    """The best score of one arm, and its mean score up to each epoch."""

    __slots__ = ("best", "means")

    def __init__(self) -> None:
        self.best = -math.inf
        self.means: list[float] = []

    def add(self, score: float) -> None:
        """Append one epoch."""
        self.best = max(self.best, score)
        # Step by step, so that the mean of equal scores is that score exactly: a sum is rounded, and would break a tie.
        mean = self.means[-1] if self.means else score
        self.means.append(mean + (score - mean) / (len(self.means) + 1))
