"""What a run and its worker processes say to each other.

    run -> worker     Begin, then Proceed ... for its epochs, perhaps Stop; Free at any time
    worker -> run     Ready once, or Unfit; then for each Begin an Ended epoch ..., or Stopped where it was stopped

Each job has a number, its ticket. It distinguishes late messages about a stopped job from those about the next job.
"""

from __future__ import annotations

from dataclasses import dataclass

from bandits.curves import Trial
from bandits.objectives.base import Measurement
from bandits.schedulers.base import Job

__all__ = ["Begin", "Ended", "Free", "FromWorker", "Proceed", "Ready", "Stop", "Stopped", "ToWorker", "Unfit"]


@dataclass(frozen=True, slots=True)
class Begin:
    """Train a job, but begin no epoch after `limit` before a `Proceed`."""

    ticket: int
    trial: Trial
    job: Job
    limit: int


@dataclass(frozen=True, slots=True)
class Proceed:
    """Epochs up to `limit` may begin."""

    ticket: int
    limit: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Begin no more epochs of a job."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Free:
    """These trials will not train again."""

    trials: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker process has its objective and waits for jobs."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """The worker process cannot set its objective up; `setting` is True if a setting is the cause."""

    reason: str
    setting: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """An epoch of a job has ended: what it gave, or why it failed."""

    ticket: int
    outcome: Measurement | str


@dataclass(frozen=True, slots=True)
class Stopped:
    """A job has been stopped before its end."""

    ticket: int


ToWorker = Begin | Proceed | Stop | Free
FromWorker = Ready | Unfit | Ended | Stopped
