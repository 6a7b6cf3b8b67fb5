"""Trains the epochs of one job, one at a time, and checks what the objective gives, in every executor."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TypeGuard

from bandits.curves import Trial
from bandits.errors import described
from bandits.objectives.base import Measurement, Objective
from bandits.schedulers.base import Job

__all__ = ["Epochs"]


class Epochs:
    """Trains a job: each call of `next` trains one epoch.

    Args:
        objective: what trains.
        trial: the trial that it trains.
        job: which epochs to train.

    Attributes:
        epoch: the last epoch that ended without a failure.
        stop: the epoch at which the job ends.
    """

    __slots__ = ("_measurements", "epoch", "stop")

    def __init__(self, objective: Objective, trial: Trial, job: Job) -> None:
        self.epoch = job.start
        self.stop = job.stop
        try:
            self._measurements: Iterator[Measurement] = iter(objective.train(trial, job.start, job.stop))
        except Exception as error:  # the user's code may raise anything
            self._measurements = _Raising(error)

    def next(self) -> Measurement | str:
        """Train one epoch; return its measurement in plain numbers, or one line that says why it failed."""
        try:
            outcome: object = next(self._measurements, None)
        except Exception as error:  # the user's code may raise anything
            return described(error)
        expected = self.epoch + 1
        if _is_plain(outcome, expected):
            self.epoch = expected
            return outcome
        if outcome is None:
            return f"training must reach epoch {self.stop}, it ended after epoch {self.epoch}"
        if not isinstance(outcome, Measurement):
            return f"epoch {expected} must give a Measurement, got {outcome!r}"
        if outcome.epoch != expected:
            return f"the next epoch must be {expected} of {self.stop}, got epoch {outcome.epoch}"
        if not _is_finite(outcome.value):
            return f"the value of epoch {expected} must be a finite number, got {outcome.value!r}"
        if not (_is_finite(outcome.seconds) and outcome.seconds >= 0):
            return f"the seconds of epoch {expected} must be a number >= 0, got {outcome.seconds!r}"
        again = outcome.again
        if isinstance(again, bool) or not isinstance(again, int) or again < 0:
            return f"the epochs trained again for epoch {expected} must be a whole number >= 0, got {again!r}"
        details = _plain(outcome.details)
        if details is None:
            return f"the details of epoch {expected} must be numbers by name, got {outcome.details!r}"
        self.epoch = expected
        return Measurement(expected, float(outcome.value), float(outcome.seconds), details, again)


class _Raising(Iterator[Measurement]):
    """Raises an error when the first epoch is asked for."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __next__(self) -> Measurement:
        raise self._error


def _is_plain(outcome: object, epoch: int) -> TypeGuard[Measurement]:
    """Whether an outcome is a measurement of this epoch that needs no conversion, as nearly all are."""
    return (
        type(outcome) is Measurement
        and outcome.epoch == epoch
        and type(outcome.value) is type(outcome.seconds) is float
        and math.isfinite(outcome.value)
        and 0.0 <= outcome.seconds < math.inf
        and type(outcome.details) is dict
        and not outcome.details
        and outcome.again == 0
    )


def _is_finite(value: object) -> bool:
    """True for a finite number of any numeric type; False for everything else, text and None included."""
    try:
        return not isinstance(value, str) and math.isfinite(value)  # type: ignore[arg-type]
    except (TypeError, OverflowError):  # 10**400 is a number, but no float
        return False


def _plain(details: object) -> dict[str, float] | None:
    """Details as a dictionary of floats; None if one of them is not a number."""
    if not isinstance(details, Mapping):
        return None
    try:
        return {str(name): float(value) for name, value in details.items()}
    except (TypeError, ValueError, OverflowError):
        return None
