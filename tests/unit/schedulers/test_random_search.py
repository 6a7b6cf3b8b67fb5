"""Random search, with and without a stopper."""

import pytest

from bandits.curves import Trial
from bandits.errors import SettingError
from bandits.schedulers import Job, Measured, RandomSearch, State
from bandits.stopping import Drop, EarlyStopper, Keep, ProbabilityRule, RiskControlledRule, Verdict
from bandits.testing import NeverDropRule, OraclePredictor, SpyPredictor, play

SCORES = [0.5, 0.1, 0.9, 0.2, 0.8, 0.3, 0.95, 0.4, 0.6]


def constant(trial_id: int, epoch: int) -> float:
    """Every arm has the same score after every epoch."""
    return SCORES[trial_id]


def oracle(epochs: int = 4) -> OraclePredictor:
    """Knows that nothing ever changes."""
    return OraclePredictor([[score] * epochs for score in SCORES])


def test_every_arm_trains_in_full() -> None:
    """Without a stopper, trials start in the order of their ids and train T epochs each."""
    scheduler = RandomSearch(trials=3, max_epochs=4)
    jobs = play(scheduler, constant)

    expected = [Job(0, 0, 4), Job(1, 0, 4), Job(2, 0, 4)]
    assert expected == jobs
    assert scheduler.planned_epochs == 12
    assert scheduler.brackets[0].best == 2


def test_after_the_burn_in_arms_are_dropped() -> None:
    """The first arms train in full whatever the forecast; later ones must beat the best so far."""
    scheduler = RandomSearch(trials=9, max_epochs=4, burn_in=4, stopper=EarlyStopper(oracle(), ProbabilityRule()))
    play(scheduler, constant)

    expected = [
        "completed",  # 0.5, burn-in
        "completed",  # 0.1, burn-in
        "completed",  # 0.9, burn-in
        "completed",  # 0.2, burn-in
        "dropped",  # 0.8
        "dropped",  # 0.3
        "completed",  # 0.95 beats 0.9
        "dropped",  # 0.4
        "dropped",  # 0.6
    ]
    assert expected == [arm.state.value for arm in scheduler.arms.values()]
    assert [arm.epochs for arm in scheduler.arms.values() if arm.state is State.DROPPED] == [1, 1, 1, 1]


def test_with_several_workers_nobody_is_dropped_before_the_burn_in_has_ended() -> None:
    """An arm that trains while a burn-in arm still runs has no bar yet, whatever others have reached."""
    scheduler = RandomSearch(
        trials=3, max_epochs=4, burn_in=2, stopper=EarlyStopper(OraclePredictor([[0.1] * 4]), ProbabilityRule())
    )
    for trial_id in range(3):
        assert scheduler.ask() == Job(trial_id, 0, 4)

    def report(trial_id: int, epochs: range, score: float) -> list[Verdict]:
        return [scheduler.tell(Measured(Trial(trial_id), epoch, score)) for epoch in epochs]

    report(0, range(1, 5), 0.9)
    (verdict,) = report(2, range(1, 2), 0.1)
    assert isinstance(verdict, Keep)
    assert verdict.reason.startswith("no bar yet")
    report(1, range(1, 5), 0.5)
    (verdict,) = report(2, range(2, 3), 0.1)
    assert isinstance(verdict, Drop)


def test_a_burn_in_arm_that_fails_counts_as_ended() -> None:
    """Failures in the burn-in do not hold it open; what was learnt is what finished."""
    spy = SpyPredictor(oracle())
    scheduler = RandomSearch(trials=6, max_epochs=4, burn_in=3, stopper=EarlyStopper(spy, ProbabilityRule()))
    play(scheduler, lambda i, epoch: None if i == 1 else SCORES[i])

    assert scheduler.arms[3].state is State.DROPPED
    assert spy.fits == [(4, 2, 4)]  # one fit, from arms 0 and 2


def test_survivors_do_not_teach() -> None:
    """Arms that finish after the burn-in are not added to the training set: they were selected."""
    spy = SpyPredictor(oracle())
    scheduler = RandomSearch(
        trials=9, max_epochs=4, burn_in=4, stopper=EarlyStopper(spy, NeverDropRule(), refit_growth=1)
    )
    play(scheduler, constant)

    assert spy.fits == [(4, 4, 4)]
    assert len(scheduler.training) == 4
    assert len(scheduler.history) == 9


class Auditing(ProbabilityRule):
    """The probability rule, half of whose arms are audited."""

    audit = 0.5


def test_audited_arms_teach() -> None:
    """They finish whatever is forecast, so they are uncensored: they join the burn-in arms in the training set, and
    those that a forecast spoke against are on the list of audits."""
    rows = [[(7 * i % 23) / 23] * 4 for i in range(40)]
    stopper = EarlyStopper(OraclePredictor(rows), Auditing(), seed=1)
    scheduler = RandomSearch(trials=40, max_epochs=4, burn_in=5, stopper=stopper)
    play(scheduler, lambda trial_id, epoch: rows[trial_id][0])

    audited = [i for i in range(5, 40) if stopper.is_audited(i)]
    assert 8 < len(audited) < 30
    assert [trial.id for trial, _ in scheduler.training.reaching(4)] == [*range(5), *audited]
    assert all(scheduler.arms[i].state is State.COMPLETED for i in audited)
    assert all(scheduler.training.is_audit(i, 4) for i in audited if i > min(scheduler.audits))
    assert set(scheduler.audits) <= set(audited)
    for trial_id, audit in scheduler.audits.items():
        best = max(rows[i][0] for i in range(trial_id))
        assert (audit.epoch, audit.horizon, audit.bar) == (1, 4, best)
        assert rows[trial_id][0] <= best


def test_while_the_rule_waits_for_curves_all_arms_teach() -> None:
    """Burn-in is over after two arms, but a risk of 0.1 needs nine curves: nobody is censored until there are."""
    rows = [[(7 * i % 23) / 23 + 0.01 * t for t in range(4)] for i in range(30)]
    stopper = EarlyStopper(OraclePredictor(rows), RiskControlledRule(0.1, audit=0.0), refit_growth=1)
    scheduler = RandomSearch(trials=30, max_epochs=4, burn_in=2, stopper=stopper)
    play(scheduler, lambda trial_id, epoch: rows[trial_id][epoch - 1])

    assert [trial.id for trial, _ in scheduler.training.reaching(4)] == list(range(9))
    assert [scheduler.arms[i].state for i in range(9)] == [State.COMPLETED] * 9
    assert scheduler.counts[State.DROPPED] > 15
    assert scheduler.brackets[0].best == max(range(30), key=lambda i: rows[i][3])


def test_the_burn_in_may_be_longer_than_the_run() -> None:
    """With fewer trials than burn-in arms nothing is dropped."""
    scheduler = RandomSearch(trials=9, max_epochs=4, stopper=EarlyStopper(oracle(), ProbabilityRule()))
    play(scheduler, constant)

    assert scheduler.counts[State.COMPLETED] == 9


def test_keep_protects_the_n_best() -> None:
    """With keep = 2 the bar is the second best score so far."""
    stopper = EarlyStopper(oracle(), ProbabilityRule(keep=2))
    scheduler = RandomSearch(trials=9, max_epochs=4, burn_in=4, stopper=stopper)
    play(scheduler, constant)

    # 0.9 and 0.5 are the best of the burn-in: 0.8 beats 0.5; then 0.95 beats 0.8; 0.3, 0.4 and 0.6 do not.
    expected = {4: "completed", 5: "dropped", 6: "completed", 7: "dropped", 8: "dropped"}
    assert expected == {i: scheduler.arms[i].state.value for i in range(4, 9)}


@pytest.mark.parametrize("argument", ["trials", "max_epochs", "burn_in"])
def test_settings_have_rules(argument: str) -> None:
    """Numbers must be whole and at least 1."""
    with pytest.raises(SettingError, match=f"`{argument}` must be an integer >= 1, got 0"):
        RandomSearch(**({"trials": 3, "max_epochs": 4} | {argument: 0}))
