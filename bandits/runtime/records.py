"""What a journal holds: one record for everything that happened, in the order in which it happened.

Values are raw (in the metric's own units and direction), so a journal can be read without this library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bandits.schedulers.lifecycle import State

__all__ = [
    "Changed",
    "Ended",
    "Epoch",
    "EpochsAgain",
    "JobStarted",
    "Record",
    "RunStarted",
    "TrialFailed",
    "TrialStarted",
    "VerdictGiven",
    "WorkerLost",
]


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The settings of a run: enough to build its scheduler again.

    Args:
        algorithm: the scheduler's name.
        settings: its arguments, without the stopper.
        stopper: settings of the stopper; None without one.
        objective: name of the objective.
        metric: name of the metric.
        goal: "maximize" or "minimize".
        seed: of the run.
        workers: how many train at a time.
        sampler: settings of the sampler; empty where it has none, or is the objective's own.
        space: the distributions that the objective declares, by parameter name (`space_to_json`); empty where it
            declares none, as tables do.
    """

    algorithm: str
    settings: Mapping[str, Any]
    stopper: Mapping[str, Any] | None
    objective: str
    metric: str
    goal: str
    seed: int
    workers: int
    sampler: Mapping[str, Any] = field(default_factory=dict)
    space: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrialStarted:
    """A configuration enters the run."""

    trial: int
    config: Mapping[str, Any]
    features: Mapping[str, float]
    seed: int


@dataclass(frozen=True, slots=True)
class JobStarted:
    """At `clock` seconds, an arm starts to train epochs `start + 1` to `stop`.

    If the scheduler values arms by their forecasts, `why` and `cause` say why it chose this one, in the metric's units:
    `forecast` is the value expected at the last epoch, `std` its error, `value` the improvement expected of an epoch.
    """

    trial: int
    start: int
    stop: int
    clock: float
    why: str | None = None
    cause: str | None = None
    forecast: float | None = None
    std: float | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch was trained; it took `seconds` and ended at `clock` seconds. `details` are its other numbers."""

    trial: int
    epoch: int
    value: float
    seconds: float
    clock: float
    details: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EpochsAgain:
    """The model of an arm was lost, wholly or since its last epoch: for its next event, `epochs` were trained again."""

    trial: int
    epochs: int
    clock: float


@dataclass(frozen=True, slots=True)
class TrialFailed:
    """An arm cannot go on, after `epoch` measured epochs."""

    trial: int
    epoch: int
    reason: str
    clock: float


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """A worker process died, and another one took over; `reason` says how it died.

    The process was in epoch `epoch` of an arm; that epoch is trained again. If it had no arm, `trial` is None and
    `epoch` is 0.
    """

    trial: int | None
    epoch: int
    reason: str
    clock: float


@dataclass(frozen=True, slots=True)
class VerdictGiven:
    """The verdict of the stopper, or of an algorithm that stops arms itself, on an arm after an epoch.

    Args:
        trial: the arm.
        epoch: how many epochs it had trained.
        drop: True if it was stopped.
        reason: the reason in words, in the metric's units.
        forecast: expected value at the horizon; None where there was no forecast.
        std: standard deviation of the forecast's error near that value.
        horizon: the epoch that was forecast.
        bar: the value that the arm had to beat, margin included.
        probability: the probability that it would not beat the bar.
        cause: the reason as a value, one of `bandits.causes`; empty in journals of the first versions.
    """

    trial: int
    epoch: int
    drop: bool
    reason: str
    forecast: float | None = None
    std: float | None = None
    horizon: int | None = None
    bar: float | None = None
    probability: float | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """The scheduler changed an arm's state (paused, promoted, cut, completed, dropped, failed).

    The last four fields are those of `JobStarted`.
    """

    trial: int
    state: State
    epoch: int
    reason: str
    cause: str | None = None
    forecast: float | None = None
    std: float | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The run is over: "done", "interrupted", or "failed" (an error outside any trial, for example in a sampler)."""

    how: str
    clock: float


Record = (
    RunStarted
    | TrialStarted
    | JobStarted
    | Epoch
    | EpochsAgain
    | TrialFailed
    | WorkerLost
    | VerdictGiven
    | Changed
    | Ended
)
