"""Where jobs run: in this process, on as many simulated workers as a replayed objective allows.

The objective's iterators do the work, one epoch at a time and only when the next event is awaited, so an arm
that is stopped after an epoch has not begun the next one.
"""

from __future__ import annotations

import heapq
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from bandits.curves import Trial
from bandits.errors import ObjectiveError, SettingError, check_at_least
from bandits.objectives.base import Measurement, Objective
from bandits.schedulers.base import Job

__all__ = ["Crash", "Executor", "InlineExecutor", "Report"]


@dataclass(frozen=True, slots=True)
class Report:
    """An arm has trained an epoch, which ended at `clock` seconds."""

    trial: Trial
    measurement: Measurement
    clock: float


@dataclass(frozen=True, slots=True)
class Crash:
    """An arm cannot go on, at `clock` seconds."""

    trial: Trial
    reason: str
    clock: float


class Executor(ABC):
    """Runs jobs and reports their epochs in the order in which they end."""

    @property
    @abstractmethod
    def clock(self) -> float:
        """Seconds since the run began."""

    @property
    @abstractmethod
    def idle(self) -> int:
        """How many workers have nothing to do."""

    @property
    @abstractmethod
    def busy(self) -> int:
        """How many workers train an arm."""

    @abstractmethod
    def submit(self, trial: Trial, job: Job) -> None:
        """Give a job to an idle worker."""

    @abstractmethod
    def next_event(self) -> Report | Crash:
        """Wait for the next epoch of any arm to end. At least one worker must be busy."""

    @abstractmethod
    def stop(self, trial_id: int) -> None:
        """End the job of an arm that has just reported."""

    @abstractmethod
    def release(self, trial: Trial) -> None:
        """An arm will not train again: free what is held for it."""

    def close(self) -> None:  # noqa: B027 - most executors hold nothing
        """The run is over: end what still works."""


@dataclass(slots=True)
class _Task:
    trial: Trial
    epochs: Iterator[Measurement]
    epoch: int
    stop: int
    clock: float


class InlineExecutor(Executor):
    """Runs jobs in this process.

    Time passes as the measurements say: the recorded seconds of a replayed table, the measured ones of a function.

    Args:
        objective: what trains.
        workers: how many arms train at a time, >= 1; more than 1 only for objectives on a virtual clock.

    Raises:
        SettingError: more than one worker for an objective that trains in real time.
    """

    def __init__(self, objective: Objective, workers: int = 1) -> None:
        self.workers = check_at_least("workers", workers, 1)
        if workers > 1 and not objective.virtual_time:
            raise SettingError.broken("`workers`", f"must be 1 for {objective.name}, which trains here", workers)
        self._objective = objective
        self._clock = 0.0
        self._tasks: dict[int, _Task] = {}
        self._due: list[_Task] = []  # tasks whose next epoch has not been asked for yet
        self._ending: list[tuple[float, int, _Task, Measurement | str]] = []  # epochs under way, the first to end first
        self._ticket = 0

    @property
    def clock(self) -> float:
        return self._clock

    @property
    def idle(self) -> int:
        return self.workers - len(self._tasks)

    @property
    def busy(self) -> int:
        return len(self._tasks)

    def submit(self, trial: Trial, job: Job) -> None:
        task = _Task(trial, iter(()), job.start, job.stop, self._clock)
        try:
            task.epochs = iter(self._objective.train(trial, job.start, job.stop))
        except Exception as error:  # the user's code may raise anything
            task.epochs = _Raising(error)
        self._tasks[trial.id] = task
        self._due.append(task)

    def next_event(self) -> Report | Crash:
        for task in self._due:
            outcome = self._train_one(task)
            end = task.clock if isinstance(outcome, str) else task.clock + outcome.seconds
            self._ticket += 1
            heapq.heappush(self._ending, (end, self._ticket, task, outcome))
        self._due.clear()
        self._clock, _, task, outcome = heapq.heappop(self._ending)
        if isinstance(outcome, str):
            del self._tasks[task.trial.id]
            return Crash(task.trial, outcome, self._clock)
        task.epoch = outcome.epoch
        task.clock = self._clock
        if task.epoch == task.stop:
            del self._tasks[task.trial.id]
        else:
            self._due.append(task)
        return Report(task.trial, outcome, self._clock)

    def stop(self, trial_id: int) -> None:
        task = self._tasks.pop(trial_id, None)
        if task is not None:
            self._due.remove(task)

    def release(self, trial: Trial) -> None:
        self._objective.release(trial)

    def _train_one(self, task: _Task) -> Measurement | str:
        """Train one epoch: what it gave, or why it failed."""
        try:
            outcome: object = next(task.epochs, None)
        except Exception as error:  # the user's code may raise anything
            return _sentence(error)
        expected = task.epoch + 1
        if outcome is None:
            return f"training must reach epoch {task.stop}, it ended after epoch {task.epoch}"
        if not isinstance(outcome, Measurement):
            return f"epoch {expected} must give a Measurement, got {outcome!r}"
        if outcome.epoch != expected:
            return f"the next epoch must be {expected} of {task.stop}, got epoch {outcome.epoch}"
        if not _is_finite(outcome.value):
            return f"the value of epoch {expected} must be a finite number, got {outcome.value!r}"
        if not (_is_finite(outcome.seconds) and outcome.seconds >= 0):
            return f"the seconds of epoch {expected} must be a number >= 0, got {outcome.seconds!r}"
        if type(outcome.value) is float and type(outcome.seconds) is float:
            return outcome
        # From here on, plain numbers only.
        return Measurement(expected, float(outcome.value), float(outcome.seconds), outcome.details)


class _Raising(Iterator[Measurement]):
    """Raises an error where the first epoch is asked for."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __next__(self) -> Measurement:
        raise self._error


def _is_finite(value: object) -> bool:
    """True for a finite number of any numeric type; False for everything else, text and None included."""
    try:
        return not isinstance(value, str) and math.isfinite(value)  # type: ignore[arg-type]
    except (TypeError, OverflowError):  # 10**400 is a number, but no float
        return False


def _sentence(error: Exception) -> str:
    """What an error says, on one line; never empty."""
    words = " ".join(str(error).split())
    if isinstance(error, ObjectiveError) and words:
        return words
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
