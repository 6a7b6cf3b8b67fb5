"""Whole runs of ASHA in both forms, written out job by job: (trial, start, stop)."""

import pytest

from bandits.curves import Trial
from bandits.errors import SettingError
from bandits.schedulers import ASHA, Done, Job, Measured, State, Wait
from bandits.stopping import EarlyStopper, ProbabilityRule
from bandits.testing import NeverDropRule, OraclePredictor, play

SCORES = [0.5, 0.1, 0.9, 0.2, 0.8, 0.3, 0.7, 0.4, 0.6]


def constant(trial_id: int, epoch: int) -> float:
    """Every arm has the same score after every epoch."""
    return SCORES[trial_id]


def triples(jobs: list[Job]) -> list[tuple[int, int, int]]:
    """Jobs as (trial, start, stop)."""
    return [(job.trial_id, job.start, job.stop) for job in jobs]


def test_promotion_with_one_worker() -> None:
    """A rung of n arms has promoted its best floor(n / 3) whenever a worker is free."""
    scheduler = ASHA(max_epochs=9)
    jobs = triples(play(scheduler, constant))

    expected = [
        (0, 0, 1),
        (1, 0, 1),
        (2, 0, 1),
        (2, 1, 3),  # 3 at epoch 1: the best is arm 2
        (3, 0, 1),
        (4, 0, 1),
        (5, 0, 1),
        (4, 1, 3),  # 6 at epoch 1: the best two are 2 and 4
        (6, 0, 1),
        (7, 0, 1),
        (8, 0, 1),
        (6, 1, 3),  # 9 at epoch 1: 2, 4 and 6
        (2, 3, 9),  # 3 at epoch 3: the best is arm 2
    ]
    assert expected == jobs
    assert {2} == {i for i, arm in scheduler.arms.items() if arm.state is State.COMPLETED}
    assert scheduler.counts[State.CUT] == 8
    rungs = [(rung.epochs, rung.started, rung.finished, rung.promoted) for rung in scheduler.brackets[0].rungs]
    expected = [(1, 9, 9, 3), (3, 3, 3, 1), (9, 1, 1, 0)]
    assert expected == rungs
    assert scheduler.brackets[0].best == 2


def test_promotion_with_two_workers() -> None:
    """A free worker starts a new arm where nobody can be promoted yet; it never waits while arms are left."""
    jobs = triples(play(ASHA(max_epochs=9), constant, workers=2))

    expected = [
        (0, 0, 1),
        (1, 0, 1),
        (2, 0, 1),  # when arm 0 has reported
        (3, 0, 1),  # when arm 1 has
        (2, 1, 3),  # when arm 2 has: 3 at epoch 1
        (4, 0, 1),  # when arm 3 has
        (5, 0, 1),  # arm 4 (arm 2 is at epoch 2)
        (6, 0, 1),  # arm 2 reaches epoch 3; 5 at epoch 1
        (4, 1, 3),  # arm 5: 6 at epoch 1
        (7, 0, 1),  # arm 6
        (8, 0, 1),  # arm 7 (arm 4 is at epoch 2)
        # arm 4 reaches epoch 3: 2 there; 8 at epoch 1, 2 of them on top: nothing to do for its worker
        (6, 1, 3),  # arm 8: 9 at epoch 1
        (2, 3, 9),  # arm 6: 3 at epoch 3
    ]
    assert expected == jobs


def test_the_highest_rung_is_promoted_first() -> None:
    """Where two rungs could promote, the arm further on goes first."""
    scheduler = ASHA(max_epochs=4, eta=2, trials=8)
    assert scheduler.horizons == (1, 2, 4)
    for trial_id in range(4):
        assert scheduler.ask() == Job(trial_id, 0, 1)
    scheduler.tell(Measured(Trial(0), 1, 0.1))
    scheduler.tell(Measured(Trial(1), 1, 0.2))
    assert scheduler.ask() == Job(1, 1, 2)  # the better of two
    scheduler.tell(Measured(Trial(2), 1, 0.3))
    scheduler.tell(Measured(Trial(3), 1, 0.4))
    assert scheduler.ask() == Job(3, 1, 2)  # the best of four; the second best, arm 2, can be promoted from now on
    scheduler.tell(Measured(Trial(1), 2, 0.2))
    scheduler.tell(Measured(Trial(3), 2, 0.4))  # and so can arm 3, one rung up

    assert scheduler.ask() == Job(3, 2, 4)
    assert scheduler.ask() == Job(2, 1, 2)
    assert scheduler.ask() == Job(4, 0, 1)


def test_stopping() -> None:
    """An arm goes on at once if it is in the top third of those that have come so far; the first one always is."""
    scheduler = ASHA(max_epochs=9, form="stopping")
    jobs = triples(play(scheduler, constant))

    expected = [
        (0, 0, 1),
        (0, 1, 3),  # first at epoch 1
        (0, 3, 9),  # first at epoch 3
        (1, 0, 1),  # 0.1: one place of 2, arm 0 is better
        (2, 0, 1),
        (2, 1, 3),  # 0.9: one place of 3
        (2, 3, 9),  # one place of 2 at epoch 3
        (3, 0, 1),
        (4, 0, 1),  # 0.8: one place of 5, arm 2 holds it
        (5, 0, 1),
        (6, 0, 1),  # 0.7: two places of 7, arms 2 and 4 (which was cut, but has been there)
        (7, 0, 1),
        (8, 0, 1),  # 0.6: three places of 9: arms 2, 4 and 6
    ]
    assert expected == jobs
    assert {0, 2} == {i for i, arm in scheduler.arms.items() if arm.state is State.COMPLETED}
    assert scheduler.counts[State.CUT] == 7


def test_stopping_never_pauses() -> None:
    """An arm that goes on does so before any new arm starts."""
    scheduler = ASHA(max_epochs=3, form="stopping")
    assert scheduler.ask() == Job(0, 0, 1)
    assert scheduler.ask() == Job(1, 0, 1)
    scheduler.tell(Measured(Trial(0), 1, 0.5))

    assert scheduler.ask() == Job(0, 1, 3)


def test_it_waits_only_when_all_arms_have_started() -> None:
    """With arms running and none left to start it waits; when they have reported and nobody can go on, it is done."""
    scheduler = ASHA(max_epochs=3, trials=2)
    assert [scheduler.ask(), scheduler.ask()] == [Job(0, 0, 1), Job(1, 0, 1)]
    assert scheduler.ask() == Wait()
    scheduler.tell(Measured(Trial(0), 1, 0.5))
    assert scheduler.ask() == Wait()
    scheduler.tell(Measured(Trial(1), 1, 0.5))
    assert scheduler.ask() == Done()
    assert [arm.state for arm in scheduler.arms.values()] == [State.CUT] * 2
    changes = {change.trial_id: change.reason for change in scheduler.take_changes() if change.state is State.CUT}
    assert changes[0] == "not in the top 0 of 2 at epoch 1 when the run ended"


def test_failed_arms_hold_up_nobody() -> None:
    """A rung counts the arms that reached it; those that failed are not among them."""
    jobs = triples(play(ASHA(max_epochs=9), lambda i, epoch: None if i in (0, 2) else SCORES[i]))

    # Epoch 1 is reached by 1, 3, 4 (the first three: arm 4 goes on), then 5, 6, 7 (arm 6 goes on), then 8.
    expected = [(4, 1, 3), (6, 1, 3)]
    assert expected == [job for job in jobs if job[1] == 1]


def test_default_number_of_trials() -> None:
    """By default eta^k arms start, so that one can be promoted up to R; counted exactly."""
    assert ASHA(max_epochs=243).trials == 243
    assert ASHA(max_epochs=1000, eta=10).trials == 1000
    assert ASHA(max_epochs=100).trials == 81
    assert ASHA(max_epochs=100, min_epochs=4).trials == 9
    assert ASHA(max_epochs=1).trials == 1


def test_one_rung_is_random_search() -> None:
    """Where the lowest rung is R, every arm trains all epochs at once."""
    expected = [(0, 0, 5), (1, 0, 5), (2, 0, 5)]
    for form in ("promotion", "stopping"):
        assert expected == triples(play(ASHA(max_epochs=5, min_epochs=5, trials=3, form=form), constant))


def test_in_the_stopping_form_the_bar_is_that_of_the_arrival() -> None:
    """An oracle drops just the arms that would have been cut on arrival, as long as none has been dropped before."""
    for first, second in ((0.5, 0.4), (0.5, 0.6)):
        plain = ASHA(max_epochs=8, eta=2, min_epochs=2, trials=2, form="stopping")
        watched = plain.fresh(stopper=EarlyStopper(OraclePredictor([[first] * 8, [second] * 8]), ProbabilityRule()))
        assert watched.horizons == (2, 4, 8)
        for scheduler in (plain, watched):
            play(scheduler, lambda i, _, pair=(first, second): pair[i])
        expected = "completed" if second > first else "cut"
        assert expected == plain.arms[1].state.value
        assert watched.arms[1].state.value == ("completed" if second > first else "dropped")


def test_dropped_arms_make_room_at_the_rung_that_they_were_on_their_way_to() -> None:
    """An arm that was dropped counts there as the worst, so the share of a rung is one of all that set out for it."""
    oracle = OraclePredictor([[score] * 6 for score in SCORES])
    scheduler = ASHA(max_epochs=6, min_epochs=2, trials=9, stopper=EarlyStopper(oracle, ProbabilityRule()))
    assert scheduler.horizons == (2, 6)
    jobs = triples(play(scheduler, constant))

    # Epoch 2, one place for every three: 0.5 and 0.1 are early, there is no place yet. 0.9 opens one and takes it.
    # 0.2 is dropped (one place, 0.9 has it). So is 0.8. The sixth opens a second place, for which 0.3 would have to
    # beat the best below the top, 0.5: it is dropped, and the place is arm 0's. 0.7 pushes arm 0 out, which has gone
    # on already. 0.4 is dropped. The ninth opens a third place, and 0.6 takes it.
    expected = [(2, 2, 6), (0, 2, 6), (6, 2, 6), (8, 2, 6)]
    assert expected == [job for job in jobs if job[1] == 2]
    rung = scheduler.brackets[0].rungs[0]
    assert (rung.started, rung.finished, rung.dropped, rung.promoted) == (9, 5, 4, 4)


def test_failed_arms_do_not_count_at_a_rung() -> None:
    """Of nine arms, six fail on their way: the other three promote one."""
    scheduler = ASHA(max_epochs=6, min_epochs=2, trials=9)
    play(scheduler, lambda i, epoch: None if i >= 3 and epoch == 2 else SCORES[i])

    assert scheduler.brackets[0].rungs[0].promoted == 1


def test_with_an_oracle_the_run_still_has_a_winner() -> None:
    """Arms go on to R although most are dropped, and the best of them is the best of the run without a stopper."""
    for form in ("promotion", "stopping"):
        for shift in range(5):
            scores = [(shift + 31 * i % 83) / 83 for i in range(81)]
            stopper = EarlyStopper(OraclePredictor([[score] * 27 for score in scores]), ProbabilityRule())
            plain, watched = (ASHA(max_epochs=27, trials=81, form=form, stopper=s) for s in (None, stopper))
            for scheduler in (plain, watched):
                play(scheduler, lambda trial_id, _, scores=scores: scores[trial_id])
            assert plain.brackets[0].best == watched.brackets[0].best
            assert watched.counts[State.DROPPED] > 10


def test_the_bar_at_the_last_rung_is_the_best_so_far() -> None:
    """On the way to R an arm is held against the n-th best arm that has got there."""
    stopper = EarlyStopper(OraclePredictor([[score] * 4 for score in SCORES]), ProbabilityRule(keep=1))
    scheduler = ASHA(max_epochs=4, min_epochs=4, trials=4, stopper=stopper)
    play(scheduler, constant)

    # 0.5 finishes; 0.1 is dropped; 0.9 finishes; 0.2 is dropped.
    expected = [State.COMPLETED, State.DROPPED, State.COMPLETED, State.DROPPED]
    assert expected == [arm.state for arm in scheduler.arms.values()]


def test_a_rule_that_never_drops_changes_nothing() -> None:
    """With a stopper that only watches, the jobs are those of a run without one."""
    oracle = OraclePredictor([[score] * 9 for score in SCORES])
    for form in ("promotion", "stopping"):
        watched = ASHA(max_epochs=9, form=form, stopper=EarlyStopper(oracle, NeverDropRule()))
        assert play(ASHA(max_epochs=9, form=form), constant) == play(watched, constant)


def test_reasons() -> None:
    """Promotions, cuts and completions say at which epoch and among how many."""
    promotion, stopping = ASHA(max_epochs=3), ASHA(max_epochs=3, form="stopping")
    play(promotion, constant)
    play(stopping, constant)

    expected = [
        (0, 1, "waits at epoch 1 to be promoted"),
        (1, 1, "waits at epoch 1 to be promoted"),
        (2, 1, "waits at epoch 1 to be promoted"),
        (2, 1, "in the top 1 of 3 at epoch 1"),
        (2, 3, "trained all 3 epochs"),
        (0, 1, "not in the top 1 of 3 at epoch 1 when the run ended"),
        (1, 1, "not in the top 1 of 3 at epoch 1 when the run ended"),
    ]
    assert expected == [(c.trial_id, c.epoch, c.reason) for c in promotion.take_changes()]
    expected = [
        (0, 1, "reached epoch 1"),
        (0, 1, "in the top 1 of 1 at epoch 1"),
        (0, 3, "trained all 3 epochs"),
        (1, 1, "not in the top 1 of 2 at epoch 1"),
        (2, 1, "reached epoch 1"),
        (2, 1, "in the top 1 of 3 at epoch 1"),
        (2, 3, "trained all 3 epochs"),
    ]
    assert expected == [(c.trial_id, c.epoch, c.reason) for c in stopping.take_changes()]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_epochs": 0}, "`max_epochs` must be an integer >= 1, got 0"),
        ({"max_epochs": 9, "eta": 1}, "`eta` must be an integer >= 2, got 1"),
        ({"max_epochs": 9, "trials": 0}, "`trials` must be an integer >= 1, got 0"),
        ({"max_epochs": 9, "min_epochs": 0}, "`min_epochs` must be an integer from 1 to 9, got 0"),
        ({"max_epochs": 9, "min_epochs": 10}, "`min_epochs` must be an integer from 1 to 9, got 10"),
        ({"max_epochs": 9, "form": "both"}, "`form` must be one of 'promotion', 'stopping', got 'both'"),
    ],
)
def test_settings_have_rules(settings: dict, message: str) -> None:
    """A broken setting is refused with its name, its rule and its value."""
    with pytest.raises(SettingError, match=message):
        ASHA(**settings)
