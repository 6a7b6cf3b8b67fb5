"""ASHA: successive halving without waiting, in its two forms."""

from __future__ import annotations

from collections import deque
from typing import Any, Literal, get_args

from bandits.errors.checks import check_choice, check_whole
from bandits.schedulers.base import Arm, BracketReport, Done, Job, RungReport, Scheduler, Wait
from bandits.schedulers.lifecycle import State, Transition
from bandits.schedulers.plan import asynchronous_rungs, most_halvings
from bandits.schedulers.ranking import BestOf, TopFraction
from bandits.verdicts import Stopper

__all__ = ["ASHA"]

Form = Literal["promotion", "stopping"]


class ASHA(Scheduler):
    """Asynchronous successive halving: a free worker never waits for a rung to fill.

    In the promotion form an arm pauses at its rung. A free worker promotes the best arm, from the highest rung down,
    that is in the top floor(n / eta) of the n arms at its rung and has not been promoted; if there is none, it starts a
    new arm. In the stopping form no arm pauses: an arm that reaches a rung continues if it is in the top 1 / eta of
    those that have reached it so far (the first one always is), and ends otherwise.

    With a stopper, an arm's horizon is its next rung, and its bar the lowest score that would be in the top there now.
    A dropped arm counts as the worst one at the rung that it did not reach: otherwise a rung would see winners only.

    Args:
        max_epochs: R, the longest training of one arm, >= 1.
        eta: 1 in eta arms goes on at each rung, >= 2.
        trials: how many configurations start, >= 1; eta^floor(log_eta(R / min_epochs)) by default.
        min_epochs: epochs of the lowest rung, between 1 and max_epochs.
        form: "promotion" or "stopping".
        stopper: drops arms by forecasts; None for plain ASHA.

    Raises:
        SettingError: an argument breaks its rule.

    Source: Li et al., "A system for massively parallel hyperparameter tuning" (MLSys 2020), Algorithm 2; the
    stopping form is the usual one for trainings that cannot be paused.

    Example:
        >>> ASHA(max_epochs=81, trials=100).horizons
        (1, 3, 9, 27, 81)
    """

    name = "asha"

    def __init__(
        self,
        max_epochs: int,
        eta: int = 3,
        trials: int | None = None,
        min_epochs: int = 1,
        form: Form = "promotion",
        stopper: Stopper | None = None,
    ) -> None:
        super().__init__(max_epochs, stopper)
        self.eta = check_whole("eta", eta, 2)
        self.min_epochs = check_whole("min_epochs", min_epochs, 1, self.max_epochs)
        default = self.eta ** most_halvings(self.max_epochs // self.min_epochs, self.eta)
        self.trials = check_whole("trials", default if trials is None else trials, 1)
        self.form = check_choice("form", form, get_args(Form))
        self._rungs = asynchronous_rungs(self.min_epochs, self.max_epochs, self.eta)
        self._highest = len(self._rungs) - 1  # the last rung that an arm may be promoted to now
        self._tops = [TopFraction(self.eta, least=1 if form == "stopping" else 0) for _ in self._rungs[:-1]]
        self._going_on: deque[Arm] = deque()
        self._best_at_end = None if stopper is None else BestOf(stopper.keep)
        self.brackets.append(BracketReport(f"ASHA, {form}", [RungReport(epochs) for epochs in self._rungs]))

    def settings(self) -> dict[str, Any]:
        return {
            "max_epochs": self.max_epochs,
            "eta": self.eta,
            "trials": self.trials,
            "min_epochs": self.min_epochs,
            "form": self.form,
        }

    @property
    def horizons(self) -> tuple[int, ...]:
        return self._rungs

    @property
    def total_trials(self) -> int:
        return self.trials

    @property
    def planned_epochs(self) -> None:
        return None

    def ask(self) -> Job | Wait | Done:
        if self._going_on:
            return self._start(self._going_on.popleft())
        for rung in range(self._highest - 1, -1, -1):
            trial_id = self._tops[rung].promote() if self.form == "promotion" else None
            if trial_id is not None:
                arm = self.arms[trial_id]
                seen = self._tops[rung].seen
                reason = f"in the top {seen // self.eta} of {seen} at epoch {self._rungs[rung]}"
                self._promote(arm, self._rungs[rung + 1], reason)
                return self._start(arm)
        if len(self.arms) < self.trials:
            arm = Arm(len(self.arms), stop=self._rungs[0])
            self._enlist(arm)
            return self._start(arm)
        if self.counts[State.RUNNING]:
            return Wait()
        self._close()
        return Done()

    def _close(self) -> None:
        """No arm can be promoted any more: cut those that still wait."""
        if self.counts[State.PAUSED]:
            for arm in self.arms.values():
                if arm.state is State.PAUSED:
                    seen = self._tops[arm.rung].seen
                    reason = f"not in the top {seen // self.eta} of {seen} at epoch {arm.epochs} when the run ended"
                    self._move(arm, Transition.CUT, reason)

    def _arrived(self, arm: Arm) -> None:
        assert arm.score is not None  # noqa: S101 - it has just reported
        if arm.rung == len(self._tops):
            self._move(arm, Transition.COMPLETE, f"trained all {arm.stop} epochs")
            self.brackets[0].completed(arm)
            if self._best_at_end is not None:
                self._best_at_end.add(arm.id, arm.score)
            return
        top = self._tops[arm.rung]
        on_top = top.add(arm.id, arm.score)
        if self.form == "promotion":
            self._move(arm, Transition.PAUSE, f"waits at epoch {arm.stop} to be promoted")
        elif on_top:
            places = max(1, top.seen // self.eta)
            self._move(arm, Transition.PAUSE, f"reached epoch {arm.stop}")
            reason = f"in the top {places} of {top.seen} at epoch {arm.stop}"
            self._promote(arm, self._rungs[arm.rung + 1], reason)
            self._going_on.append(arm)
        else:
            places = max(1, top.seen // self.eta)
            self._move(arm, Transition.CUT, f"not in the top {places} of {top.seen} at epoch {arm.stop}")

    def _left(self, arm: Arm) -> None:
        """A rung of ASHA waits for nobody; an arm that was dropped on its way counts there as the worst of all."""
        if arm.state is State.DROPPED and arm.rung < len(self._tops):
            self._tops[arm.rung].miss()

    def _bar(self, arm: Arm) -> float | None:
        if arm.rung == len(self._tops):
            return None if self._best_at_end is None else self._best_at_end.bar_for(arm.id)
        return self._tops[arm.rung].bar_for(arm.id)
