"""Whole runs of PASHA, written out job by job: (trial, start, stop)."""

from collections.abc import Callable

import numpy as np
import pytest

from bandits.errors import SettingError
from bandits.schedulers import ASHA, PASHA, Job, State
from bandits.schedulers.pasha import crossing_gaps
from bandits.stopping import EarlyStopper, ProbabilityRule
from bandits.testing import OraclePredictor, play

SCORES = [0.5, 0.1, 0.9, 0.2, 0.8, 0.3, 0.7, 0.4, 0.6]
TO_EPOCH_3 = [  # what nine arms with these scores do, as long as the longest training is 3 epochs
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
]


def but(*others: tuple[int, int, float]) -> Callable[[int, int], float]:
    """Every arm has the same score after every epoch, but for some (trial, epoch, score)."""
    changed = {(trial_id, epoch): score for trial_id, epoch, score in others}
    return lambda trial_id, epoch: changed.get((trial_id, epoch), SCORES[trial_id])


def triples(jobs: list[Job]) -> list[tuple[int, int, int]]:
    """Jobs as (trial, start, stop)."""
    return [(job.trial_id, job.start, job.stop) for job in jobs]


def test_a_stable_ranking_ends_the_run_at_the_second_rung() -> None:
    """Where three epochs rank the arms as one did, none trains longer; the best of those at epoch 3 is the best."""
    scheduler = PASHA(max_epochs=27, trials=9)
    assert scheduler.horizons == (1, 3, 9, 27)

    assert triples(play(scheduler, but())) == TO_EPOCH_3
    assert scheduler.counts[State.CUT] == 9
    assert scheduler.brackets[0].best == 2
    rungs = [(rung.epochs, rung.started, rung.promoted) for rung in scheduler.brackets[0].rungs]
    assert rungs == [(1, 9, 3), (3, 3, 0), (9, 0, 0), (27, 0, 0)]
    reasons = {change.trial_id: change.reason for change in scheduler.take_changes() if change.state is State.CUT}
    assert reasons[2] == "no arm had to go beyond epoch 3: the ranking was stable"
    assert reasons[0] == "not in the top 3 of 9 at epoch 1 when the run ended"


def test_a_ranking_that_changes_adds_a_rung() -> None:
    """Arm 2 falls behind arm 4 at epoch 3: epoch 9 is opened, and the best of the three at epoch 3 goes there."""
    scheduler = PASHA(max_epochs=27, trials=9)
    jobs = triples(play(scheduler, but((2, 3, 0.75))))

    assert [*TO_EPOCH_3, (4, 3, 9)] == jobs
    assert scheduler.brackets[0].best == 4
    assert scheduler.counts[State.COMPLETED] == 0


def test_rungs_are_added_up_to_the_last() -> None:
    """Where other arms fall behind at every rung, arms train to R in the end, and are complete there."""

    def falling(trial_id: int, epoch: int) -> float:
        score = SCORES[trial_id % 9] - trial_id / 1000
        falls_at = {0.9: 3, 0.8: 9 if trial_id % 2 == 0 else 99}.get(SCORES[trial_id % 9], 99)
        return score if epoch < falls_at else score - 0.5

    scheduler = PASHA(max_epochs=27, trials=54)
    play(scheduler, falling)

    started = [(rung.epochs, rung.started) for rung in scheduler.brackets[0].rungs]
    assert started == [(1, 54), (3, 18), (9, 6), (27, 2)]
    # Of the arms with 0.8 (4, 13, 22, 31, 40, 49), 13 and 31 are the best two that have not fallen.
    assert [13, 31] == [i for i, arm in scheduler.arms.items() if arm.state is State.COMPLETED]
    assert scheduler.brackets[0].best == 13


def test_curves_that_cross_and_cross_back_tell_what_is_noise() -> None:
    """Arms 2 and 4 change places twice and end 0.15 apart; so that 6 overtakes 4, 0.1 behind it before, is noise."""
    overtaking = [(2, 3, 0.9), (4, 3, 0.75), (6, 3, 0.8)]
    quiet, noisy = PASHA(max_epochs=27, trials=9), PASHA(max_epochs=27, trials=9)

    assert triples(play(quiet, but(*overtaking))) == [*TO_EPOCH_3, (2, 3, 9)]
    assert triples(play(noisy, but((2, 2, 0.7), (4, 2, 0.85), *overtaking))) == TO_EPOCH_3


def test_the_percentile_says_how_much_noise_is_tolerated() -> None:
    """Of two differences that are noise, the smaller does not excuse two arms that were 0.14 apart, the larger does."""
    curves = {
        2: [0.9, 0.1, 0.9],
        4: [0.8, 0.2, 0.75],  # with 2: ahead, behind, ahead; 0.15
        6: [0.66, 0.3, 0.77],  # with 2: the same; 0.13. With 4: overtakes for good, 0.14 behind it at epoch 1
    }
    for percentile, longest in ((0, 9), (100, 3)):
        scheduler = PASHA(max_epochs=27, trials=9, percentile=percentile)
        jobs = play(scheduler, lambda i, epoch: curves[i][min(epoch, 3) - 1] if i in curves else SCORES[i])
        assert max(job.stop for job in jobs) == longest


def test_equal_scores_do_not_change_a_ranking() -> None:
    """Arms that end alike at epoch 3 have not overtaken each other."""
    jobs = triples(play(PASHA(max_epochs=27, trials=9), but((2, 3, 0.6), (4, 3, 0.6), (6, 3, 0.6))))

    assert TO_EPOCH_3 == jobs


def test_failed_arms_are_not_ranked() -> None:
    """Where only one arm reaches the highest rung, nothing can be unsettled."""
    scheduler = PASHA(max_epochs=27, trials=9)
    play(scheduler, lambda i, epoch: None if i in (2, 4) and epoch == 3 else SCORES[i])

    assert scheduler.brackets[0].best == 6
    assert max(arm.epochs for arm in scheduler.arms.values()) == 3


def test_a_run_whose_arms_all_failed_has_no_best() -> None:
    """Nobody waits at the end, nobody has won."""
    scheduler = PASHA(max_epochs=27, trials=9)
    play(scheduler, lambda *_: None)

    assert scheduler.brackets[0].best is None


def test_the_best_is_one_of_those_that_came_furthest() -> None:
    """Where a rung was opened and nobody could go there, the best of the rung below is the run's."""
    scheduler = PASHA(max_epochs=27, trials=6)  # two arms reach epoch 3, too few to promote one
    play(scheduler, but((2, 3, 0.75)))

    assert scheduler.brackets[0].best == 4
    assert max(arm.epochs for arm in scheduler.arms.values()) == 3


def test_short_runs_are_those_of_asha() -> None:
    """With one rung or two, there is nothing to grow."""
    for max_epochs in (1, 2, 3):
        pasha, asha = (kind(max_epochs=max_epochs, trials=9) for kind in (PASHA, ASHA))
        assert play(asha, but((2, 3, 0.1))) == play(pasha, but((2, 3, 0.1)))
        assert pasha.counts == asha.counts


def test_an_arm_that_is_dropped_on_its_way_to_the_highest_rung_is_ranked_behind_the_others() -> None:
    """Arm 6 was the best at epoch 1, and a forecast says that it will not be at epoch 3: the ranking is not stable.
    Where it was the worst of the three, it is."""
    for first, expected in ((0.95, [(4, 3, 9)]), (0.7, [])):
        table = [[score] * 27 for score in SCORES]
        table[2], table[4] = [0.75] * 27, [0.8] * 27
        table[6] = [first] + [0.01] * 26
        stopper = EarlyStopper(OraclePredictor(table), ProbabilityRule())
        scheduler = PASHA(max_epochs=27, trials=9, stopper=stopper)
        jobs = triples(play(scheduler, lambda i, epoch, table=table: table[i][epoch - 1]))
        assert (scheduler.arms[6].state, scheduler.arms[6].epochs) == (State.DROPPED, 2)
        assert expected == [job for job in jobs if job[2] > 3]


def test_crossing_gaps() -> None:
    """Pairs whose order has changed twice or more count, with their last difference; equal scores have no order."""
    pairs = [
        [0.1, 0.2, 0.3],  # never
        [0.1, -0.2, -0.3],  # once
        [0.1, -0.2, 0.4],  # twice
        [0.1, -0.2, 0.0],  # once, then equal
        [0.0, -0.2, 0.5],  # once
        [0.1, 0.0, -0.6],  # once
        [-0.1, 0.2, -0.7],  # twice
    ]

    assert crossing_gaps(np.array(pairs)) == [0.4, 0.7]
    assert crossing_gaps(np.array([[0.1, 0.0, -0.2, 0.0, 0.0, 0.3, 0.0]])) == [0.0]


@pytest.mark.parametrize("percentile", [-1, 101, float("nan")])
def test_settings_have_rules(percentile: float) -> None:
    """A broken setting is refused with its name, its rule and its value."""
    with pytest.raises(SettingError, match=rf"`percentile` must be in \[0, 100\], got {percentile}"):
        PASHA(max_epochs=9, percentile=percentile)
