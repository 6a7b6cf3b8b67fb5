"""The budget of a run whose scheduler has none: a job is begun only if what is left of the budget suffices for it."""

from __future__ import annotations

from bandits.schedulers.base import Done, Job, Scheduler, Wait
from bandits.schedulers.budgets import Budget
from bandits.schedulers.ledger import Ledger

__all__ = ["BudgetedJobs"]


class BudgetedJobs:
    """Hands on a scheduler's jobs as long as they can be finished within a budget.

    A job that does not fit waits until the running jobs are over, since these may leave enough for it. If they do
    not, the run ends.

    Args:
        budget: what may be spent.
        max_epochs: epochs of a full training.

    Raises:
        SettingError: the budget is less than one full training.
    """

    def __init__(self, budget: Budget, max_epochs: int) -> None:
        self._ledger = Ledger(budget.at_least_one_training(max_epochs))
        self._held: Job | None = None
        self._over = False

    def next_job(self, scheduler: Scheduler, busy: int) -> Job | Wait | Done:
        """The scheduler's next job, or the one that was held back, if the budget allows it.

        Args:
            scheduler: who is asked.
            busy: how many arms train.
        """
        if self._over:
            return Done()
        step = scheduler.ask() if self._held is None else self._held
        if not isinstance(step, Job):
            return step
        epochs = step.stop - step.start
        if epochs <= self._ledger.left:
            self._held = None
            self._ledger.promise(step.trial_id, epochs)
            return step
        self._held = step
        if busy:
            return Wait()
        self._over = True
        scheduler.end(f"the budget ends: {self._ledger.left} epochs are left", step)
        return Done()

    def pay_again(self, epochs: int) -> None:
        """Epochs were trained a second time."""
        self._ledger.pay_again(epochs)

    def pay(self, trial_id: int, *, over: bool) -> None:
        """An arm has used an epoch of its job; `over` says whether it stops training here."""
        self._ledger.pay(trial_id)
        if over:
            self._ledger.release(trial_id)
