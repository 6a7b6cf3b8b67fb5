"""The epochs of one job, one at a time: what the objective gives is checked here, wherever it trains."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from bandits.curves import Trial
from bandits.errors import ObjectiveError
from bandits.objectives.base import Measurement, Objective
from bandits.schedulers.base import Job

__all__ = ["Epochs", "sentence"]


class Epochs:
    """Trains a job, an epoch whenever `next` is called.

    Args:
        objective: what trains.
        trial: which configuration.
        job: from where to where.

    Attributes:
        epoch: the last epoch that went well.
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
        """Train one epoch: what it gave, in plain numbers, or in one line why it failed."""
        try:
            outcome: object = next(self._measurements, None)
        except Exception as error:  # the user's code may raise anything
            return sentence(error)
        expected = self.epoch + 1
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
        details = _plain(outcome.details)
        if details is None:
            return f"the details of epoch {expected} must be numbers by name, got {outcome.details!r}"
        self.epoch = expected
        if type(outcome.value) is float and type(outcome.seconds) is float and not details:
            return outcome
        return Measurement(expected, float(outcome.value), float(outcome.seconds), details)


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


def _plain(details: object) -> dict[str, float] | None:
    """Details as a dictionary of floats; None where they are no numbers."""
    if not isinstance(details, Mapping):
        return None
    try:
        return {str(name): float(value) for name, value in details.items()}
    except (TypeError, ValueError, OverflowError):
        return None


def sentence(error: Exception) -> str:
    """What an error says, on one line; never empty, and its type alone where saying it raises."""
    try:
        words = " ".join(str(error).split())
    except Exception:  # an exception of the user's may raise as it is printed
        words = ""
    if isinstance(error, ObjectiveError) and words:
        return words
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
