"""Freeze-thaw: every arm can be trained a little further at any time, and forecasts decide which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from bandits.causes import Cause
from bandits.curves import Trial
from bandits.errors.checks import check_instance, check_number, check_whole
from bandits.schedulers.base import Arm, BracketReport, Done, Failed, Job, Measured, RungReport, Scheduler, Wait
from bandits.schedulers.budgets import Budget
from bandits.schedulers.freeze_thaw.choice import Choice, Chooser
from bandits.schedulers.freeze_thaw.leash import Leash
from bandits.schedulers.freeze_thaw.open_arms import OpenArms
from bandits.schedulers.freeze_thaw.predictor_role import CurvePredictor
from bandits.schedulers.freeze_thaw.stretches import Stretches
from bandits.schedulers.ledger import Ledger
from bandits.schedulers.lifecycle import State, Transition
from bandits.schedulers.ranking import BestOf
from bandits.verdicts import Stopper, Verdict

__all__ = ["FreezeThaw"]


class FreezeThaw(Scheduler):
    """Spend a budget on the arms that are worth most: each can be paused, and trained on, at any check epoch.

    Each decision takes the arm, or the new configuration, that is expected to improve most on the best end so far, per
    epoch. Some trainings are completed whatever is forecast. docs/freeze-thaw.md has the details.

    Args:
        max_epochs: R, the longest training of one arm, >= 1.
        budget: full trainings (20) or epochs ("1600epochs"), failed and repeated ones included; at least one training.
        trials: how many configurations may be tried at most, >= 1; as many as the budget has epochs by default.
        predictor: who forecasts the ends of arms; it should learn from arms that stopped anywhere. None continues the
            last value by what other arms gained.
        switch_cost: what it costs to save a model and load another, in epochs, >= 0. Pauses are at least this far
            apart, and the cost is added to the epochs that another arm still needs. It is not charged to the budget.
        proposals: among how many configurations a fresh one is chosen by its features, >= 1; a sampler that learns
            proposes one.
        seed: of the predictor's randomness, >= 0.
        stopper: an early stopper, which may drop arms for good; None for none.

    Raises:
        SettingError: an argument breaks its rule.

    Source: Swersky, Snoek & Adams, "Freeze-thaw Bayesian optimization" (2014), for the idea.

    Example:
        >>> from bandits.testing import play
        >>> freeze_thaw = FreezeThaw(max_epochs=9, budget=5)
        >>> jobs = play(freeze_thaw, lambda trial, epoch: trial % 5 + epoch / 10)
        >>> freeze_thaw.best_arm(), sum(job.stop - job.start for job in jobs) <= 45
        (4, True)
    """

    name = "freeze-thaw"

    def __init__(
        self,
        max_epochs: int,
        budget: Budget | float | str = 20,
        trials: int | None = None,
        predictor: CurvePredictor | None = None,
        switch_cost: float = 0.0,
        proposals: int = 32,
        seed: int = 0,
        stopper: Stopper | None = None,
    ) -> None:
        super().__init__(max_epochs, stopper)
        self.budget = Budget.of(budget)
        total = self.budget.at_least_one_training(self.max_epochs)
        self.trials = check_whole("trials", trials, 1, or_none=True)
        rule = "must be a Predictor such as CurveProcess()"
        self.predictor = check_instance("predictor", predictor, CurvePredictor, rule, or_none=True)
        self.switch_cost = check_number("switch_cost", switch_cost, least=0)
        self.proposals = check_whole("proposals", proposals, 1)
        self.seed = check_whole("seed", seed, 0)
        self._most = total if self.trials is None else min(self.trials, total)
        self._stretches = Stretches(self.max_epochs, max(1, int(np.ceil(self.switch_cost))))
        self._ledger = Ledger(total)
        self._open = OpenArms(self.predictor, self.history, self._stretches.epochs, self.seed, self.switch_cost)
        self._chooser = Chooser(self._stretches, self._ledger, self._open, Leash(self.max_epochs, total))
        self._by_chance = False
        self._trials: dict[int, Trial] = {}
        self._best_at_end = None if stopper is None else BestOf(stopper.keep)
        self.brackets.append(BracketReport("freeze-thaw", [RungReport(epoch) for epoch in self._stretches.epochs]))

    def settings(self) -> dict[str, Any]:
        """The arguments that build this scheduler, without its stopper; JSON values.

        A predictor is there by name and settings, from which `bandits.config.rebuild` makes it again.
        """
        predictor = self.predictor
        named = None if predictor is None else {"name": predictor.name, "settings": dict(predictor.settings())}
        return {
            "max_epochs": self.max_epochs,
            "budget": str(self.budget),
            "trials": self.trials,
            "predictor": named,
            "switch_cost": self.switch_cost,
            "proposals": self.proposals,
            "seed": self.seed,
        }

    def fresh(self, *, stopper: Stopper | None) -> Self:
        return type(self)(**{**self.settings(), "predictor": self.predictor}, stopper=stopper)

    @property
    def horizons(self) -> tuple[int, ...]:
        return self._stretches.epochs

    @property
    def compared_at(self) -> tuple[int, ...]:
        return (self.max_epochs,)

    @property
    def total_trials(self) -> int:
        """How many configurations a run tries at most."""
        return self._most

    @property
    def planned_epochs(self) -> None:
        return None

    def ask(self) -> Job | Wait | Done:
        chooser = self._chooser
        self._open.refresh(list(self._trials.values()), chooser.open_ids())
        choice = chooser.choose(fresh_allowed=len(self.arms) < self._most)
        if choice is not None:
            return self._begin(choice)
        if self.counts[State.RUNNING]:
            return Wait()
        self._close()
        return Done()

    def _begin(self, choice: Choice) -> Job:
        """Hand out the next stretch of an arm, or the first one of a fresh arm."""
        rung = self._stretches.index(choice.stop)
        if choice.trial_id is None:
            arm = Arm(len(self.arms), stop=choice.stop, rung=rung)
            self._enlist(arm)
        else:
            arm = self.arms[choice.trial_id]
            self._rung(arm).promoted += 1
            arm.rung, arm.stop = rung, choice.stop
            self._set_state(arm, Transition.PROMOTE)
        self._by_chance = choice.decision.cause in (Cause.FIRST_ARMS, Cause.LEASH_FRESH)
        self._chooser.began(arm.id, arm.epochs, choice)
        job = self._start(arm)
        return Job(job.trial_id, job.start, job.stop, choice.decision)

    def prefer(self, trials: Sequence[Trial]) -> int:
        return self._chooser.prefer(trials, by_chance=self._by_chance)

    def tell(self, event: Measured | Failed) -> Verdict:
        verdict = super().tell(event)
        arm = self.arms[event.trial.id]
        if isinstance(event, Measured):
            self._trials[arm.id] = event.trial
        self._ledger.pay(arm.id)  # also for an epoch in which it failed
        if arm.state is not State.RUNNING:
            self._ledger.release(arm.id)
            self._open.note(event.trial, arm.state is State.PAUSED)
        return verdict

    def trained_again(self, trial_id: int, epochs: int) -> None:  # noqa: ARG002 - whoever needed them
        self._ledger.pay_again(epochs)

    def _arrived(self, arm: Arm) -> None:
        assert arm.score is not None  # noqa: S101 - it has just reported
        if arm.epochs < self.max_epochs:
            self._chooser.paused(arm.id, arm.epochs)
            self._move(arm, Transition.PAUSE, f"waits at epoch {arm.epochs} until no other arm is worth more")
            return
        self._chooser.completed(arm.id, arm.score)
        self._move(arm, Transition.COMPLETE, f"trained all {arm.epochs} epochs")
        self.brackets[0].completed(arm)
        if self._best_at_end is not None:
            self._best_at_end.add(arm.id, arm.score)

    def _left(self, arm: Arm) -> None:
        self._chooser.left(arm.id)

    def _bar(self, arm: Arm) -> float | None:
        return None if self._best_at_end is None else self._best_at_end.bar_for(arm.id)

    def best_arm(self) -> int | None:
        return self._chooser.best_arm()

    def _close(self) -> None:
        """Nothing more can be begun: cut the arms that still wait, and say why each was not chosen."""
        for trial_id in self._chooser.open_ids():
            arm = self.arms[trial_id]
            if arm.state is State.PAUSED:
                decision = self._chooser.passed_over(trial_id)
                self._move(arm, Transition.CUT, decision.reason, decision)
