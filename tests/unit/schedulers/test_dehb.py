"""DEHB, written out by hand: who trains how far, and from whom each configuration is bred."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandits import EarlyStopper, ProbabilityRule
from bandits.curves import Trial
from bandits.schedulers import DEHB, Failed, Job, Measured, Parents, Scheduler, State
from bandits.testing import OraclePredictor, play
from bandits.verdicts import Drop

# Two loops of R = 9, eta = 3: brackets of 9, 3 and 1 arms at 1, 3 and 9 epochs, of 3 and 1, and of 3.
FIRST = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.85, 0.95, 0.7, 0.5, 0.3, 0.96]
SECOND = [0.05, 0.25, *[0.0] * 7, 0.2, 0.2, 0.75, 0.55, 0.0, 0.0, 0.0, 0.91, 0.0, 0.0, 0.0]
SCORES = [*FIRST, *SECOND]


def constant(trial_id: int, epoch: int) -> float | None:
    """Every arm has the same score after every epoch."""
    return SCORES[trial_id]


def bred(
    scheduler: Scheduler, score: Callable[[int, int], float | None] = constant
) -> tuple[list[Job], dict[int, Parents | None]]:
    """The jobs of one worker, and the parents of each arm when it is asked for."""
    jobs, parents = [], {}
    while isinstance(job := scheduler.ask(), Job):
        jobs.append(job)
        if job.start == 0:
            parents[job.trial_id] = scheduler.parents(job.trial_id)
        for epoch in range(job.start + 1, job.stop + 1):
            value = score(job.trial_id, epoch)
            trial = Trial(job.trial_id)
            if value is None:
                scheduler.tell(Failed(trial, "it had to"))
                break
            if isinstance(scheduler.tell(Measured(trial, epoch, value)), Drop):
                break
    return jobs, parents


def test_a_schedule() -> None:
    """The first loop is Hyperband's, with promotions; later rungs train arms of their own from their first epoch on."""
    scheduler = DEHB(max_epochs=9, loops=2)
    jobs = [(job.trial_id, job.start, job.stop) for job in bred(scheduler)[0]]

    assert jobs == [
        *((i, 0, 1) for i in range(9)), (8, 1, 3), (7, 1, 3), (6, 1, 3), (8, 3, 9),
        (9, 0, 3), (10, 0, 3), (11, 0, 3), (10, 3, 9),
        (12, 0, 9), (13, 0, 9), (14, 0, 9),
        *((i, 0, 1) for i in range(15, 24)), (24, 0, 3), (25, 0, 3), (26, 0, 3), (27, 0, 9),
        (28, 0, 3), (29, 0, 3), (30, 0, 3), (31, 0, 9),
        (32, 0, 9), (33, 0, 9), (34, 0, 9),
    ]  # fmt: skip
    assert scheduler.planned_epochs == sum(stop - start for _, start, stop in jobs)
    assert [bracket.name for bracket in scheduler.brackets[:4]] == [
        "loop 1, s = 2",
        "loop 1, s = 1",
        "loop 1, s = 0",
        "loop 2, s = 2",
    ]
    assert [bracket.best for bracket in scheduler.brackets] == [8, 10, 14, 27, 31, 32]


def test_parents() -> None:
    """First rungs breed from their own population, later ones from as many of the best below as they train arms; the
    arm in whose place a new one competes is its target; all others are the reserve."""
    parents = bred(DEHB(max_epochs=9, loops=2))[1]
    lowest = (8, 7, 6, 5, 4, 3, 2, 1, 0)

    assert [parents[i] for i in range(9)] == [None] * 9
    # at 3 epochs 8, 7 and 6 hold the places; 9 is worse than 8, 10 beats 7, and 11 equals 6, which suffices
    assert parents[9] == Parents(8, (7, 6), (8, 5, 4, 3, 2, 1, 0))
    assert parents[10] == Parents(7, (8, 6), (7, 5, 4, 3, 2, 1, 0))
    assert parents[11] == Parents(6, (10, 8), (7, 6, 5, 4, 3, 2, 1, 0))
    # at 9 epochs 8 and 10 were promoted, and the third place is free
    assert parents[12] == Parents(None, (10, 8), (*lowest[1:], 11))
    assert parents[13] == Parents(8, (10, 12), (*lowest, 11))
    assert parents[14] == Parents(10, (8, 12), (*lowest[1:], 10, 11))
    assert parents[15] == Parents(0, lowest[:-1], (0, 10, 11, 14, 12))
    # after one epoch 16 has beaten 1, nobody else won
    assert parents[24] == Parents(8, (8, 7, 6), (5, 4, 3, 2, 16, 0, 10, 11, 14, 12))
    # at 3 epochs 26 has beaten 11
    assert parents[27] == Parents(12, (10,), (8, 7, 6, 5, 4, 3, 2, 16, 0, 26, 14, 12))
    assert parents[28] == Parents(8, (10, 26), (8, 7, 6, 5, 4, 3, 2, 16, 0, 14, 27))
    assert parents[31] == Parents(8, (10,), (8, 7, 6, 5, 4, 3, 2, 16, 0, 26, 14, 27))
    assert parents[32] == Parents(14, (31, 27), (8, 7, 6, 5, 4, 3, 2, 16, 0, 10, 26, 14))


def test_arms_that_end_at_a_rung_say_what_became_of_them() -> None:
    """They are cut, and the reason says whether they are parents from now on."""
    scheduler = DEHB(max_epochs=9, loops=2)
    bred(scheduler)
    said = {change.trial_id: (change.state, change.reason) for change in scheduler.take_changes()}

    assert said[16] == (State.CUT, "ends at its rung, and takes the place of trial 1 in the population at epoch 1")
    assert said[24] == (State.CUT, "ends at its rung, and is worse than trial 8 of the population at epoch 3")
    assert said[27] == (State.COMPLETED, "trained all 9 epochs")


def test_failures_leave_places_free() -> None:
    """A free place goes to the next arm that reaches the rung; when every arm fails, no arm has a parent."""
    scheduler = DEHB(max_epochs=9, loops=2)
    parents = bred(scheduler, lambda trial_id, _: None if trial_id in (9, 12, 32) else SCORES[trial_id])[1]
    assert parents[27] is not None and parents[27].target is None

    nobody = bred(DEHB(max_epochs=9, loops=2), lambda *_: None)[1]
    assert {nobody[i] for i in range(9)} == {None}
    assert {nobody[i] for i in range(9, len(nobody))} == {Parents(None, (), ())}


def test_one_epoch_is_a_population_of_one() -> None:
    """R = 1 has one rung of one arm; it breeds from nobody but its target."""
    jobs, parents = bred(DEHB(max_epochs=1, loops=3), lambda trial_id, _: [0.5, 0.4, 0.6][trial_id])

    assert [(job.trial_id, job.start, job.stop) for job in jobs] == [(0, 0, 1), (1, 0, 1), (2, 0, 1)]
    assert parents == {0: None, 1: Parents(0, (), (0,)), 2: Parents(0, (), (0,))}


def test_several_workers_breed_from_who_has_finished() -> None:
    """The next bracket begins while a rung waits, with the parents that there are."""
    jobs = play(DEHB(max_epochs=9, loops=2), constant, workers=12)
    first = [(job.trial_id, job.start, job.stop) for job in jobs[:12]]

    assert first == [*((i, 0, 1) for i in range(9)), (9, 0, 3), (10, 0, 3), (11, 0, 3)]


scores = st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.5, 0.75, 1.0]), min_size=35 * 9, max_size=35 * 9)


@given(scores=scores, keep=st.integers(1, 3))
def test_a_forecast_without_error_changes_no_parent(scores: list[float], keep: int) -> None:
    """It saves epochs; promotions, places, targets and pools are the same, and so are the best arms."""
    table = [scores[i : i + 9] for i in range(0, len(scores), 9)]

    def score(trial_id: int, epoch: int) -> float:
        return table[trial_id][epoch - 1]

    plain = DEHB(max_epochs=9, loops=2)
    told = DEHB(max_epochs=9, loops=2, stopper=EarlyStopper(OraclePredictor(table), ProbabilityRule(keep=keep)))
    jobs, parents = bred(plain, score)
    jobs_told, parents_told = bred(told, score)

    assert parents == parents_told
    assert jobs == jobs_told
    best = sorted(arm.id for arm in plain.arms.values() if arm.state is State.COMPLETED)
    best.sort(key=lambda i: -table[i][8])
    assert all(told.arms[i].state is State.COMPLETED for i in best[:keep])


def test_an_arm_that_cannot_win_its_place_is_dropped() -> None:
    """In later loops the bar is the score of the target; where the place is free there is none."""
    table = [[score] * 9 for score in SCORES]
    scheduler = DEHB(max_epochs=9, loops=2, stopper=EarlyStopper(OraclePredictor(table), ProbabilityRule()))
    bred(scheduler)

    assert [scheduler.arms[i].state for i in (24, 26, 27)] == [State.DROPPED, State.CUT, State.COMPLETED]
    assert scheduler.arms[12].state is State.COMPLETED


@pytest.mark.parametrize(("arguments", "named"), [({"eta": 1}, "eta"), ({"loops": 0}, "loops")])
def test_settings_are_checked(arguments: dict[str, int], named: str) -> None:
    """One sentence names the setting."""
    with pytest.raises(ValueError, match=f"`{named}` must be"):
        DEHB(max_epochs=9, **arguments)
