"""What all schedulers share: taking in events."""

import math

import pytest

from bandits.curves import Curve, History, Trial
from bandits.errors import ProtocolError
from bandits.schedulers import (
    BracketReport,
    Failed,
    Hyperband,
    Job,
    Measured,
    RandomSearch,
    RungReport,
    State,
    SuccessiveHalving,
)
from bandits.schedulers.base import Arm
from bandits.stopping import EarlyStopper
from bandits.testing import OraclePredictor, play
from bandits.verdicts import KEEP, Drop, Keep, Verdict


def test_nan_never_ranks() -> None:
    """A score that is not finite is refused: such an arm has failed, and is told as `Failed`."""
    for stopper in (None, EarlyStopper(OraclePredictor([[0.5]]))):
        scheduler = RandomSearch(trials=1, max_epochs=1, stopper=stopper)
        scheduler.ask()
        for score in (math.nan, math.inf, -math.inf):
            with pytest.raises(ProtocolError, match=f"score of trial 0 must be finite .*, got {score}"):
                scheduler.tell(Measured(Trial(0), 1, score))
        assert scheduler.tell(Failed(Trial(0), "value is nan")) is KEEP
        assert scheduler.counts[State.FAILED] == 1
        assert scheduler.brackets[0].best is None


def test_an_epoch_past_the_rung_is_refused() -> None:
    """An arm that trains on after its job has ended is not heard."""
    scheduler = Hyperband(max_epochs=9)
    scheduler.ask()
    scheduler.tell(Measured(Trial(0), 1, 0.5))
    with pytest.raises(ProtocolError, match="trial 0 must be running to report, it is paused"):
        scheduler.tell(Measured(Trial(0), 2, 0.6))

    assert (scheduler.arms[0].epochs, scheduler.arms[0].score) == (1, 0.5)


def test_a_resumed_arm_does_not_report_old_epochs_again() -> None:
    """After a promotion the next epoch is the one after the pause."""
    scheduler = Hyperband(max_epochs=3)
    for _ in range(3):
        scheduler.ask()
    for trial_id in range(3):
        scheduler.tell(Measured(Trial(trial_id), 1, 0.5))
    scheduler.ask()
    with pytest.raises(ProtocolError, match="epoch of trial 0 must be 2, got 1"):
        scheduler.tell(Measured(Trial(0), 1, 0.9))

    assert (scheduler.arms[0].epochs, scheduler.arms[0].score) == (1, 0.5)


def test_unknown_trials_are_refused() -> None:
    """Nobody can report whom the scheduler has not started."""
    with pytest.raises(ProtocolError, match="trial 7 must be running to report, it is unknown"):
        Hyperband(max_epochs=3).tell(Measured(Trial(7), 1, 0.5))


def test_brackets_keep_the_best_of_their_last_rung() -> None:
    """Of equal scores the smaller id is the best, whoever came first."""
    report = BracketReport("s = 0", [RungReport(1)])
    for trial_id, score in ((3, 0.5), (1, 0.5), (2, 0.5), (0, 0.4)):
        report.completed(Arm(trial_id, score=score))

    assert (report.best, report.best_score) == (1, 0.5)


class Scripted:
    """A stopper that says what it was told to, by trial and epoch, and otherwise keeps."""

    keep = 1
    burn_in = None
    needs_whole_trainings = False

    def __init__(self, verdicts: dict[tuple[int, int], Verdict]) -> None:
        self.verdicts = verdicts
        self.bars: dict[tuple[int, int], float | None] = {}

    def settings(self) -> dict:
        return {}

    def advise(self, trial: Trial, curve: Curve, history: History, *, horizon: int, bar: float | None) -> Verdict:
        self.bars[trial.id, curve.tau] = bar
        return self.verdicts.get((trial.id, curve.tau), Keep("why not"))


def test_censored_arms_are_noted_on_their_way_to_their_horizon() -> None:
    """Kept or dropped: an arm that a forecast decided about is censored on its way to the rung's end."""
    verdicts = {(0, 2): Keep("good", censored=True), (1, 2): Drop("bad", censored=True), (2, 2): Keep("no forecast")}
    scheduler = SuccessiveHalving(max_epochs=9, trials=3, stopper=Scripted(verdicts))
    horizon = scheduler.horizons[0]
    play(scheduler, lambda trial_id, epoch: 1.0 - trial_id / 10)

    assert horizon > 2
    assert [scheduler.training.is_uncensored(i, horizon) for i in range(3)] == [False, False, True]
    assert scheduler.training.is_uncensored(0, 9)
    assert scheduler.audits == {}
    assert scheduler.arms[1].state is State.DROPPED


def test_audits_are_the_first_time_that_an_arm_was_spared() -> None:
    """With the horizon and the bar of that moment; a later verdict does not change them, and without a bar there is
    nothing to check."""
    spared = Keep("bad, but audited", spared=True)
    stopper = Scripted({(0, 1): spared, (1, 2): spared, (1, 3): spared, (2, 1): spared})
    scheduler = RandomSearch(trials=3, max_epochs=4, burn_in=1, stopper=stopper)
    play(scheduler, lambda trial_id, epoch: 0.5 + trial_id / 10)

    assert stopper.bars[0, 1] is None
    assert set(scheduler.audits) == {1, 2}
    assert (scheduler.audits[1].epoch, scheduler.audits[1].horizon) == (2, 4)
    assert (scheduler.audits[2].epoch, scheduler.audits[2].bar) == (1, stopper.bars[2, 1])
    assert scheduler.audits[1].bar == stopper.bars[1, 2]
    assert scheduler.counts[State.COMPLETED] == 3
    assert scheduler.fresh(stopper=None).audits == {}


def test_a_run_that_is_ended_leaves_no_arm_between():
    """An arm that trains may not be ended; a job that will not begin is taken back, with arms that have not begun."""
    machine = Hyperband(9)
    machine.end("nothing was asked for")
    first = machine.ask()
    assert isinstance(first, Job)
    with pytest.raises(ProtocolError, match="no arm may train when a run is ended"):
        machine.end("the budget is spent")

    machine.end("the budget is spent", unbegun=first)

    assert machine.arms == {}
    assert sum(machine.counts.values()) == 0
    assert machine.brackets[0].rungs[0].started == 0


def test_arms_that_wait_are_cut_when_a_run_is_ended():
    """Arms that were measured keep what they trained; those that were queued without an epoch are forgotten."""
    machine = Hyperband(9)
    jobs = [machine.ask() for _ in range(2)]
    for epoch in range(1, jobs[0].stop + 1):
        machine.tell(Measured(Trial(jobs[0].trial_id), epoch, 0.5))

    machine.end("the budget is spent", unbegun=jobs[1])

    assert [(arm.id, arm.state) for arm in machine.arms.values()] == [(jobs[0].trial_id, State.CUT)]


def test_an_arm_that_was_queued_and_never_began_is_forgotten_at_the_end():
    """It has no curve, so no report should count it."""
    machine = Hyperband(9)
    machine._enlist(Arm(7, stop=1))

    machine.end("the budget is spent")

    assert machine.arms == {}
    assert sum(machine.counts.values()) == 0
