"""Hyperband, and successive halving as the Hyperband of a single bracket."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from bandits.errors.checks import check_choice, check_flag, check_number, check_whole
from bandits.schedulers.base import Arm, BracketReport, Done, Job, RungReport, Scheduler, Wait
from bandits.schedulers.bracket import Bracket, RungVerdict
from bandits.schedulers.lifecycle import Transition
from bandits.schedulers.plan import (
    BracketPlan,
    Sizes,
    halving_bracket,
    hyperband_brackets,
    most_halvings,
)
from bandits.schedulers.ranking import BestOf
from bandits.verdicts import Stopper

__all__ = ["BracketScheduler", "Hyperband", "SuccessiveHalving"]

_MOST_LOOPS = 1_000_000  # the plans of all loops are kept in memory


class BracketScheduler(Scheduler):
    """Runs a list of brackets, in order; abstract.

    Arms resume where they paused. With several workers, the next bracket starts when no open one has an arm
    to train, so no worker idles while a rung waits for its last arm. The bracket of a trial id is fixed
    beforehand, so the same id has the same configuration with any number of workers.

    Inside a rung, the stopper's horizon is the rung's end and its bar the score of the n-th best arm that has
    finished the rung, n being the number that will be promoted (or the stopper's `keep`, if that is more). A
    forecast without error therefore changes no promotion. At the last rung, the bar is the n-th best score at
    R in the whole run, n being `keep`. With kappa, that share of the rung's arms must have finished as well.

    With `look_ahead`, a second question follows at every rung below the last: will the arm, at R, beat the n-th best
    score there so far in the whole run? An arm that will not is dropped, even if it would be promoted.

    Source: f-Hyperband, Baker et al. (ICLR 2018 submission, section 4.2.1).
    """

    def __init__(
        self,
        max_epochs: int,
        plans: tuple[BracketPlan, ...],
        loops: int,
        kappa: float | None,
        stopper: Stopper | None,
        look_ahead: bool = False,
    ) -> None:
        super().__init__(max_epochs, stopper)
        self.loops = check_whole("loops", loops, 1, _MOST_LOOPS)
        self.kappa = check_number("kappa", kappa, above=0, most=1, or_none=True)
        self.look_ahead = check_flag("look_ahead", look_ahead)
        self._per_loop = len(plans)
        self._plans = plans * self.loops
        self._first_id = 0
        self._opened = 0
        self._open: list[Bracket] = []
        self._by_index: dict[int, Bracket] = {}
        self._best_at_end = None if stopper is None else BestOf(stopper.keep)

    def _bracket_name(self, plan: BracketPlan) -> str:
        """How reports call a bracket of a loop."""
        return f"s = {plan.s}"

    @property
    def horizons(self) -> tuple[int, ...]:
        return tuple(sorted({rung.epochs for plan in self._plans for rung in plan.rungs}))

    @property
    def total_trials(self) -> int:
        return sum(plan.arms for plan in self._plans)

    @property
    def planned_epochs(self) -> int:
        return sum(plan.epochs for plan in self._plans)

    def ask(self) -> Job | Wait | Done:
        while True:
            for bracket in self._open:
                trial_id = bracket.next_arm()
                if trial_id is not None:
                    return self._start(self._known(trial_id, bracket))
            if self._opened == len(self._plans):
                return Wait() if self._open else Done()
            self._open_next()

    def _open_next(self) -> None:
        plan = self._plans[self._opened]
        keep = 1 if self.stopper is None else self.stopper.keep
        bracket = self._kind(self._opened)(self._opened, plan, self._first_id, keep, self.kappa)
        self._open.append(bracket)
        self._by_index[bracket.index] = bracket
        rungs = [RungReport(rung.epochs) for rung in plan.rungs]
        loop = f"loop {self._opened // self._per_loop + 1}, " if self.loops > 1 else ""
        self.brackets.append(BracketReport(loop + self._bracket_name(plan), rungs))
        self._first_id += bracket.ids
        self._opened += 1

    def _kind(self, index: int) -> type[Bracket]:  # noqa: ARG002 - all brackets are of one kind, but for DEHB's
        """What a bracket is."""
        return Bracket

    def _known(self, trial_id: int, bracket: Bracket) -> Arm:
        arm = self.arms.get(trial_id)
        if arm is None:
            rung = bracket.rung
            arm = Arm(trial_id, stop=bracket.plan.rungs[rung].epochs, bracket=bracket.index, rung=rung)
            self._enlist(arm)
        return arm

    def _arrived(self, arm: Arm) -> None:
        assert arm.score is not None  # noqa: S101 - it has just reported
        bracket = self._by_index[arm.bracket]
        if bracket.last_rung:
            self._move(arm, Transition.COMPLETE, f"trained all {arm.stop} epochs")
            self.brackets[arm.bracket].completed(arm)
            if self._best_at_end is not None:
                self._best_at_end.add(arm.id, arm.score)
        else:
            self._move(arm, Transition.PAUSE, f"waits at epoch {arm.stop} for the others at its rung")
        self._settle(bracket, bracket.arrive(arm, arm.score))

    def _left(self, arm: Arm) -> None:
        bracket = self._by_index[arm.bracket]
        self._settle(bracket, bracket.leave())

    def _settle(self, bracket: Bracket, verdict: RungVerdict | None) -> None:
        """Carry out what the end of a rung decided, and close the bracket if nothing is left of it."""
        if verdict is not None:
            places = len(verdict.promoted)
            for rank, trial_id in enumerate(verdict.promoted, start=1):
                reason = f"rank {rank} of {verdict.finished} at epoch {verdict.epochs}; the best {places} go on"
                self._promote(self.arms[trial_id], bracket.plan.rungs[bracket.rung].epochs, reason)
            for rank, trial_id in enumerate(verdict.cut, start=places + 1):
                reason = f"rank {rank} of {verdict.finished} at epoch {verdict.epochs}; the best {places} go on"
                self._move(self.arms[trial_id], Transition.CUT, reason)
        if bracket.over:
            self._open.remove(bracket)
            del self._by_index[bracket.index]

    def _bar(self, arm: Arm) -> float | None:
        bracket = self._by_index[arm.bracket]
        if not bracket.may_drop:
            return None
        best = self._best_at_end if bracket.last_rung and self._best_at_end is not None else bracket.best
        return best.bar_for(arm.id)

    def _questions(self, arm: Arm) -> Sequence[tuple[int, float | None]]:
        bracket = self._by_index[arm.bracket]
        at_rung = super()._questions(arm)
        if not self.look_ahead or bracket.last_rung or self._best_at_end is None:
            return at_rung
        bar = self._best_at_end.bar_for(arm.id) if bracket.may_drop else None
        return (*at_rung, (self.max_epochs, bar))


class SuccessiveHalving(BracketScheduler):
    """Successive halving: one bracket, as often as there are loops.

    Args:
        max_epochs: R, epochs of the last rung, >= 1.
        eta: 1 in eta arms goes on at each rung, >= 2.
        trials: n, how many start, >= 1; eta^floor(log_eta R) by default, Hyperband's most aggressive bracket.
        kappa: the share of a rung's arms that must finish before a forecast may drop one, in (0, 1]. By default as
            many as will be promoted must; at the last rung, where arms compete with the whole run, none.
        stopper: drops arms by forecasts; None for plain successive halving.
        loops: how often the bracket is run, with new configurations each time, >= 1.

    Raises:
        SettingError: an argument breaks its rule.

    Source: Jamieson & Talwalkar (AISTATS 2016); rung sizes as in Li et al. (JMLR 2018), Algorithm 1.

    Example:
        >>> SuccessiveHalving(max_epochs=81).total_trials
        81
    """

    name = "halving"

    def __init__(
        self,
        max_epochs: int,
        eta: int = 3,
        trials: int | None = None,
        stopper: Stopper | None = None,
        kappa: float | None = None,
        loops: int = 1,
    ) -> None:
        max_epochs = check_whole("max_epochs", max_epochs, 1)
        self.eta = check_whole("eta", eta, 2)
        s = most_halvings(max_epochs, self.eta)
        self.trials = check_whole("trials", self.eta**s if trials is None else trials, 1)
        s = min(s, most_halvings(self.trials, self.eta))
        plan = halving_bracket(self.trials, max_epochs, self.eta, s)
        super().__init__(max_epochs, (plan,), loops, kappa, stopper)

    def settings(self) -> dict[str, Any]:
        return {
            "max_epochs": self.max_epochs,
            "eta": self.eta,
            "trials": self.trials,
            "kappa": self.kappa,
            "loops": self.loops,
        }


class Hyperband(BracketScheduler):
    """Hyperband: brackets of successive halving, from many arms with few epochs to few arms with R epochs each.

    With `look_ahead`, a forecast drops an arm if it will not be promoted, or if at R it will not be
    better than the n-th best so far of all brackets, n being the stopper's `keep`. That saves more, with a weaker
    guarantee: docs/stopping.md.

    Args:
        max_epochs: R, the longest training of one arm, >= 1.
        eta: 1 in eta arms goes on at each rung, >= 2 (the paper advises 3 or 4).
        loops: how often the whole set of brackets is run, with new configurations each time, >= 1.
        stopper: drops arms by forecasts; None for plain Hyperband.
        kappa: the share of a rung's arms that must finish before a forecast may drop one, in (0, 1]. By default as
            many as will be promoted must; at the last rung, where arms compete with the whole run, none.
        sizes: bracket sizes, "ceil" for those of the paper's Algorithm 1, "floor" for those of its Table 1.
        look_ahead: at every rung, also drop arms that would not end, at R, as the run's best. It has no effect without
            a stopper.

    Raises:
        SettingError: an argument breaks its rule.

    Source: Li et al., "Hyperband" (JMLR 18, 2018), Algorithm 1.

    Example:
        >>> Hyperband(max_epochs=81).planned_epochs
        1581
    """

    name = "hyperband"

    def __init__(
        self,
        max_epochs: int,
        eta: int = 3,
        loops: int = 1,
        stopper: Stopper | None = None,
        kappa: float | None = None,
        sizes: Sizes = "ceil",
        look_ahead: bool = False,
    ) -> None:
        max_epochs = check_whole("max_epochs", max_epochs, 1)
        self.eta = check_whole("eta", eta, 2)
        self.sizes = check_choice("sizes", sizes, get_args(Sizes))
        plans = hyperband_brackets(max_epochs, self.eta, self.sizes)
        super().__init__(max_epochs, plans, loops, kappa, stopper, look_ahead)

    def settings(self) -> dict[str, Any]:
        return {
            "max_epochs": self.max_epochs,
            "eta": self.eta,
            "loops": self.loops,
            "kappa": self.kappa,
            "sizes": self.sizes,
            "look_ahead": self.look_ahead,
        }
