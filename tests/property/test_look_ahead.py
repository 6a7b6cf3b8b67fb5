"""What looking ahead promises if forecasts are never wrong, whatever the curves, ties and workers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandits import EarlyStopper, Hyperband, Result
from bandits.runtime.records import Changed, VerdictGiven
from bandits.schedulers import State
from bandits.stopping import StoppingRule
from bandits.testing import OraclePredictor
from tests.property.test_runs import Case, cases, exact_rules

# The best found is never worse where nobody can be promoted in a dropped arm's stead before the last rung.
SHORT = {
    "two rungs, loops": Hyperband(max_epochs=3, loops=4),
    "two rungs, eta 2": Hyperband(max_epochs=3, eta=2, loops=3),
    "two long rungs": Hyperband(max_epochs=8, loops=2),
    "kappa": Hyperband(max_epochs=8, loops=2, kappa=0.5),
}
ALL = SHORT | {
    "three rungs": Hyperband(max_epochs=9, loops=2),
    "four rungs": Hyperband(max_epochs=8, eta=2),
    "four rungs, Table 1": Hyperband(max_epochs=11, eta=2, sizes="floor"),
}


def ahead(scheduler: Hyperband, case: Case, rule: StoppingRule) -> Result:
    """The run of a scheduler that looks ahead with an oracle."""
    looking = type(scheduler)(**scheduler.settings() | {"look_ahead": True})
    return case.run(looking, EarlyStopper(OraclePredictor(case.curves), rule))


def rank(case: Case, trial_id: int, epoch: int) -> tuple[float, int]:
    """The smaller, the better the arm at an epoch."""
    return -case.curves[trial_id % len(case.curves)][epoch - 1], trial_id


@pytest.mark.parametrize("scheduler", ALL.values(), ids=ALL)
@given(case=cases(failures=True), rule=exact_rules())
def test_no_arm_is_dropped_that_would_have_won(scheduler: Hyperband, case: Case, rule: StoppingRule) -> None:
    """An arm that is dropped for its end has `keep` better ones that have reached R; one that is dropped for the
    end of its rung comes behind all that are promoted there, and someone is."""
    result = ahead(scheduler, case, rule)
    arms, R = result.scheduler.arms, scheduler.max_epochs
    ends: list[tuple[float, int]] = []
    promoted = [
        (record.trial, record.epoch)
        for record in result.journal.records()
        if isinstance(record, Changed) and record.state is State.QUEUED
    ]

    for record in result.journal.records():
        if isinstance(record, Changed) and record.state is State.COMPLETED:
            ends.append(rank(case, record.trial, R))
        if isinstance(record, VerdictGiven) and record.drop:
            assert record.horizon is not None
            mine = rank(case, record.trial, record.horizon)
            if record.horizon == R:
                assert sum(other < mine for other in ends) >= rule.keep
            else:
                bracket = arms[record.trial].bracket
                others = [i for i, epoch in promoted if epoch == record.horizon and arms[i].bracket == bracket]
                assert others
                assert all(rank(case, i, record.horizon) < mine for i in others)


@pytest.mark.parametrize("scheduler", SHORT.values(), ids=SHORT)
@given(case=cases(failures=True), rule=exact_rules())
def test_brackets_of_two_rungs_find_nothing_worse(scheduler: Hyperband, case: Case, rule: StoppingRule) -> None:
    """The best score at R is no worse than that of the same run without a stopper, nor is any of the `keep` best."""
    plain, looking = case.run(scheduler), ahead(scheduler, case, rule)
    before, after = (
        sorted((arm.score or 0.0 for arm in r.scheduler.arms.values() if arm.state is State.COMPLETED), reverse=True)
        for r in (plain, looking)
    )

    assert all(b <= a for b, a in zip(before[: rule.keep], after[: rule.keep], strict=True))


@pytest.mark.parametrize("scheduler", ALL.values(), ids=ALL)
@given(case=cases(), rule=exact_rules(), value=st.sampled_from([0.0, 0.6]))
def test_curves_that_never_cross_lose_nothing(
    scheduler: Hyperband, case: Case, rule: StoppingRule, value: float
) -> None:
    """If arms keep their order from the first epoch to the last, the best found is the same as without."""
    flat = Case([[row[0] + value * math.log(epoch + 1) for epoch in range(11)] for row in case.curves], [1.0], 1)
    flat = Case(flat.curves, case.seconds, case.workers)
    plain, looking = flat.run(scheduler), ahead(scheduler, flat, rule)

    assert plain.best == looking.best
    assert looking.epochs_trained <= plain.epochs_trained
