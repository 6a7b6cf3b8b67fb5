"""Where jobs run: the role, and the events that it reports."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from bandits.curves import Trial
from bandits.objectives.base import Measurement
from bandits.runtime.records import WorkerLost
from bandits.schedulers.base import Job

__all__ = ["Crash", "Executor", "Report", "WorkerLost"]


@dataclass(frozen=True, slots=True)
class Report:
    """An arm has trained an epoch, which ended at `clock` seconds; `again` epochs were trained a second time for it."""

    trial: Trial
    measurement: Measurement
    clock: float
    again: int = 0


@dataclass(frozen=True, slots=True)
class Crash:
    """An arm cannot go on, at `clock` seconds; since its last report it trained `again` epochs a second time."""

    trial: Trial
    reason: str
    clock: float
    again: int = 0


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
    def next_event(self) -> Report | Crash | WorkerLost:
        """Wait until an epoch of any arm ends, or a worker is lost. At least one worker must be busy."""

    @abstractmethod
    def stop(self, trial_id: int) -> None:
        """End the job of an arm that has just reported."""

    @abstractmethod
    def release(self, trial: Trial) -> None:
        """An arm will not train again: free what is held for it."""

    def close(self) -> None:  # noqa: B027 - most executors hold nothing
        """The run is over: end all jobs and processes that are left."""
