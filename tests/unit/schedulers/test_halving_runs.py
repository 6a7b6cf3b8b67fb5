"""Whole runs of successive halving and Hyperband, written out job by job: (trial, start, stop)."""

import math

import pytest

from bandits.curves import Trial
from bandits.errors import SettingError
from bandits.schedulers import Failed, Hyperband, Job, Measured, Scheduler, State, SuccessiveHalving, Wait
from bandits.stopping import EarlyStopper, ProbabilityRule
from bandits.testing import NeverDropRule, OraclePredictor, play

Jobs = list[tuple[int, int, int]]

# Scores of nine arms after epochs 1, 3 and 9; in between, the last one stays.
NINE = {
    0: (0.1, 0.1, 0.1),
    1: (0.9, 0.85, 0.8),  # best at epoch 1
    2: (0.3, 0.3, 0.3),
    3: (0.8, 0.95, 0.7),  # best at epoch 3
    4: (0.2, 0.2, 0.2),
    5: (0.7, 0.75, 0.75),
    6: (0.4, 0.4, 0.4),
    7: (0.6, 0.6, 0.99),  # would have been the best at epoch 9
    8: (0.5, 0.5, 0.5),
}


def nine(trial_id: int, epoch: int) -> float:
    """The score of one of the nine arms (or of its like, nine ids on) after an epoch."""
    return NINE[trial_id % 9][0 if epoch < 3 else 1 if epoch < 9 else 2]


def triples(jobs: list[Job]) -> Jobs:
    """Jobs as (trial, start, stop)."""
    return [(job.trial_id, job.start, job.stop) for job in jobs]


def states(scheduler: Scheduler) -> dict[int, str]:
    """The state of every arm, as a word."""
    return {trial_id: arm.state.value for trial_id, arm in sorted(scheduler.arms.items())}


def test_successive_halving_of_nine() -> None:
    """9 arms train 1 epoch, the best 3 go on to epoch 3, best first, and the best of those to epoch 9."""
    scheduler = SuccessiveHalving(max_epochs=9)
    jobs = triples(play(scheduler, nine))

    expected = [
        *((i, 0, 1) for i in range(9)),  # all
        (1, 1, 3),  # 0.9
        (3, 1, 3),  # 0.8
        (5, 1, 3),  # 0.7
        (3, 3, 9),  # 0.95
    ]
    assert expected == jobs
    assert states(scheduler) == dict.fromkeys(range(9), "cut") | {3: "completed"}
    assert scheduler.brackets[0].best == 3
    assert scheduler.brackets[0].best_score == 0.7


def test_successive_halving_with_two_workers() -> None:
    """A worker that finds its rung waiting for the last arm waits too; the jobs are the same."""
    scheduler = SuccessiveHalving(max_epochs=9)
    jobs = triples(play(scheduler, nine, workers=2))

    assert triples(play(SuccessiveHalving(max_epochs=9), nine)) == jobs


def test_hyperband_of_nine() -> None:
    """R = 9, eta = 3: nine arms from epoch 1, five from epoch 3, three to epoch 9 at once; ids in that order."""
    scheduler = Hyperband(max_epochs=9)
    jobs = triples(play(scheduler, nine))

    expected = [
        # s = 2: arms 0 to 8, as successive halving above
        *((i, 0, 1) for i in range(9)),
        (1, 1, 3),
        (3, 1, 3),
        (5, 1, 3),
        (3, 3, 9),
        # s = 1: ceil(3 * 3 / 2) = 5 arms, 9 to 13, with the scores of arms 0 to 4
        *((i, 0, 3) for i in range(9, 14)),
        (12, 3, 9),  # 0.95 at epoch 3; floor(5 / 3) = 1 goes on
        # s = 0: three arms, 14 to 16, with the scores of arms 5 to 7
        *((i, 0, 9) for i in range(14, 17)),
    ]
    assert expected == jobs
    assert scheduler.planned_epochs == 9 + 3 * 2 + 6 + 5 * 3 + 6 + 27
    assert [bracket.name for bracket in scheduler.brackets] == ["s = 2", "s = 1", "s = 0"]
    assert [(b.best, b.best_score) for b in scheduler.brackets] == [(3, 0.7), (12, 0.7), (16, 0.99)]
    rungs = [[(r.epochs, r.started, r.finished, r.promoted) for r in b.rungs] for b in scheduler.brackets]
    expected_rungs = [[(1, 9, 9, 3), (3, 3, 3, 1), (9, 1, 1, 0)], [(3, 5, 5, 1), (9, 1, 1, 0)], [(9, 3, 3, 0)]]
    assert expected_rungs == rungs


def test_hyperband_with_two_workers() -> None:
    """While a rung waits for its last arm, the other worker starts the next bracket; promotions come first."""
    scheduler = Hyperband(max_epochs=3)
    jobs = triples(play(scheduler, nine, workers=2))

    expected = [
        (0, 0, 1),
        (1, 0, 1),
        (2, 0, 1),  # when arm 0 has reported
        (3, 0, 3),  # when arm 1 has: its rung waits for arm 2, so s = 0 begins
        (1, 1, 3),  # when arm 2 has: the best of the three goes on, before arm 4 of s = 0
        (4, 0, 3),
    ]
    assert expected == jobs


def test_hyperband_loops() -> None:
    """Every loop runs the same brackets with new ids."""
    once, twice = Hyperband(max_epochs=9), Hyperband(max_epochs=9, loops=2)
    first = triples(play(once, nine))
    both = triples(play(twice, lambda trial_id, epoch: nine(trial_id % 17, epoch)))

    assert first + [(trial_id + 17, start, stop) for trial_id, start, stop in first] == both
    names = [f"loop {loop}, s = {s}" for loop in (1, 2) for s in (2, 1, 0)]
    assert names == [bracket.name for bracket in twice.brackets]
    assert (once.total_trials * 2, once.planned_epochs * 2) == (twice.total_trials, twice.planned_epochs)


def test_hyperband_with_the_sizes_of_table_1() -> None:
    """With "floor", the second bracket of R = 9 has three arms instead of five."""
    scheduler = Hyperband(max_epochs=9, sizes="floor")
    jobs = triples(play(scheduler, nine))

    expected = [(9, 0, 3), (10, 0, 3), (11, 0, 3), (10, 3, 9)]  # arms 9 to 11 have the scores of 0 to 2
    assert expected == jobs[13:17]


def test_halving_with_fewer_arms_than_rungs() -> None:
    """Four arms with eta = 3 are cut once, so they start two rungs from the end, not at epoch 1."""
    scheduler = SuccessiveHalving(max_epochs=27, trials=4)

    assert scheduler.horizons == (9, 27)
    expected = [(0, 0, 9), (1, 0, 9), (2, 0, 9), (3, 0, 9), (1, 9, 27)]
    assert expected == triples(play(scheduler, lambda trial_id, _: NINE[trial_id][0]))


def test_halving_of_one_arm() -> None:
    """One arm trains all epochs at once."""
    expected = [(0, 0, 27)]
    assert expected == triples(play(SuccessiveHalving(max_epochs=27, trials=1), nine))


def test_equal_scores_are_ordered_by_id() -> None:
    """With nothing to tell arms apart the smaller ids go on, whatever the number of workers."""
    for workers in (1, 2, 3, 5):
        jobs = triples(play(SuccessiveHalving(max_epochs=9), lambda *_: 0.5, workers=workers))
        expected = [(0, 1, 3), (1, 1, 3), (2, 1, 3), (0, 3, 9)]
        assert expected == jobs[9:]


def test_ties_do_not_depend_on_the_order_of_arrival() -> None:
    """Reports that come in reverse order promote the same arms."""
    scheduler = SuccessiveHalving(max_epochs=3)
    for _ in range(3):
        scheduler.ask()
    for trial_id in (2, 1, 0):
        scheduler.tell(Measured(Trial(trial_id), 1, 0.5))

    assert scheduler.ask() == Job(0, 1, 3)


def test_nobody_is_promoted_before_the_rung_is_complete() -> None:
    """While one arm of nine still runs, there is nothing to do, however good the others are."""
    scheduler = SuccessiveHalving(max_epochs=9)
    for trial_id in range(9):
        assert scheduler.ask() == Job(trial_id, 0, 1)
    for trial_id in range(8):
        scheduler.tell(Measured(Trial(trial_id), 1, 0.5))
        assert scheduler.ask() == Wait()
    scheduler.tell(Measured(Trial(8), 1, 0.9))

    assert scheduler.ask() == Job(8, 1, 3)


def test_a_half_filled_rung_is_decided_when_the_rest_has_failed() -> None:
    """Arms that failed do not hold up those that finished; the places they leave stay empty."""
    alive = {2, 7}
    scheduler = SuccessiveHalving(max_epochs=9)
    jobs = triples(play(scheduler, lambda trial_id, epoch: nine(trial_id, epoch) if trial_id in alive else None))

    expected = [(7, 1, 3), (2, 1, 3), (7, 3, 9)]  # two of three places are taken
    assert expected == jobs[9:]
    rung = scheduler.brackets[0].rungs[0]
    assert (rung.started, rung.finished, rung.failed, rung.promoted) == (9, 2, 7, 2)


def test_a_bracket_whose_arms_all_fail_makes_way_for_the_next() -> None:
    """When nobody is left the bracket is over, and the next one starts."""
    scheduler = Hyperband(max_epochs=9)
    jobs = triples(play(scheduler, lambda trial_id, epoch: nine(trial_id, epoch) if trial_id >= 9 else None))

    expected = [(9, 0, 3), (10, 0, 3)]
    assert expected == jobs[9:11]
    assert scheduler.brackets[0].best is None
    assert scheduler.brackets[1].best == 12


def test_an_arm_that_fails_after_it_was_promoted() -> None:
    """A later failure takes the arm out; the rung above is decided among the others."""
    scheduler = SuccessiveHalving(max_epochs=9)
    jobs = triples(play(scheduler, lambda i, epoch: None if (i, epoch) == (3, 2) else nine(i, epoch)))

    expected = [(1, 1, 3), (3, 1, 3), (5, 1, 3), (1, 3, 9)]
    assert expected == jobs[9:]
    assert scheduler.arms[3].state is State.FAILED
    assert scheduler.arms[3].epochs == 1


def test_small_brackets_promote_one_arm_at_least() -> None:
    """floor(n_i / eta) is never 0 before the last rung, so one arm always reaches R."""
    for eta in range(2, 6):
        for max_epochs in range(1, 41):
            scheduler = Hyperband(max_epochs, eta)
            play(scheduler, lambda trial_id, _: trial_id % 5)
            assert all(bracket.rungs[-1].finished >= 1 for bracket in scheduler.brackets)


def test_no_size_ever_deadlocks() -> None:
    """For R up to 40 and around powers of eta beyond, every eta from 2 to 5 and several workers, Hyperband ends,
    failures or not."""
    for eta in range(2, 6):
        powers = [power for power in (eta**exponent for exponent in range(2, 8)) if 40 < power < 130]
        for max_epochs in (*range(1, 41), *(power + step for power in powers for step in (-1, 0, 1)), 100):
            # Jump to the end of each job: what matters here is who waits for whom.
            for workers in (1, 3):
                scheduler = Hyperband(max_epochs, eta)
                finish(scheduler, workers)
                assert scheduler.total_trials == len(scheduler.arms)
                assert all(arm.state.final for arm in scheduler.arms.values())


def finish(scheduler: Scheduler, workers: int) -> None:
    """Drive a scheduler to its end, last job first; every fifth arm fails after its first epoch."""
    running: list[Job] = []
    while True:
        while len(running) < workers and isinstance(step := scheduler.ask(), Job):
            running.append(step)
        if not running:
            return
        job = running.pop()
        trial = Trial(job.trial_id)
        for epoch in range(job.start + 1, job.stop + 1):
            if job.trial_id % 5 == 3 and epoch == 2:
                scheduler.tell(Failed(trial, "told to fail"))
                break
            scheduler.tell(Measured(trial, epoch, float(job.trial_id % 7)))


def test_reasons_say_who_went_on() -> None:
    """A promotion and a cut name the rank, the rung and how many went on."""
    scheduler = SuccessiveHalving(max_epochs=9)
    play(scheduler, nine)
    reasons = {(change.trial_id, change.epoch, change.state): change.reason for change in scheduler.take_changes()}

    assert reasons[1, 1, State.QUEUED] == "rank 1 of 9 at epoch 1; the best 3 go on"
    assert reasons[7, 1, State.CUT] == "rank 4 of 9 at epoch 1; the best 3 go on"
    assert reasons[1, 3, State.CUT] == "rank 2 of 3 at epoch 3; the best 1 go on"
    assert reasons[3, 1, State.PAUSED] == "waits at epoch 1 for the others at its rung"
    assert reasons[3, 9, State.COMPLETED] == "trained all 9 epochs"


# With a stopper

ORACLE = OraclePredictor([[nine(i, epoch) for epoch in range(1, 10)] for i in range(9)])


def dropped(scheduler: Scheduler) -> dict[int, int]:
    """Epochs trained by every arm that a forecast dropped."""
    return {i: arm.epochs for i, arm in sorted(scheduler.arms.items()) if arm.state is State.DROPPED}


def test_an_arm_is_dropped_when_enough_better_ones_have_finished_its_rung() -> None:
    """The bar of a rung is the score of its n-th best finisher, n being how many will go on."""
    scores = [0.5, 0.6, 0.7, 0.4, 0.8, 0.3, 0.9, 0.45, 0.55, 0.2, 0.75, 0.65]
    stopper = EarlyStopper(OraclePredictor([[score] * 27 for score in scores]), ProbabilityRule())
    scheduler = SuccessiveHalving(max_epochs=27, trials=12, stopper=stopper)
    jobs = triples(play(scheduler, lambda trial_id, _: scores[trial_id]))

    # 12 arms train to epoch 3, the best 4 of them to epoch 9, the best of those to epoch 27.
    # Epoch 3, four places: arms 0 to 3 finish and fill them: the bar is 0.4. Arm 4 (0.8) finishes: 0.5.
    # Arm 5 (0.3) is dropped. Arm 6 (0.9) finishes: 0.6. Arms 7, 8 and 9 are dropped. Arm 10 (0.75) finishes: 0.7.
    # Arm 11 (0.65) is dropped. Epoch 9, one place: the best, arm 6, comes first, and nobody else can win.
    assert scheduler.horizons == (3, 9, 27)
    dropped_early = dict.fromkeys((5, 7, 8, 9, 11), 1)
    assert dropped_early | {2: 4, 4: 4, 10: 4} == dropped(scheduler)
    # The same arms go on as without a stopper: 6, 4, 10 and 2.
    expected = [(6, 3, 9), (4, 3, 9), (10, 3, 9), (2, 3, 9), (6, 9, 27)]
    assert expected == jobs[12:]


def test_dropped_arms_are_not_promoted_into_empty_places() -> None:
    """An arm that a forecast dropped stays out, even where fewer arms finish than there are places."""
    stopper = EarlyStopper(OraclePredictor([[-1.0] * 9] * 27), ProbabilityRule(confidence=0.9))
    scheduler = SuccessiveHalving(max_epochs=9, trials=27, eta=3, kappa=0.1, stopper=stopper)
    assert scheduler.horizons == (1, 3, 9)
    play(scheduler, lambda trial_id, epoch: float(trial_id) if epoch < 9 or trial_id > 24 else None)

    rungs = [(r.started, r.finished, r.dropped, r.failed) for r in scheduler.brackets[0].rungs]
    # 27 at epoch 1; 9 go on, best first: 26, 25, 24 fill the 3 places at epoch 3, the 6 others are dropped there.
    expected = [(27, 27, 0, 0), (9, 3, 6, 0), (3, 1, 2, 0)]
    assert expected == rungs


@pytest.mark.parametrize(
    ("kappa", "expected"),
    [
        (None, {3: 1, 4: 1, 5: 1, 8: 1}),  # three places: 0.9, 0.8 and 0.7 fill them
        (0.1, {3: 1, 4: 1, 5: 1, 8: 1}),  # one must finish, but three places must be taken as well
        (0.5, {5: 1, 8: 1}),  # five must finish: arms 0 to 4 do
        (1.0, {}),  # all nine must
    ],
)
def test_kappa_is_how_many_must_finish_first(kappa: float | None, expected: dict[int, int]) -> None:
    """Before the share kappa of a rung has finished, no forecast drops an arm there."""
    scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.95, 0.99, 0.3]
    stopper = EarlyStopper(OraclePredictor([[score] * 26 for score in scores]), ProbabilityRule())
    scheduler = SuccessiveHalving(max_epochs=26, trials=9, kappa=kappa, stopper=stopper)
    assert scheduler.horizons == (3, 9, 26)
    play(scheduler, lambda trial_id, _: scores[trial_id])

    assert expected == {trial_id: epochs for trial_id, epochs in dropped(scheduler).items() if epochs < 3}


def test_keep_protects_more_arms_than_are_promoted() -> None:
    """With keep = n an arm must lose against n finishers of its rung, however few go on."""
    scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
    expected = {
        1: {3, 4, 5, 6, 7, 8, 1, 2},  # three places at epoch 1 for arms to come; then one at each rung
        2: {3, 4, 5, 6, 7, 8, 2},
        3: {3, 4, 5, 6, 7, 8},
        4: {4, 5, 6, 7, 8},
        9: set(),
    }
    for keep, lost in expected.items():
        stopper = EarlyStopper(OraclePredictor([[score] * 18 for score in scores]), ProbabilityRule(keep=keep))
        scheduler = SuccessiveHalving(max_epochs=18, trials=9, stopper=stopper)
        assert scheduler.horizons == (2, 6, 18)
        play(scheduler, lambda trial_id, _: scores[trial_id])
        assert lost == set(dropped(scheduler)), f"{keep = }"


def test_the_bar_of_the_last_rung_is_the_best_of_the_whole_run() -> None:
    """At R an arm is held against the finishers of earlier brackets too, and is dropped even if it is alone there."""
    stopper = EarlyStopper(OraclePredictor([[0.9] * 9, *[[0.1] * 9] * 16]), ProbabilityRule())
    scheduler = Hyperband(max_epochs=9, stopper=stopper)
    play(scheduler, lambda trial_id, _: 0.9 if trial_id == 0 else 0.1)

    # s = 2: arm 0 wins. s = 1: arms 10 to 13 tie with arm 9 at epoch 3 and lose; arm 9 goes on, alone, and cannot
    # beat arm 0. s = 0: neither can arms 14 to 16.
    expected = {9: 4} | dict.fromkeys(range(10, 17), 1)
    assert expected == {trial_id: epochs for trial_id, epochs in dropped(scheduler).items() if trial_id >= 9}


def test_kappa_holds_at_the_last_rung_too() -> None:
    """With kappa, its share of the bracket's arms must finish R before a finisher of another bracket counts."""
    stopper = EarlyStopper(OraclePredictor([[0.9] * 9, *[[0.1] * 9] * 16]), ProbabilityRule())
    scheduler = Hyperband(max_epochs=9, kappa=1 / 3, stopper=stopper)
    play(scheduler, lambda trial_id, _: 0.9 if trial_id == 0 else 0.1)

    # s = 1 has one arm at R, which must finish; s = 0 has three, of which one must.
    assert scheduler.arms[9].state is State.COMPLETED
    assert scheduler.arms[14].state is State.COMPLETED
    assert [dropped(scheduler)[15], dropped(scheduler)[16]] == [1, 1]


def test_a_rule_that_never_drops_changes_nothing() -> None:
    """With a stopper that only watches, the jobs are those of a run without one."""
    watched = Hyperband(max_epochs=9, stopper=EarlyStopper(ORACLE, NeverDropRule()))

    assert play(Hyperband(max_epochs=9), nine) == play(watched, nine)
    assert watched.history.count_reaching(1) == 17


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Hyperband(max_epochs=0), "`max_epochs` must be an integer >= 1, got 0"),
        (lambda: Hyperband(max_epochs=9.0), "`max_epochs` must be an integer >= 1, got 9.0"),
        (lambda: Hyperband(max_epochs=True), "`max_epochs` must be an integer >= 1, got True"),
        (lambda: Hyperband(max_epochs=9, eta=1), "`eta` must be an integer >= 2, got 1"),
        (lambda: Hyperband(max_epochs=9, loops=0), "`loops` must be an integer from 1 to 1000000, got 0"),
        (lambda: Hyperband(max_epochs=9, loops=10**20), "`loops` must be an integer from 1 to 1000000, got 1"),
        (lambda: Hyperband(max_epochs=9, kappa=0.0), "`kappa` must be in \\(0, 1\\], or None, got 0.0"),
        (lambda: Hyperband(max_epochs=9, kappa=1.5), "`kappa` must be in \\(0, 1\\], or None, got 1.5"),
        (lambda: Hyperband(max_epochs=9, kappa=math.nan), "`kappa` must be in \\(0, 1\\], or None, got nan"),
        (lambda: Hyperband(max_epochs=9, sizes="round"), "`sizes` must be one of 'ceil', 'floor', got 'round'"),
        (lambda: SuccessiveHalving(max_epochs=-1), "`max_epochs` must be an integer >= 1, got -1"),
        (lambda: SuccessiveHalving(max_epochs=9, eta=1), "`eta` must be an integer >= 2, got 1"),
        (lambda: SuccessiveHalving(max_epochs=9, trials=0), "`trials` must be an integer >= 1, got 0"),
        (lambda: SuccessiveHalving(max_epochs=9, kappa=-1), "`kappa` must be in \\(0, 1\\], or None, got -1"),
    ],
)
def test_settings_have_rules(make: object, message: str) -> None:
    """A broken setting is refused with its name, its rule and its value."""
    with pytest.raises(SettingError, match=message):
        make()  # type: ignore[operator]
