"""Where jobs run: the role, and how it is played in this process, on as many simulated workers as a replay allows.

Inline, the objective's iterators do the work, one epoch at a time and only when the next event is awaited, so an arm
that is stopped after an epoch has not begun the next one.
"""

from __future__ import annotations

import heapq
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from bandits.curves import Trial
from bandits.errors import SettingError, check_at_least
from bandits.objectives.base import Measurement, Objective
from bandits.runtime.epochs import Epochs
from bandits.runtime.event_order import Order, event_order
from bandits.schedulers.base import Job

__all__ = ["Crash", "Executor", "InlineExecutor", "Lost", "Report", "executor_for"]


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


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker process is gone, at `clock` seconds; another one takes over, so no arm ends by this.

    Args:
        trial: whose training was under way, in `epoch`; None where it trained no arm.
        epoch: which goes on from the end of the epoch before; 0 without a trial.
        reason: what became of the worker.
        clock: when it was noticed.
    """

    trial: Trial | None
    epoch: int
    reason: str
    clock: float


class Executor(ABC):
    """Runs jobs and reports their epochs.

    Attributes:
        workers: how many arms can train at a time.
    """

    workers: int

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
    def next_event(self) -> Report | Crash | Lost:
        """Wait for the next epoch of any arm to end, or a worker to be lost. At least one worker must be busy."""

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
    epochs: Epochs
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
        task = _Task(trial, Epochs(self._objective, trial, job), self._clock)
        self._tasks[trial.id] = task
        self._due.append(task)

    def next_event(self) -> Report | Crash:
        for task in self._due:
            outcome = task.epochs.next()
            end = task.clock if isinstance(outcome, str) else task.clock + outcome.seconds
            self._ticket += 1
            heapq.heappush(self._ending, (end, self._ticket, task, outcome))
        self._due.clear()
        self._clock, _, task, outcome = heapq.heappop(self._ending)
        if isinstance(outcome, str):
            del self._tasks[task.trial.id]
            return Crash(task.trial, outcome, self._clock)
        task.clock = self._clock
        if outcome.epoch == task.epochs.stop:
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


def executor_for(
    objective: Objective,
    workers: int = 1,
    *,
    order: Order = "arrival",
    checkpoints: str | Path | None = None,
    threads: int = 1,
) -> Executor:
    """Where an objective trains best: a replay in this process, on simulated workers; real training in this process
    too on a single worker, else in worker processes.

    Args:
        objective: what trains.
        workers: how many arms train at a time, >= 1.
        order: in which order worker processes report, as `ProcessExecutor` documents it. One worker has but one.
        checkpoints: a folder for checkpoints, as `ProcessExecutor` documents it; asks for a worker process even where
            there is one worker.
        threads: CPU threads of each worker process, >= 1; in this process an objective has what it was made with.

    Raises:
        SettingError: an argument breaks its rule, or worker processes cannot train the objective.
    """
    check_at_least("workers", workers, 1)
    if objective.virtual_time and checkpoints is not None:
        raise SettingError.broken("`checkpoints`", f"must be left out for {objective.name}, a replay", str(checkpoints))
    if objective.virtual_time or (workers == 1 and checkpoints is None):
        event_order(order)  # refuses unknown ones
        return InlineExecutor(objective, workers)
    from bandits.runtime.process_executor import ProcessExecutor  # replays need not wait for its libraries

    return ProcessExecutor(objective, workers, order=order, checkpoints=checkpoints, threads=threads)
