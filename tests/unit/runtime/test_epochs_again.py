"""Epochs that are trained a second time because a model was lost: told, journalled, and charged to the budget."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bandits import Hyperband, RandomSearch, run
from bandits.curves import Trial
from bandits.objectives import Measurement
from bandits.report.summary import Summary
from bandits.runtime.executors import Report
from bandits.runtime.process_executor import ProcessExecutor
from bandits.runtime.records import EpochsAgain
from bandits.runtime.result import Result
from bandits.schedulers import FreezeThaw, Job, Scheduler
from bandits.testing import ReplayObjective
from tests.unit.report.test_report import shown
from tests.unit.runtime.worker_toys import climbing

R = 9
ROWS = [[(7 * i % 31) / 31 + epoch / 40 for epoch in range(R)] for i in range(31)]


class Forgetful(ReplayObjective):
    """Has lost every model that paused."""

    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        for measurement in super().train(trial, start, stop):
            yield replace(measurement, again=start if measurement.epoch == start + 1 else 0)


def resumed(result: Result) -> int:
    """The epochs of all arms at which they were resumed."""
    return sum(record.epochs for record in result.journal.records() if isinstance(record, EpochsAgain))


def test_a_function_that_another_process_takes_over_is_trained_again() -> None:
    """The worker that has an arm's training is busy, so another one begins it anew; later the one with most epochs."""
    executor = ProcessExecutor(climbing, 2)
    first, second = Trial(0, {"pace": 1.0}), Trial(1, {"pace": 0.5})
    told = []
    try:
        for jobs in (
            [(first, Job(0, 0, 2))],
            [(second, Job(1, 0, 4)), (first, Job(0, 2, 4))],
            [(first, Job(0, 4, 6))],
        ):
            for trial, job in jobs:
                executor.submit(trial, job)
            while executor.busy:
                event = executor.next_event()
                assert isinstance(event, Report)
                told.append((event.trial.id, event.measurement.epoch, event.again))
    finally:
        executor.close()

    assert [(0, 3, 2)] == [each for each in told if each[2]]
    assert [(0, 5, 0), (0, 6, 0)] == told[-2:]


def test_epochs_trained_again_are_told() -> None:
    """In the result, in the journal, in the JSON and in the summary."""
    result = run(Hyperband(R), Forgetful(ROWS))
    told = Summary("replay", None, result, result).as_json()

    assert 0 < result.epochs_again == resumed(result) == told["epochs_again"]
    assert f"{result.epochs_again} more trained again" in shown(result)
    assert 0 == run(Hyperband(R), ReplayObjective(ROWS)).epochs_again


@pytest.mark.parametrize("machine", [Hyperband(R, loops=20), FreezeThaw(R, budget=12)], ids=lambda each: each.name)
def test_epochs_trained_again_are_charged_to_the_budget(machine: Scheduler) -> None:
    """Only the last job may exceed it, since what is lost is known when it has been trained."""
    result = run(machine, Forgetful(ROWS), budget=None if isinstance(machine, FreezeThaw) else 12)

    assert result.epochs_again > R
    assert 10 * R < result.epochs_trained + result.epochs_again < 13 * R


def test_how_many_models_are_alive_at_once() -> None:
    """Arms that have begun and are not at their end: one in random search, all of a first rung in Hyperband."""
    results = [run(machine, ReplayObjective(ROWS)) for machine in (RandomSearch(5, R), Hyperband(R))]

    assert [1, 9] == [result.models_alive for result in results]
    assert 9 == Summary("replay", None, results[1], results[1]).as_json()["models_alive"]
    assert "at most 9 of arms that train or may train on" in shown(results[1])
