"""The median stopping rule, with medians worked out by hand."""

import pytest

from bandits.causes import Cause
from bandits.curves import Trial
from bandits.errors import SettingError
from bandits.schedulers import Job, Measured, MedianRule, Scheduler, State
from bandits.stopping import Drop, EarlyStopper, ProbabilityRule
from bandits.testing import OraclePredictor, play


def run_on(scheduler: Scheduler, curves: list[list[float]], workers: int = 1) -> list[tuple[str, int]]:
    """Play a table; (state, epochs) of every arm."""
    play(scheduler, lambda i, epoch: curves[i][epoch - 1], workers=workers)
    return [(arm.state.value, arm.epochs) for arm in scheduler.arms.values()]


CURVES = [
    [0.1, 0.2, 0.3, 0.4],  # means .1 .15 .2 .25
    [0.3, 0.3, 0.3, 0.3],  # means .3 .3 .3 .3
    [0.5, 0.6, 0.7, 0.8],  # means .5 .55 .6 .65
    [0.2, 0.9, 0.9, 0.9],  # cut after epoch 1: median of .1 .3 .5 is .3; its .2 counts from now on
    [0.25, 0.28, 0.9, 0.9],  # epoch 1: not below .25, the median of .1 .2 .3 .5; cut after 2: below .3 of .15 .3 .55
    [0.3, 0.2, 0.1, 0.1],  # epoch 1: .25; 2: .3 >= .2825, between .265 and .3; 3: its best is .3, not below .3
]


def test_an_arm_whose_best_is_below_the_median_of_the_means_is_cut() -> None:
    """Medians are of all that have ended, as far as they trained; an arm at the median goes on."""
    scheduler = MedianRule(trials=6, max_epochs=4, min_arms=3)

    expected = [("completed", 4), ("completed", 4), ("completed", 4), ("cut", 1), ("cut", 2), ("completed", 4)]
    assert expected == run_on(scheduler, CURVES)
    assert scheduler.planned_epochs == 24
    assert scheduler.brackets[0].best == 2


def test_a_cut_is_a_drop_without_a_forecast() -> None:
    """The verdict says stop, and why; the state is CUT, and the report counts the arm as one that did not finish."""
    scheduler = MedianRule(trials=2, max_epochs=2, min_arms=1)
    scheduler.ask()
    scheduler.tell(Measured(Trial(0), 1, 0.5))
    scheduler.tell(Measured(Trial(0), 2, 0.5))
    scheduler.ask()
    scheduler.take_changes()
    verdict = scheduler.tell(Measured(Trial(1), 1, 0.4))

    reason = "its best up to epoch 1 is worse than the median of the means of 1 arms"
    assert verdict == Drop(reason, cause=Cause.BELOW_MEDIAN)
    assert [(change.state, change.epoch, change.reason) for change in scheduler.take_changes()] == [
        (State.CUT, 1, reason)
    ]
    rung = scheduler.brackets[0].rungs[0]
    assert (rung.started, rung.finished, rung.dropped, rung.failed) == (2, 1, 1, 0)


def test_nobody_is_cut_before_enough_arms_have_ended() -> None:
    """Until `min_arms` have, every arm trains in full, however bad."""
    falling = [[score / 10] * 3 for score in (9, 8, 7, 6, 5, 4)]

    expected = [("completed", 3)] * 4 + [("cut", 1)] * 2
    assert expected == run_on(MedianRule(trials=6, max_epochs=3, min_arms=4), falling)


def test_failed_arms_do_not_count() -> None:
    """An arm that fails is in no median, and brings `min_arms` no nearer."""
    scheduler = MedianRule(trials=4, max_epochs=3, min_arms=2)
    scores = [0.9, 0.8, 0.7, 0.6]
    play(scheduler, lambda i, epoch: None if i == 0 or (i, epoch) == (1, 2) else scores[i])

    expected = ["failed", "failed", "completed", "completed"]
    assert expected == [arm.state.value for arm in scheduler.arms.values()]


def test_tests_come_after_the_warm_up_at_intervals() -> None:
    """With warm_up 2 and interval 3, arms are tested after epochs 3, 6 and 9, R excepted."""
    curves = [
        [0.1] * 3 + [1.0] * 6,  # means .1 .1 .1 .325 .46 .55 ...
        [0.0] * 9,
        [0.3] * 9,  # below the mean of epochs 1 to 4 already
        [0.6] * 9,  # above .55 after epoch 6, below the mean of 1 to 9, .7
    ]
    scheduler = MedianRule(trials=4, max_epochs=9, warm_up=2, interval=3, min_arms=1)

    assert [("completed", 9), ("cut", 3), ("cut", 6), ("completed", 9)] == run_on(scheduler, curves)


def test_equal_curves_are_never_below_their_own_median() -> None:
    """The mean of equal scores is that score, free of rounding."""
    scheduler = MedianRule(trials=8, max_epochs=12, min_arms=1)

    assert [("completed", 12)] * 8 == run_on(scheduler, [[0.1] * 12] * 8)


def test_with_several_workers_arms_that_still_run_do_not_count() -> None:
    """Two arms train side by side: neither can be cut for the other's sake; the third is held against the two."""
    scheduler = MedianRule(trials=3, max_epochs=2, min_arms=1)

    assert [("completed", 2), ("completed", 2), ("cut", 1)] == run_on(scheduler, [[0.9] * 2, [0.1] * 2, [0.4] * 2], 2)
    assert scheduler.fresh(stopper=None).ask() == Job(0, 0, 2)


def test_with_a_stopper_the_rule_grows_more_lenient() -> None:
    """Arms that a forecast drops count below all others at the epochs that they did not reach."""
    curves = [
        [0.5, 0.9, 0.7],  # means .5 .7 .7
        [0.7, 0.7, 0.7],
        [0.6, 0.6, 0.6],  # at the median of .5 .7; a forecast drops it after epoch 1
        [0.6, 0.6, 0.6],  # likewise
        [0.6, 0.6, 0.9],  # at epoch 2 the means are -inf -inf .7 .7: it goes on
    ]
    plain = MedianRule(trials=5, max_epochs=3, burn_in=2, min_arms=2)
    stopped = plain.fresh(stopper=EarlyStopper(OraclePredictor(curves), ProbabilityRule()))

    expected = [("completed", 3), ("completed", 3), ("cut", 2), ("cut", 2), ("cut", 2)]
    assert expected == run_on(plain, curves)
    expected = [("completed", 3), ("completed", 3), ("dropped", 1), ("dropped", 1), ("completed", 3)]
    assert expected == run_on(stopped, curves)
    assert stopped.brackets[0].best == 4


def test_arms_of_the_burn_in_that_were_cut_do_not_hold_it_up() -> None:
    """The burn-in ends when its arms have ended, however they did."""
    curves = [[0.5] * 3, [0.1] * 3, [0.5] * 3]
    scheduler = MedianRule(
        trials=3, max_epochs=3, burn_in=2, min_arms=1, stopper=EarlyStopper(OraclePredictor(curves), ProbabilityRule())
    )

    assert [("completed", 3), ("cut", 1), ("dropped", 1)] == run_on(scheduler, curves)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"trials": 0}, "`trials` must be an integer >= 1, got 0"),
        ({"max_epochs": 0}, "`max_epochs` must be an integer >= 1, got 0"),
        ({"warm_up": -1}, "`warm_up` must be an integer >= 0, got -1"),
        ({"min_arms": 0}, "`min_arms` must be an integer >= 1, got 0"),
        ({"interval": 0}, "`interval` must be an integer >= 1, got 0"),
    ],
)
def test_settings_have_rules(settings: dict, message: str) -> None:
    """A broken setting is refused with its name, its rule and its value."""
    with pytest.raises(SettingError, match=message):
        MedianRule(**({"trials": 5, "max_epochs": 4} | settings))
