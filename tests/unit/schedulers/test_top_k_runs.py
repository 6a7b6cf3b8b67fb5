"""Runs of "a few epochs for all, then the best k", written out job by job: (trial, start, stop)."""

import pytest

from bandits.errors import SettingError
from bandits.schedulers import Job, State, TopK
from bandits.stopping import EarlyStopper, ProbabilityRule
from bandits.testing import OraclePredictor, play

SCORES = [0.5, 0.1, 0.9, 0.2, 0.8]


def constant(trial_id: int, epoch: int) -> float:
    """Every arm has the same score after every epoch."""
    return SCORES[trial_id]


def triples(jobs: list[Job]) -> list[tuple[int, int, int]]:
    """Jobs as (trial, start, stop)."""
    return [(job.trial_id, job.start, job.stop) for job in jobs]


def test_the_best_k_go_on() -> None:
    """All arms train one epoch; then the best two resume, best first, and train to the end."""
    scheduler = TopK(trials=5, max_epochs=4, k=2)
    jobs = triples(play(scheduler, constant))

    expected = [(0, 0, 1), (1, 0, 1), (2, 0, 1), (3, 0, 1), (4, 0, 1), (2, 1, 4), (4, 1, 4)]
    assert expected == jobs
    assert scheduler.planned_epochs == 5 + 2 * 3
    assert [scheduler.arms[i].state for i in range(5)] == [
        State.CUT,
        State.CUT,
        State.COMPLETED,
        State.CUT,
        State.COMPLETED,
    ]
    assert scheduler.brackets[0].best == 2


def test_by_default_three_go_on_after_one_epoch() -> None:
    """The defaults are those of the paper."""
    scheduler = TopK(trials=200, max_epochs=100)

    assert scheduler.horizons == (1, 100)
    assert scheduler.planned_epochs == 200 + 3 * 99


def test_equal_scores_go_to_the_smaller_id() -> None:
    """Of arms that are all the same, the first k go on."""
    jobs = triples(play(TopK(trials=4, max_epochs=3, k=2, first_epochs=2), lambda *_: 0.5))

    assert jobs[4:] == [(0, 2, 3), (1, 2, 3)]


def test_with_several_workers_the_cut_waits_for_all_arms() -> None:
    """Nobody goes on before the last arm has had its first epochs."""
    jobs = triples(play(TopK(trials=5, max_epochs=4, k=2, first_epochs=2), constant, workers=3))

    expected = [(0, 0, 2), (1, 0, 2), (2, 0, 2), (3, 0, 2), (4, 0, 2), (2, 2, 4), (4, 2, 4)]
    assert expected == jobs


def test_failed_arms_are_not_among_the_best_and_nobody_takes_a_later_place() -> None:
    """An arm that fails at once makes room for the next best; one that fails after the cut makes none."""
    scheduler = TopK(trials=5, max_epochs=4, k=2)
    jobs = triples(play(scheduler, lambda i, epoch: None if i == 2 or (i, epoch) == (4, 3) else SCORES[i]))

    assert jobs[5:] == [(4, 1, 4), (0, 1, 4)]
    assert +scheduler.counts == {State.FAILED: 2, State.CUT: 2, State.COMPLETED: 1}


def test_all_arms_go_on_where_there_are_no_more_than_k() -> None:
    """With fewer arms than k there is no cut."""
    jobs = triples(play(TopK(trials=2, max_epochs=3), constant))

    assert jobs == [(0, 0, 1), (1, 0, 1), (0, 1, 3), (1, 1, 3)]


def test_with_all_epochs_first_it_is_random_search() -> None:
    """Where the first epochs are all there are, every arm trains in full."""
    scheduler = TopK(trials=2, max_epochs=3, first_epochs=3)

    assert triples(play(scheduler, constant)) == [(0, 0, 3), (1, 0, 3)]
    assert scheduler.counts[State.COMPLETED] == 2


def test_with_a_stopper_the_last_arms_compete_with_those_that_have_ended() -> None:
    """The best arm ends first; the next one is dropped when a forecast says that it will not beat it."""
    stopper = EarlyStopper(OraclePredictor([[score] * 4 for score in SCORES]), ProbabilityRule())
    scheduler = TopK(trials=5, max_epochs=4, k=2, stopper=stopper)
    play(scheduler, constant)

    assert scheduler.arms[2].state is State.COMPLETED
    assert (scheduler.arms[4].state, scheduler.arms[4].epochs) == (State.DROPPED, 2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"trials": 0}, "`trials` must be an integer >= 1, got 0"),
        ({"max_epochs": 0}, "`max_epochs` must be an integer >= 1, got 0"),
        ({"k": 0}, "`k` must be an integer >= 1, got 0"),
        ({"first_epochs": 0}, "`first_epochs` must be an integer from 1 to 4, got 0"),
        ({"first_epochs": 5}, "`first_epochs` must be an integer from 1 to 4, got 5"),
    ],
)
def test_settings_have_rules(settings: dict, message: str) -> None:
    """A broken setting is refused with its name, its rule and its value."""
    with pytest.raises(SettingError, match=message):
        TopK(**({"trials": 5, "max_epochs": 4} | settings))
