"""The loop: a whole run, its failures and its journal."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bandits import ASHA, EarlyStopper, Hyperband, ProbabilityRule, RandomSearch, Result, SuccessiveHalving, run
from bandits.curves import Trial
from bandits.errors import ProtocolError, SettingError
from bandits.objectives.base import Measurement
from bandits.runtime import MemoryJournal, SqliteJournal
from bandits.runtime.records import (
    Changed,
    Ended,
    Epoch,
    JobStarted,
    Record,
    RunStarted,
    TrialFailed,
    TrialStarted,
    VerdictGiven,
)
from bandits.samplers.base import Sampler
from bandits.schedulers import Job, Scheduler, State, Wait
from bandits.testing import OraclePredictor, ReplayObjective

CURVES = [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.9, 0.6, 0.5], [0.2, 0.2, 0.2]]
OTHER_WAY = [[-value for value in row] for row in CURVES]


def kinds(records: Iterator[Record]) -> list[str]:
    """What happened, a word a record."""
    return [type(record).__name__ for record in records]


def test_a_run_from_start_to_end() -> None:
    """Three arms, R = 3: everything that happens, in order."""
    result = run(SuccessiveHalving(max_epochs=3), ReplayObjective(CURVES, seconds=[1.0, 2.0, 4.0]), seed=5)
    seeds = [trial.seed for trial in result.trials.values()]

    waits = "waits at epoch 1 for the others at its rung"
    settings = {"max_epochs": 3, "eta": 3, "trials": 3, "kappa": None, "loops": 1}
    expected: list[Record] = [
        RunStarted("halving", settings, None, "replay", "value", "maximize", 5, 1),
        TrialStarted(0, {"row": 0}, {"row": 0.0}, seeds[0]),
        JobStarted(0, 0, 1, 0.0),
        Epoch(0, 1, 0.1, 1.0, 1.0),
        Changed(0, State.PAUSED, 1, waits),
        TrialStarted(1, {"row": 1}, {"row": 1.0}, seeds[1]),
        JobStarted(1, 0, 1, 1.0),
        Epoch(1, 1, 0.4, 2.0, 3.0),
        Changed(1, State.PAUSED, 1, waits),
        TrialStarted(2, {"row": 2}, {"row": 2.0}, seeds[2]),
        JobStarted(2, 0, 1, 3.0),
        Epoch(2, 1, 0.9, 4.0, 7.0),
        Changed(2, State.PAUSED, 1, waits),
        Changed(2, State.QUEUED, 1, "rank 1 of 3 at epoch 1; the best 1 go on"),
        Changed(1, State.CUT, 1, "rank 2 of 3 at epoch 1; the best 1 go on"),
        Changed(0, State.CUT, 1, "rank 3 of 3 at epoch 1; the best 1 go on"),
        JobStarted(2, 1, 3, 7.0),
        Epoch(2, 2, 0.6, 4.0, 11.0),
        Epoch(2, 3, 0.5, 4.0, 15.0),
        Changed(2, State.COMPLETED, 3, "trained all 3 epochs"),
        Ended("done", 15.0),
    ]
    assert expected == list(result.journal.records())
    assert (result.epochs_trained, result.seconds, result.interrupted) == (5, 15.0, False)


def test_the_incumbent_of_a_lower_rung_is_not_lost() -> None:
    """The best value is the best seen where arms are compared, wherever that was."""
    result = run(SuccessiveHalving(max_epochs=3), ReplayObjective(CURVES))

    assert result.best is not None
    assert (result.best.trial.id, result.best.epoch, result.best_value) == (2, 1, 0.9)
    assert result.brackets[0].best_score == 0.5  # at the end it was no better than that
    assert result.best_config == {"row": 2}


def test_epochs_between_rungs_do_not_compete() -> None:
    """A value that nobody stops at is not the best, however good it was."""
    result = run(RandomSearch(trials=2, max_epochs=3), ReplayObjective([[0.1, 0.99, 0.3], [0.1, 0.2, 0.4]]))

    assert (result.best_trial, result.best_value) == (1, 0.4)


def test_equal_values_go_to_the_smaller_id() -> None:
    """However many workers there are, and whoever came first."""
    for workers in (1, 2, 3):
        objective = ReplayObjective([[0.5]] * 3, seconds=[3.0, 2.0, 1.0])
        result = run(RandomSearch(trials=3, max_epochs=1), objective, workers=workers)
        assert result.best_trial == 0


def test_minimising_is_maximising_the_other_way() -> None:
    """The same values negated, with the other goal, give the same decisions; values keep their own sign."""
    up = run(Hyperband(max_epochs=3), ReplayObjective(CURVES))
    down = run(Hyperband(max_epochs=3), ReplayObjective(OTHER_WAY, goal="minimize"))

    assert up.best_value == 0.9
    assert down.best_value == -0.9
    assert [row["state"] for row in up.rows()] == [row["state"] for row in down.rows()]
    assert [row["value"] for row in up.rows()] == [-row["value"] for row in down.rows()]


def test_failing_trials_are_recorded_and_the_run_goes_on() -> None:
    """NaN fails a trial, with the reason; the others are ranked without it."""
    curves = [[0.1] * 3, [math.nan] * 3, [0.9, math.nan, 0.9], [0.2] * 3]
    result = run(SuccessiveHalving(max_epochs=3), ReplayObjective(curves))

    assert [row["state"] for row in result.rows()] == ["cut", "failed", "failed"]
    failures = [record for record in result.journal.records() if isinstance(record, TrialFailed)]
    expected = [
        TrialFailed(1, 0, "the value of epoch 1 must be a finite number, got nan", 1.0),
        TrialFailed(2, 1, "the value of epoch 2 must be a finite number, got nan", 2.0),
    ]
    assert expected == failures
    assert [row["epochs"] for row in result.rows()] == [1, 0, 1]
    assert (result.best_trial, result.best_value) == (2, 0.9)


@pytest.mark.parametrize(
    "scheduler",
    [
        RandomSearch(trials=5, max_epochs=3),
        SuccessiveHalving(max_epochs=3, trials=5),
        Hyperband(max_epochs=3),
        ASHA(max_epochs=3),
        ASHA(max_epochs=3, form="stopping"),
    ],
    ids=lambda scheduler: f"{scheduler.name}",
)
def test_when_every_trial_fails_the_run_ends_without_a_best(scheduler: Scheduler) -> None:
    """No best, no regret, a row for every trial."""
    result = run(scheduler, ReplayObjective([[math.nan] * 3]), workers=2)

    assert (result.best, result.best_value, result.best_trial, result.best_config, result.regret) == (None,) * 5
    assert result.count(State.FAILED) == scheduler.total_trials == len(result.rows())
    assert [None] * scheduler.total_trials == [row["value"] for row in result.rows()]
    assert isinstance(list(result.journal.records())[-1], Ended)


class Interrupting(ReplayObjective):
    """Is interrupted (Ctrl-C) in the second epoch of trial 1."""

    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        for measurement in super().train(trial, start, stop):
            if (trial.id, measurement.epoch) == (1, 2):
                raise KeyboardInterrupt
            yield measurement


def test_an_interrupt_leaves_a_result_and_a_readable_journal(tmp_path: Path) -> None:
    """What was measured until then is there, and what was held for unfinished trials is freed."""
    objective = Interrupting(CURVES)
    with SqliteJournal.create(tmp_path / "run.journal") as journal:
        result = run(RandomSearch(trials=3, max_epochs=3), objective, journal=journal)

    assert result.interrupted
    assert (result.epochs_trained, result.best_trial) == (4, 0)
    assert [row["state"] for row in result.rows()] == ["completed", "running"]
    assert objective.released == [0, 1]
    with SqliteJournal.open(tmp_path / "run.journal") as journal:
        records = list(journal.records())
    assert records[-1] == Ended("interrupted", 4.0)
    assert sum(isinstance(record, Epoch) for record in records) == 4


def test_an_interrupt_before_a_trial_has_a_configuration() -> None:
    """A trial that the scheduler has asked for but nobody has configured is left out of the rows."""

    class Slow(Sampler):
        def propose(self, trial_id: int) -> Mapping[str, object]:
            if trial_id == 1:
                raise KeyboardInterrupt
            return {"row": trial_id}

    result = run(RandomSearch(trials=3, max_epochs=3), ReplayObjective(CURVES), sampler=Slow())

    assert result.interrupted
    assert [row["trial"] for row in result.rows()] == [0]


def test_the_same_arguments_give_the_same_run() -> None:
    """Record for record, with several workers and a stopper too; the scheduler can be used again."""
    oracle = OraclePredictor(CURVES)
    for scheduler in (Hyperband(max_epochs=3, stopper=EarlyStopper(oracle, ProbabilityRule())), ASHA(max_epochs=3)):
        for workers in (1, 3):
            first, second = (
                run(scheduler, ReplayObjective(CURVES, seconds=[1.0, 2.5]), seed=3, workers=workers) for _ in range(2)
            )
            assert list(first.journal.records()) == list(second.journal.records())
        assert scheduler.arms == {}


def test_seeds_reach_the_trials() -> None:
    """Every trial has a seed of its own, which depends on the run's seed and its id alone."""
    one = run(RandomSearch(trials=4, max_epochs=1), ReplayObjective(CURVES), seed=0)
    other = run(Hyperband(max_epochs=3), ReplayObjective(CURVES), seed=0, workers=2)
    third = run(RandomSearch(trials=4, max_epochs=1), ReplayObjective(CURVES), seed=1)
    seeds = {trial.id: trial.seed for trial in one.trials.values()}

    assert len(set(seeds.values())) == 4
    assert seeds == {i: other.trials[i].seed for i in range(4)}
    assert not set(seeds.values()) & {trial.seed for trial in third.trials.values()}


def test_a_trial_is_released_once_when_it_has_ended() -> None:
    """Paused trials are held on to; those that have ended, however they did, are freed once."""
    curves = [[(5 * i % 7) / 7, math.nan if i % 4 == 3 else 0.5, 0.6] + [0.7] * 6 for i in range(40)]
    schedulers: list[Scheduler] = [
        Hyperband(max_epochs=9, stopper=EarlyStopper(OraclePredictor(curves), ProbabilityRule())),
        RandomSearch(
            trials=30, max_epochs=9, burn_in=5, stopper=EarlyStopper(OraclePredictor(curves), ProbabilityRule())
        ),
        ASHA(max_epochs=9, trials=30),
        ASHA(max_epochs=9, trials=30, form="stopping"),
    ]
    for scheduler in schedulers:
        objective = ReplayObjective(curves)
        run(scheduler, objective, workers=2)
        assert dict.fromkeys(range(scheduler.total_trials), 1) == dict(sorted(Counter(objective.released).items()))


def test_an_objective_must_be_long_enough() -> None:
    """More epochs than it offers are refused before anything is written."""
    result: list[Record] = []

    class Writes:
        def append(self, record: Record) -> None:
            result.append(record)

        def records(self, trial: int | None = None) -> Iterator[Record]:
            return iter(result)

    with pytest.raises(SettingError, match="`max_epochs` must be <= 3, the length of replay, got 9"):
        run(Hyperband(max_epochs=9), ReplayObjective(CURVES), journal=Writes())
    assert result == []


@pytest.mark.parametrize("scheduler", [RandomSearch(10**20, 3), Hyperband(3, loops=1000, eta=2)])
def test_a_run_that_would_not_end_is_refused(scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    """More trials than memory holds need a budget, which ends the run."""
    message = rf"^trials of {scheduler.name} must be at most 1,000 in all, unless a budget ends the run, got [0-9]+$"
    monkeypatch.setattr("bandits.runtime.loop._MOST_TRIALS", 1000)

    with pytest.raises(SettingError, match=message):
        run(scheduler, ReplayObjective(CURVES))
    assert run(scheduler, ReplayObjective(CURVES), budget="9epochs").epochs_trained in (8, 9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "`seed` must be an integer >= 0, got -1"),
        ({"seed": 1.5}, "`seed` must be an integer >= 0, got 1.5"),
        ({"workers": 0}, "`workers` must be an integer >= 1, got 0"),
    ],
)
def test_arguments_have_rules(arguments: dict[str, Any], message: str) -> None:
    """A broken argument is refused with its name, its rule and its value."""
    with pytest.raises(SettingError, match=message):
        run(RandomSearch(trials=1, max_epochs=1), ReplayObjective(CURVES), **arguments)


def test_values_of_numpy_are_welcome() -> None:
    """float32 and integers count; results and rows hold plain numbers that JSON can say."""
    result = run(SuccessiveHalving(max_epochs=3), ReplayObjective(np.array(CURVES, dtype=np.float32)))  # type: ignore[arg-type]

    assert result.best_value == pytest.approx(0.9)
    assert type(result.best_value) is float
    assert json.loads(json.dumps(result.rows())) == result.rows()


def test_watching_a_run() -> None:
    """`watch` sees the growing result after every event, the failures too."""
    seen: list[tuple[int, float, int | None, int]] = []

    def watch(result: Result) -> None:
        seen.append((result.epochs_trained, result.seconds, result.best_trial, result.count(State.FAILED)))

    run(RandomSearch(trials=3, max_epochs=2), ReplayObjective([[0.1, 0.2], [0.3, math.nan], [0.5, 0.6]]), watch=watch)

    expected = [
        (1, 1.0, None, 0),
        (2, 2.0, 0, 0),  # trial 0 is done
        (3, 3.0, 0, 0),
        (3, 3.0, 0, 1),  # trial 1 fails at once
        (4, 4.0, 0, 0 + 1),
        (5, 5.0, 2, 1),
    ]
    assert expected == seen


def test_rows_say_what_became_of_every_trial() -> None:
    """One row a trial, in the order of ids."""
    result = run(
        RandomSearch(
            trials=3, max_epochs=3, burn_in=1, stopper=EarlyStopper(OraclePredictor(CURVES), ProbabilityRule())
        ),
        ReplayObjective(CURVES),
    )

    expected = [
        {
            "trial": 0,
            "state": "completed",
            "epochs": 3,
            "value": 0.3,
            "bracket": "random search",
            "reason": "trained all 3 epochs",
            "config": {"row": 0},
        },
        {
            "trial": 1,
            "state": "completed",
            "epochs": 3,
            "value": 0.6,
            "bracket": "random search",
            "reason": "trained all 3 epochs",
            "config": {"row": 1},
        },
        {
            "trial": 2,
            "state": "dropped",
            "epochs": 1,
            "value": 0.9,
            "bracket": "random search",
            "reason": "P(value at epoch 3 <= 0.6) = 1 >= 0.99",
            "config": {"row": 2},
        },
    ]
    assert expected == result.rows()


def test_verdicts_are_written_in_the_units_of_the_metric() -> None:
    """A journal of a minimised metric holds raw values, bars and forecasts, and says >= where the arm loses."""
    losses = [[3.0, 2.0], [5.0, 4.0], [1.5, 1.0]]
    scores = [[-value for value in row] for row in losses]
    scheduler = RandomSearch(
        trials=3, max_epochs=2, burn_in=1, stopper=EarlyStopper(OraclePredictor(scores), ProbabilityRule())
    )
    result = run(scheduler, ReplayObjective(losses, goal="minimize"))
    advice = [record for record in result.journal.records() if isinstance(record, VerdictGiven)]

    dropped, kept = "P(value at epoch 2 >= 2) = 1 >= 0.99", "P(value at epoch 2 >= 2) = 0 < 0.99"
    no_bar = "no bar yet: too few arms have finished to say what it takes to win"
    expected = [
        VerdictGiven(0, 1, False, no_bar, cause="no_bar"),
        VerdictGiven(1, 1, True, dropped, 4.0, 0.0, horizon=2, bar=2.0, probability=1.0, cause="below_bar"),
        VerdictGiven(2, 1, False, kept, 1.0, 0.0, horizon=2, bar=2.0, probability=0.0, cause="may_win"),
    ]
    assert expected == advice
    assert Changed(1, State.DROPPED, 1, dropped) in list(result.journal.records(trial=1))
    assert result.rows()[1]["reason"] == dropped


def test_a_dropped_arm_does_not_begin_another_epoch() -> None:
    """It stops after the epoch at which it was judged."""
    objective = ReplayObjective([[0.9] * 5, [0.1] * 5])
    stopper = EarlyStopper(OraclePredictor(objective.curves), ProbabilityRule())
    run(RandomSearch(trials=2, max_epochs=5, burn_in=1, stopper=stopper), objective)

    expected = [(0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (1, 1)]
    assert expected == objective.begun


def test_costs_are_counted_once_when_arms_resume() -> None:
    """Every epoch of every arm is trained and counted once: 1581 in all for R = 81."""
    objective = ReplayObjective([[(7 * i % 31) / 31] * 81 for i in range(143)])
    result = run(Hyperband(max_epochs=81), objective)

    assert result.epochs_trained == 1581
    assert len(objective.begun) == len(set(objective.begun)) == 1581
    assert result.seconds == 1581.0


def test_renaming_changes_nothing() -> None:
    """No decision depends on what objective or metric are called."""
    runs = []
    for name in ("replay", "another name"):
        objective = ReplayObjective(CURVES)
        objective.name = name
        runs.append(run(Hyperband(max_epochs=3), objective, seed=4))

    assert list(runs[0].journal.records())[1:] == list(runs[1].journal.records())[1:]


def test_a_sampler_may_be_given() -> None:
    """Configurations come from it instead of the objective's own."""

    class Fixed(Sampler):
        def propose(self, trial_id: int) -> Mapping[str, object]:
            return {"row": 3, "asked for": trial_id}

    result = run(RandomSearch(trials=2, max_epochs=1), ReplayObjective(CURVES), sampler=Fixed())

    expected = [{"row": 3, "asked for": 0}, {"row": 3, "asked for": 1}]
    assert expected == [row["config"] for row in result.rows()]


def test_regret_is_the_distance_to_the_best_of_the_table() -> None:
    """Where the objective knows its best value, in raw units, whichever way is better."""
    for curves, goal in ((CURVES, "maximize"), (OTHER_WAY, "minimize")):
        objective = ReplayObjective(curves, goal=goal)  # type: ignore[arg-type]
        assert run(RandomSearch(trials=1, max_epochs=3), objective).regret is None
        best = 0.6 if goal == "maximize" else -0.6
        objective.best_possible = lambda epochs, best=best: best  # type: ignore[method-assign, assignment, misc]
        assert run(RandomSearch(trials=1, max_epochs=3), objective).regret == pytest.approx(0.3)


def test_a_scheduler_that_waits_for_nobody_is_stuck() -> None:
    """A broken scheduler is told apart from a run that is done."""

    class Stuck(RandomSearch):
        def ask(self) -> Job | Wait:
            return Wait()

    with pytest.raises(ProtocolError, match="random waits for an arm, but none is running"):
        run(Stuck(trials=1, max_epochs=1), ReplayObjective(CURVES))


def test_what_happens_comes_before_what_follows_from_it() -> None:
    """A promotion is journalled before the job that it leads to, also where the scheduler promotes when asked."""
    result = run(ASHA(max_epochs=3), ReplayObjective(CURVES))
    about_two = kinds(result.journal.records(trial=2))

    expected = ["TrialStarted", "JobStarted", "Epoch", "Changed", "Changed", "JobStarted", "Epoch", "Epoch", "Changed"]
    assert expected == about_two


def test_an_error_outside_any_trial_ends_the_journal_and_is_raised() -> None:
    """A sampler that raises ends the run; what was measured before is in the journal, which says that it failed."""

    class Faulty(Sampler):
        def propose(self, trial_id: int) -> dict[str, object]:
            if trial_id == 2:
                raise RuntimeError("no more ideas")
            return {"row": trial_id}

    journal = MemoryJournal()
    objective = ReplayObjective([[0.1, 0.2], [0.2, 0.3], [0.3, 0.4]])
    with pytest.raises(RuntimeError, match="no more ideas"):
        run(RandomSearch(3, 2), objective, sampler=Faulty(), journal=journal)
    records = list(journal.records())

    assert len([record for record in records if isinstance(record, Epoch)]) == 4
    assert records[-1] == Ended("failed", 4.0)
