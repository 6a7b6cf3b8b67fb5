"""Runs jobs in this process; a replay may have several simulated workers.

The objective's iterators do the work, one epoch at a time and only when the next event is awaited, so an arm that is
stopped after an epoch has not begun the next one.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from bandits.curves import Trial
from bandits.errors import SettingError
from bandits.errors.checks import check_whole
from bandits.objectives.base import Measurement, Objective
from bandits.runtime.epochs import Epochs
from bandits.runtime.executors import Crash, Executor, Report
from bandits.schedulers.base import Job

__all__ = ["InlineExecutor"]


@dataclass(slots=True)
class _Task:
    trial: Trial
    epochs: Epochs
    clock: float


class InlineExecutor(Executor):
    """Runs jobs in this process.

    The clock adds up the seconds of the measurements: recorded ones of a replayed table, measured ones of a function.

    Args:
        objective: what trains.
        workers: how many arms train at a time, >= 1; more than 1 only for objectives on a virtual clock.

    Raises:
        SettingError: more than one worker for an objective that trains in real time.
    """

    def __init__(self, objective: Objective, workers: int = 1) -> None:
        self.workers = check_whole("workers", workers, 1)
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
        return Report(task.trial, outcome, self._clock, outcome.again)

    def stop(self, trial_id: int) -> None:
        task = self._tasks.pop(trial_id, None)
        if task is not None:
            self._due.remove(task)

    def release(self, trial: Trial) -> None:
        self._objective.release(trial)
