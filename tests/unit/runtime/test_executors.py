"""The inline executor: simulated workers, a virtual clock, and objectives that misbehave."""

import math
from collections.abc import Callable, Iterator
from decimal import Decimal

import numpy as np
import pytest

from bandits.curves import Trial
from bandits.errors import ObjectiveError, SettingError
from bandits.objectives.base import Measurement
from bandits.runtime.executors import Crash, Report
from bandits.runtime.inline_executor import InlineExecutor
from bandits.schedulers import Job
from bandits.testing import ReplayObjective

Train = Callable[[Trial, int, int], Iterator[Measurement]]


class Scripted(ReplayObjective):
    """Trains as a given function does."""

    def __init__(self, script: Train) -> None:
        super().__init__([[0.0] * 5])
        self.script = script

    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        return self.script(trial, start, stop)


def events(executor: InlineExecutor, count: int) -> list[tuple[int, int, float]]:
    """The next events as (trial, epoch, clock)."""
    found = []
    for _ in range(count):
        event = executor.next_event()
        assert isinstance(event, Report)
        found.append((event.trial.id, event.measurement.epoch, event.clock))
    return found


def test_epochs_are_reported_in_the_order_in_which_they_end() -> None:
    """Two workers: arm 0 takes 2 seconds an epoch, arm 1 takes 3."""
    executor = InlineExecutor(ReplayObjective([[0.0] * 3] * 2, seconds=[2.0, 3.0]), workers=2)
    executor.submit(Trial(0), Job(0, 0, 3))
    executor.submit(Trial(1), Job(1, 0, 2))

    expected = [(0, 1, 2.0), (1, 1, 3.0), (0, 2, 4.0), (0, 3, 6.0), (1, 2, 6.0)]
    assert expected[:3] == events(executor, 3)
    assert (executor.clock, executor.busy, executor.idle) == (4.0, 2, 0)
    # Both end at 6 seconds. Arm 1's epoch began first (at 3), so it is reported first.
    assert [expected[4], expected[3]] == events(executor, 2)
    assert (executor.clock, executor.busy, executor.idle) == (6.0, 0, 2)


def test_a_freed_worker_starts_at_once() -> None:
    """A job that is submitted while others run starts at the clock of the last event."""
    executor = InlineExecutor(ReplayObjective([[0.0] * 3] * 3, seconds=[2.0, 5.0, 1.0]), workers=2)
    executor.submit(Trial(0), Job(0, 0, 1))
    executor.submit(Trial(1), Job(1, 0, 1))
    assert events(executor, 1) == [(0, 1, 2.0)]
    assert executor.idle == 1
    executor.submit(Trial(2), Job(2, 0, 2))

    assert events(executor, 3) == [(2, 1, 3.0), (2, 2, 4.0), (1, 1, 5.0)]


def test_one_worker_adds_up_the_seconds() -> None:
    """On one worker the clock is the sum of all epochs."""
    executor = InlineExecutor(ReplayObjective([[0.0] * 3], seconds=[0.25]))
    executor.submit(Trial(0), Job(0, 0, 3))
    events(executor, 3)
    executor.submit(Trial(1), Job(1, 1, 3))

    assert events(executor, 2) == [(1, 2, 1.0), (1, 3, 1.25)]


def test_an_arm_that_is_stopped_has_not_begun_its_next_epoch() -> None:
    """Epochs begin when the next event is awaited."""
    objective = ReplayObjective([[0.0] * 5] * 2)
    executor = InlineExecutor(objective)
    executor.submit(Trial(0), Job(0, 0, 5))
    assert objective.begun == []
    events(executor, 2)
    executor.stop(0)
    executor.submit(Trial(1), Job(1, 0, 1))
    events(executor, 1)

    expected = [(0, 1), (0, 2), (1, 1)]
    assert expected == objective.begun


def test_stopping_an_arm_that_has_ended_does_nothing() -> None:
    """Its worker is free already."""
    executor = InlineExecutor(ReplayObjective([[0.0]]))
    executor.submit(Trial(0), Job(0, 0, 1))
    events(executor, 1)
    executor.stop(0)

    assert executor.idle == 1


def test_more_epochs_than_were_asked_for_never_begin() -> None:
    """An objective that would go on past the job's end is not asked to."""
    begun: list[int] = []

    def endless(trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        while True:
            start += 1
            begun.append(start)
            yield Measurement(start, 0.5, 1.0)

    executor = InlineExecutor(Scripted(endless))
    executor.submit(Trial(0), Job(0, 0, 2))

    assert events(executor, 2) == [(0, 1, 1.0), (0, 2, 2.0)]
    assert executor.busy == 0
    expected = [1, 2]
    assert expected == begun


def giving(*measurements: object) -> Train:
    """Training that gives these, whatever was asked for."""
    return lambda trial, start, stop: iter(measurements)  # type: ignore[arg-type]


def raising(error: Exception) -> Train:
    """Training that raises after its first epoch."""

    def train(trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        yield Measurement(1, 0.5, 1.0)
        raise error

    return train


def refusing(error: Exception) -> Train:
    """Training that raises before it begins."""

    def train(trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        raise error

    return train


FIRST = Measurement(1, 0.5, 1.0)
MISBEHAVIOUR: dict[str, tuple[Train, str]] = {
    "raises": (raising(ValueError("bad shape")), "ValueError: bad shape"),
    "raises over several lines": (raising(RuntimeError("out of\n  memory\n")), "RuntimeError: out of memory"),
    "raises without a word": (raising(KeyError()), "KeyError"),
    "blames itself": (raising(ObjectiveError("data set is gone")), "data set is gone"),
    "blames itself without a word": (raising(ObjectiveError()), "ObjectiveError"),
    "raises at once": (refusing(OSError("no such file")), "OSError: no such file"),
    "gives nothing to iterate over": (lambda *_: None, "TypeError: 'NoneType' object is not iterable"),  # type: ignore[return-value, arg-type]
    "NaN": (giving(FIRST, Measurement(2, math.nan, 1.0)), "the value of epoch 2 must be a finite number, got nan"),
    "inf": (giving(FIRST, Measurement(2, math.inf, 1.0)), "the value of epoch 2 must be a finite number, got inf"),
    "NumPy's NaN": (
        giving(FIRST, Measurement(2, np.float32("nan"), 1.0)),
        "the value of epoch 2 must be a finite number, got np.float32(nan)",
    ),
    "None": (giving(FIRST, Measurement(2, None, 1.0)), "the value of epoch 2 must be a finite number, got None"),  # type: ignore[arg-type]
    "text": (giving(FIRST, Measurement(2, "0.5", 1.0)), "the value of epoch 2 must be a finite number, got '0.5'"),  # type: ignore[arg-type]
    "a complex number": (
        giving(FIRST, Measurement(2, 1j, 1.0)),  # type: ignore[arg-type]
        "the value of epoch 2 must be a finite number, got 1j",
    ),
    "an array": (
        giving(FIRST, Measurement(2, np.zeros(2), 1.0)),  # type: ignore[arg-type]
        "the value of epoch 2 must be a finite number, got array([0., 0.])",
    ),
    "a number too large for a float": (
        giving(FIRST, Measurement(2, 10**400, 1.0)),
        f"the value of epoch 2 must be a finite number, got {10**400}",
    ),
    "a bare number": (giving(FIRST, 0.5), "epoch 2 must give a Measurement, got 0.5"),
    "the same epoch again": (giving(FIRST, FIRST), "the next epoch must be 2 of 3, got epoch 1"),
    "an epoch too far": (giving(FIRST, Measurement(3, 0.5, 1.0)), "the next epoch must be 2 of 3, got epoch 3"),
    "ends early": (giving(FIRST), "training must reach epoch 3, it ended after epoch 1"),
    "negative seconds": (
        giving(FIRST, Measurement(2, 0.5, -1.0)),
        "the seconds of epoch 2 must be a number >= 0, got -1.0",
    ),
    "NaN seconds": (
        giving(FIRST, Measurement(2, 0.5, math.nan)),
        "the seconds of epoch 2 must be a number >= 0, got nan",
    ),
    "a share of an epoch again": (
        giving(FIRST, Measurement(2, 0.5, 1.0, again=0.5)),  # type: ignore[arg-type]
        "the epochs trained again for epoch 2 must be a whole number >= 0, got 0.5",
    ),
    "no seconds": (
        giving(FIRST, Measurement(2, 0.5, None)),  # type: ignore[arg-type]
        "the seconds of epoch 2 must be a number >= 0, got None",
    ),
}


@pytest.mark.parametrize("name", MISBEHAVIOUR)
def test_a_misbehaving_objective_crashes_its_arm(name: str) -> None:
    """The crash has a reason of one line, the worker is free again, and other arms train on."""
    script, reason = MISBEHAVIOUR[name]
    good = ReplayObjective([[0.0] * 3])

    def train(trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        return script(trial, start, stop) if trial.id == 7 else good.train(trial, start, stop)

    executor = InlineExecutor(Scripted(train), workers=2)
    executor.submit(Trial(7), Job(7, 0, 3))
    executor.submit(Trial(0), Job(0, 0, 3))
    found = []
    while executor.busy:
        found.append(executor.next_event())
    crashes = [event for event in found if isinstance(event, Crash)]

    assert [reason] == [crash.reason for crash in crashes]
    assert "\n" not in reason
    assert [1, 2, 3] == [e.measurement.epoch for e in found if isinstance(e, Report) if e.trial.id == 0]
    assert executor.idle == 2


def test_a_crash_takes_no_time() -> None:
    """It is reported at the end of the last epoch that went well."""
    executor = InlineExecutor(Scripted(raising(ValueError("no"))))
    executor.submit(Trial(0), Job(0, 0, 3))
    events(executor, 1)
    crash = executor.next_event()

    assert crash == Crash(Trial(0), "ValueError: no", 1.0)


class Unspeakable(Exception):
    """It raises where it is printed."""

    def __str__(self) -> str:
        raise RuntimeError("in str")


@pytest.mark.parametrize("train", [raising(Unspeakable()), refusing(Unspeakable())], ids=["later", "at once"])
def test_an_error_that_cannot_be_printed_fails_its_arm_with_its_type(train: Train) -> None:
    """Whatever an exception of the user's does, it ends no run."""
    executor = InlineExecutor(Scripted(train))
    executor.submit(Trial(0), Job(0, 0, 3))
    *_, crash = events_until_idle(executor)

    assert isinstance(crash, Crash)
    assert crash.reason == "Unspeakable"


def events_until_idle(executor: InlineExecutor) -> list[Report | Crash]:
    """All that an executor reports."""
    found = []
    while executor.busy:
        found.append(executor.next_event())
    return found


@pytest.mark.parametrize("value", [np.float32(0.5), np.float64(0.5), np.array(0.5), Decimal("0.5"), 0.5])
def test_numbers_of_other_libraries_become_floats(value: float) -> None:
    """Whatever gave it, a value is a Python float from here on; so are seconds, and epochs are integers."""
    executor = InlineExecutor(Scripted(giving(Measurement(np.int64(1), value, np.float32(2)))))  # type: ignore[arg-type]
    executor.submit(Trial(0), Job(0, 0, 1))
    event = executor.next_event()

    assert isinstance(event, Report)
    assert event.measurement == Measurement(1, 0.5, 2.0)
    assert [int, float, float] == [type(event.measurement.epoch), type(event.measurement.value), type(event.clock)]


def test_integers_and_booleans_are_numbers() -> None:
    """They count as floats."""
    executor = InlineExecutor(Scripted(giving(Measurement(1, 3, 0), Measurement(2, True, 0))))
    executor.submit(Trial(0), Job(0, 0, 2))

    assert [executor.next_event().measurement.value for _ in range(2)] == [3.0, 1.0]  # type: ignore[union-attr]


def test_workers_are_simulated_for_replayed_objectives_only() -> None:
    """An objective that trains in real time has one worker here."""
    objective = ReplayObjective([[0.0]])
    objective.virtual_time = False
    with pytest.raises(SettingError, match="`workers` must be 1 for replay, which trains here, got 2"):
        InlineExecutor(objective, workers=2)

    assert InlineExecutor(objective, workers=1).idle == 1
    with pytest.raises(SettingError, match="`workers` must be an integer >= 1, got 0"):
        InlineExecutor(objective, workers=0)


def test_an_interrupt_is_not_a_crash() -> None:
    """Ctrl-C during training reaches whoever runs the executor."""

    def interrupted(trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        raise KeyboardInterrupt
        yield

    executor = InlineExecutor(Scripted(interrupted))
    executor.submit(Trial(0), Job(0, 0, 1))
    with pytest.raises(KeyboardInterrupt):
        executor.next_event()
