"""The role of a scheduler: it decides which arm trains next and how far, without clock, file or thread.

A scheduler is asked for work and told the results:

    ask() -> Job       train this arm from after `start` to the end of epoch `stop`
             Wait      nothing to do until a running arm reports
             Done      nothing to do any more
    tell(Measured | Failed) -> Keep | Drop

Rules of this file:

1. Scores are oriented and finite. NaN and inf never reach a scheduler: they are `Failed`.
2. Every change of an arm's state goes through `lifecycle.next_state`, and is reported by `take_changes`.
3. A job's epochs are reported one by one, in order; anything else raises `ProtocolError` and changes nothing.
4. The same settings and the same events give the same answers. So a run is resumed, or checked, by telling
   a fresh scheduler its journal.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from bandits.curves import History, Trial
from bandits.errors import ProtocolError, SettingError
from bandits.errors.checks import check_instance, check_whole
from bandits.schedulers.decisions import Decision
from bandits.schedulers.lifecycle import State, Transition, next_state
from bandits.schedulers.population import Parents
from bandits.verdicts import KEEP, Drop, Stopper, Verdict

__all__ = [
    "Arm",
    "Audit",
    "BracketReport",
    "Change",
    "Done",
    "Failed",
    "Job",
    "Measured",
    "RungReport",
    "Scheduler",
    "Wait",
]


@dataclass(frozen=True, slots=True)
class Job:
    """Train one arm from after epoch `start` to the end of epoch `stop` (0 <= start < stop).

    `decision` says why, if the scheduler values arms by their forecasts.
    """

    trial_id: int
    start: int
    stop: int
    decision: Decision | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do until a running arm reports."""


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing to do any more."""


@dataclass(frozen=True, slots=True)
class Measured:
    """An arm has trained one more epoch.

    Args:
        trial: the arm.
        epoch: which, from 1.
        score: larger is better, finite.
    """

    trial: Trial
    epoch: int
    score: float


@dataclass(frozen=True, slots=True)
class Failed:
    """An arm cannot continue: its training raised, diverged, or broke its contract.

    Args:
        trial: the arm.
        reason: why; not empty.
    """

    trial: Trial
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """An arm's state has changed.

    Args:
        trial_id: the arm.
        state: its state now.
        epoch: how many epochs it has trained.
        reason: why, in words.
        decision: the numbers behind it, if the scheduler values arms by their forecasts.
    """

    trial_id: int
    state: State
    epoch: int
    reason: str
    decision: Decision | None = None


@dataclass(slots=True)
class Arm:
    """What a scheduler knows of one trial.

    Args:
        id: the trial's id.
        stop: the epoch at which its current job ends; its horizon.
        state: its state.
        epochs: how many epochs it has trained.
        score: its latest score; None before the first epoch.
        bracket: which bracket it belongs to, an index into `Scheduler.brackets`.
        rung: which rung of the bracket it trains towards or has reached, from 0.
    """

    id: int
    stop: int = 0
    state: State = State.QUEUED
    epochs: int = 0
    score: float | None = None
    bracket: int = 0
    rung: int = 0


@dataclass(frozen=True, slots=True)
class Audit:
    """An arm that a forecast would have dropped, and that went on to check the rule.

    Args:
        epoch: the epoch after which it would have been dropped.
        horizon: the horizon of the forecast.
        bar: the score that it should have failed to beat there.
    """

    epoch: int
    horizon: int
    bar: float


@dataclass(slots=True)
class RungReport:
    """What happened at one rung so far, in arms: started = finished + dropped + failed + still running."""

    epochs: int
    started: int = 0
    finished: int = 0
    dropped: int = 0
    failed: int = 0
    promoted: int = 0


@dataclass(slots=True)
class BracketReport:
    """What happened in one bracket so far.

    Args:
        name: its name in reports ("loop 1, s = 4").
        rungs: from the first to the last.
        best: id of the best arm at the last rung; None before one has finished there.
    """

    name: str
    rungs: list[RungReport]
    best: int | None = None
    best_score: float | None = None

    def completed(self, arm: Arm) -> None:
        """Let an arm that finished the last rung compete for the bracket's best."""
        assert arm.score is not None  # noqa: S101 - it has finished a rung
        if self.best is None or self.best_score is None or (arm.score, -arm.id) > (self.best_score, -self.best):
            self.best, self.best_score = arm.id, arm.score


class Scheduler(ABC):
    """Decides which arm trains next and how far; asks its stopper after every epoch whether an arm may still win.

    A scheduler serves one run. `fresh` gives an unused one with the same settings.

    Attributes:
        name: name of the algorithm on the command line.
        trains_whole: whether each arm trains to `max_epochs` unless it is dropped, without a pause or a rung.
        max_epochs: R, the longest training of one arm.
        stopper: drops arms by forecasts; None to drop none.
        arms: state of every trial, by id.
        audits: for each spared arm, by id, the first time that it was spared.
        counts: how many arms are in each state.
        brackets: what happened, bracket by bracket.
        history: every curve so far; the only history of the run, which the loop, sampler and reports read too.
        training: what the stopper learns from: `history`, or a part of it that the algorithm chooses.
        proposals: from how many configurations it chooses a fresh arm, >= 1, see `prefer`.
        evolves: whether configurations are bred from those of earlier arms, see `parents`; then the sampler must
            evolve as well.
    """

    name: str
    proposals: int = 1
    trains_whole: bool = False
    evolves: bool = False

    def __init__(self, max_epochs: int, stopper: Stopper | None) -> None:
        self.max_epochs = check_whole("max_epochs", max_epochs, 1)
        self.stopper = check_instance(
            "stopper", stopper, Stopper, "must be a stopper such as EarlyStopper(SRM())", or_none=True
        )
        if stopper is not None and stopper.needs_whole_trainings and not self.trains_whole:
            rule = f"must have a rule without a budget, since {self.name} ends trainings early by itself"
            raise SettingError.broken("`stopper`", rule, stopper)
        self.history = History()
        self.training = self.history
        self.arms: dict[int, Arm] = {}
        self.brackets: list[BracketReport] = []
        self.audits: dict[int, Audit] = {}
        self.counts: Counter[State] = Counter()
        self._changes: list[Change] = []

    # Facts about a scheduler

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The arguments that build this scheduler, without its stopper; JSON values."""

    @property
    @abstractmethod
    def horizons(self) -> tuple[int, ...]:
        """The epochs at which arms are compared, ascending; the last one is `max_epochs`."""

    @property
    @abstractmethod
    def total_trials(self) -> int:
        """How many configurations a whole run tries."""

    @property
    @abstractmethod
    def planned_epochs(self) -> int | None:
        """Epochs that a whole run trains if no arm fails or is dropped; None where the scores decide that."""

    @property
    def compared_at(self) -> tuple[int, ...]:
        """The epochs at which an arm may become the best of the run."""
        return self.horizons

    def best_arm(self) -> int | None:
        """The arm that a run returns, if that is not the one with the best score at the end of a job; else None."""
        return None

    def prefer(self, trials: Sequence[Trial]) -> int:  # noqa: ARG002 - most schedulers take what the sampler proposes
        """Which of several proposals for the arm that has just been asked for is taken: its place, from 0.

        Args:
            trials: the arm with each of the configurations, at most `proposals`.
        """
        return 0

    def parents(self, trial_id: int) -> Parents | None:  # noqa: ARG002 - in most schedulers, arms have none
        """The arms from which the configuration of an arm that has just been asked for is bred; None to propose one."""
        return None

    def fresh(self, *, stopper: Stopper | None) -> Self:
        """An unused scheduler with the same settings and the given stopper."""
        return type(self)(**self.settings(), stopper=stopper)

    # Ask and tell

    @abstractmethod
    def ask(self) -> Job | Wait | Done:
        """The next thing to do. A job's arm is running from then on."""

    def tell(self, event: Measured | Failed) -> Verdict:
        """Process the report of an arm.

        Returns:
            `Keep` if the arm continues or has finished its job, `Drop` if it must stop now. Failed arms get `Keep`.

        Raises:
            ProtocolError: the arm is not running, the epoch is not its next one, or the score is not finite.
        """
        arm = self.arms.get(event.trial.id)
        if arm is None or arm.state is not State.RUNNING:
            state = "unknown" if arm is None else arm.state.value
            raise ProtocolError(f"trial {event.trial.id} must be running to report, it is {state}")
        if isinstance(event, Failed):
            self._move(arm, Transition.FAIL, event.reason)
            self._rung(arm).failed += 1
            self._left(arm)
            return KEEP
        epoch = event.epoch
        if epoch != arm.epochs + 1:
            raise ProtocolError(f"epoch of trial {arm.id} must be {arm.epochs + 1}, got {epoch}")
        if not math.isfinite(event.score):
            raise ProtocolError(f"score of trial {arm.id} must be finite (or the trial `Failed`), got {event.score}")
        self.history.record(event.trial, epoch, event.score)
        arm.epochs = epoch
        arm.score = event.score
        if epoch == arm.stop:
            self._rung(arm).finished += 1
            self._arrived(arm)
            return KEEP
        return KEEP if self.stopper is None else self._verdict(event.trial, arm, self.stopper)

    def _verdict(self, trial: Trial, arm: Arm, stopper: Stopper) -> Verdict:
        """Ask about an arm in the middle of its job, until an answer drops it.

        Returns:
            The `Drop`; else the first answer that a forecast is behind; else the first one.
        """
        curve = self.history.curve(arm.id)
        kept: list[Verdict] = []
        for horizon, bar in self._questions(arm):
            verdict = stopper.advise(trial, curve, self.training, horizon=horizon, bar=bar)
            if verdict.censored:
                self.training.censor(arm.id, horizon)
            elif verdict.spared and bar is not None:
                self.audits.setdefault(arm.id, Audit(arm.epochs, horizon, bar))
            if isinstance(verdict, Drop):
                self._move(arm, Transition.DROP, verdict.reason)
                self._rung(arm).dropped += 1
                self._left(arm)
                return verdict
            kept.append(verdict)
        return next((verdict for verdict in kept if verdict.evidence is not None), kept[0])

    def trained_again(self, trial_id: int, epochs: int) -> None:  # noqa: B027 - most schedulers have no budget
        """The model of a running arm was lost, and epochs were trained a second time, before its next report.

        Args:
            trial_id: the arm.
            epochs: how many, >= 1.
        """

    def take_changes(self) -> Sequence[Change]:
        """Changes of state since the last call, oldest first; starts of jobs are not among them."""
        if not self._changes:
            return ()
        changes, self._changes = self._changes, []
        return changes

    def end(self, reason: str, unbegun: Job | None = None) -> None:
        """End a run before the algorithm is done: cut every arm that waits. None may train.

        Args:
            reason: why, in words.
            unbegun: a job that was handed out and will not begin. Its arm is forgotten where it has not trained yet.

        Raises:
            ProtocolError: an arm trains.
        """
        if self.counts[State.RUNNING] > (unbegun is not None):
            raise ProtocolError("no arm may train when a run is ended")
        if unbegun is not None:
            arm = self.arms[unbegun.trial_id]
            self._rung(arm).started -= 1
            if not arm.epochs:
                self.counts[arm.state] -= 1
                del self.arms[arm.id]
        for arm in list(self.arms.values()):
            if arm.state is State.QUEUED and not arm.epochs:
                self.counts[arm.state] -= 1
                del self.arms[arm.id]
            elif not arm.state.final:
                self._move(arm, Transition.CUT, reason)

    # What an algorithm decides

    @abstractmethod
    def _arrived(self, arm: Arm) -> None:
        """An arm has trained all epochs of its job: complete, pause or cut it."""

    @abstractmethod
    def _left(self, arm: Arm) -> None:
        """A running arm has been dropped or has failed."""

    @abstractmethod
    def _bar(self, arm: Arm) -> float | None:
        """The largest score at `arm.stop` with which the arm would still lose; None while it is unknown,
        or where the arm may not be dropped by a forecast."""

    def _questions(self, arm: Arm) -> Sequence[tuple[int, float | None]]:
        """The questions to the stopper about an arm in the middle of its job: horizons and their bars, at least one.

        The first `Drop` ends the arm. By default there is one question, about the end of the job.
        """
        return ((arm.stop, self._bar(arm)),)

    # What all algorithms share

    def _rung(self, arm: Arm) -> RungReport:
        return self.brackets[arm.bracket].rungs[arm.rung]

    def _enlist(self, arm: Arm) -> None:
        """Add an arm, queued for its first job."""
        self.arms[arm.id] = arm
        self.counts[arm.state] += 1

    def _start(self, arm: Arm) -> Job:
        """Hand out a queued arm's job."""
        self._set_state(arm, Transition.START)
        self._rung(arm).started += 1
        return Job(arm.id, arm.epochs, arm.stop)

    def _promote(self, arm: Arm, stop: int, reason: str) -> None:
        """Queue a paused arm for the next rung."""
        self._rung(arm).promoted += 1
        arm.rung += 1
        arm.stop = stop
        self._move(arm, Transition.PROMOTE, reason)

    def _move(self, arm: Arm, transition: Transition, reason: str, decision: Decision | None = None) -> None:
        """Change an arm's state and report it."""
        self._set_state(arm, transition)
        self._changes.append(Change(arm.id, arm.state, arm.epochs, reason, decision))

    def _set_state(self, arm: Arm, transition: Transition) -> None:
        state = next_state(arm.state, transition)
        self.counts[arm.state] -= 1
        self.counts[state] += 1
        arm.state = state
