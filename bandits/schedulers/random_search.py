"""Random search: every configuration trains to the end, unless a forecast drops it."""

from __future__ import annotations

from typing import Any

from bandits.errors.checks import check_whole
from bandits.schedulers.base import Arm, BracketReport, Done, Job, RungReport, Scheduler, Wait
from bandits.schedulers.lifecycle import State, Transition
from bandits.schedulers.ranking import BestOf
from bandits.verdicts import Stopper

__all__ = ["BURN_IN", "RandomSearch"]

BURN_IN = 20  # curves of which the default predictor and rule make good use; with more of them, both know more


class RandomSearch(Scheduler):
    """Train `trials` configurations for `max_epochs` epochs each.

    With a stopper this is the early stopping of Baker et al. (2017, section 3.3): the first `burn_in` arms
    train in full and teach the predictor; from then on an arm is dropped when its forecast says that it
    will not beat the n-th best final score so far (n is the stopper's `keep`). Arms that a forecast did not drop are
    not added to the training set, because they were selected and would teach that all curves end well. Audited arms,
    which no forecast drops, are added.

    Args:
        trials: how many configurations, >= 1.
        max_epochs: T, epochs of a full training, >= 1.
        stopper: drops arms by forecasts; None trains everything in full.
        burn_in: how many arms train in full before the first one may be dropped, >= 1 (the paper's is 100); None for
            20, or what the stopper's rule asks for. A rule that needs more curves waits for them.

    Raises:
        SettingError: an argument breaks its rule.

    Example:
        >>> search = RandomSearch(trials=2, max_epochs=20)
        >>> search.ask()
        Job(trial_id=0, start=0, stop=20)
    """

    name = "random"
    trains_whole = True

    def __init__(
        self, trials: int, max_epochs: int, stopper: Stopper | None = None, burn_in: int | None = None
    ) -> None:
        super().__init__(max_epochs, stopper)
        self.trials = check_whole("trials", trials, 1)
        if burn_in is None:
            burn_in = (None if stopper is None else stopper.burn_in) or BURN_IN
        self.burn_in = check_whole("burn_in", burn_in, 1)
        self.training = self.history.part()
        self.brackets.append(BracketReport("random search", [RungReport(self.max_epochs)]))
        self._best = None if stopper is None else BestOf(stopper.keep)
        self._burning_in = min(self.trials, self.burn_in)

    def settings(self) -> dict[str, Any]:
        return {"trials": self.trials, "max_epochs": self.max_epochs, "burn_in": self.burn_in}

    @property
    def horizons(self) -> tuple[int, ...]:
        return (self.max_epochs,)

    @property
    def total_trials(self) -> int:
        return self.trials

    @property
    def planned_epochs(self) -> int:
        return self.trials * self.max_epochs

    def ask(self) -> Job | Wait | Done:
        trial_id = len(self.arms)
        if trial_id < self.trials:
            arm = Arm(trial_id, stop=self.max_epochs)
            self._enlist(arm)
            return self._start(arm)
        return Wait() if self.counts[State.RUNNING] else Done()

    def _arrived(self, arm: Arm) -> None:
        assert arm.score is not None  # noqa: S101 - it has just reported
        self._move(arm, Transition.COMPLETE, f"trained all {arm.stop} epochs")
        self.brackets[0].completed(arm)
        if self._best is not None:
            self._best.add(arm.id, arm.score)
            if self.training.is_uncensored(arm.id, arm.stop):
                self.training.adopt(arm.id)
            if arm.id < self.burn_in:
                self._burning_in -= 1

    def _left(self, arm: Arm) -> None:
        if arm.id < self.burn_in:  # it failed; burn-in arms are never dropped
            self._burning_in -= 1

    def _bar(self, arm: Arm) -> float | None:
        if self._best is None or self._burning_in > 0 or arm.id < self.burn_in:
            return None
        return self._best.bar_for(arm.id)
