"""A budget around schedulers that know of none."""

import pytest

from bandits import run
from bandits.errors import SettingError
from bandits.runtime.records import Changed, JobStarted
from bandits.schedulers import (
    ASHA,
    PASHA,
    Hyperband,
    MedianRule,
    RandomSearch,
    Scheduler,
    State,
    SuccessiveHalving,
    TopK,
)
from bandits.testing import ReplayObjective

R = 9
ROWS = [[(7 * i % 31) / 31 + epoch / 40 for epoch in range(R)] for i in range(31)]
FAILING = [
    [value if (i + epoch) % 11 else float("nan") for epoch, value in enumerate(row)] for i, row in enumerate(ROWS)
]
MACHINES: list[Scheduler] = [
    RandomSearch(300, R),
    MedianRule(300, R),
    Hyperband(R, loops=40),
    SuccessiveHalving(R, loops=40),
    ASHA(R, trials=300),
    ASHA(R, trials=300, form="stopping"),
    PASHA(R, trials=300),
    TopK(20, R, loops=40),
]
every_machine = pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: f"{machine.name} {machine.settings()}")


@every_machine
@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("rows", [ROWS, FAILING], ids=["none fails", "some fail"])
def test_no_run_spends_more_than_its_budget(machine: Scheduler, workers: int, rows: list[list[float]]) -> None:
    """Every job that begins can be finished; less than a training is left; and every arm ends."""
    result = run(machine, ReplayObjective(rows), workers=workers, budget=12)
    failures = result.count(State.FAILED)
    promised = [r.stop - r.start for r in result.journal.records() if isinstance(r, JobStarted)]

    assert 11 * R < result.epochs_trained + failures <= 12 * R
    assert max(promised) <= R
    assert set(result.trials) == set(result.scheduler.arms)
    assert all(arm.state.final for arm in result.scheduler.arms.values())
    for bracket in result.brackets:
        for rung in bracket.rungs:
            assert rung.started == rung.finished + rung.dropped + rung.failed


@every_machine
def test_a_budget_that_is_large_changes_nothing(machine: Scheduler) -> None:
    """The algorithm ends by itself, record by record as without a budget."""
    small = type(machine)(
        **{**machine.settings(), **({"loops": 1} if "loops" in machine.settings() else {"trials": 20})}
    )
    runs = [run(small, ReplayObjective(ROWS), budget=budget) for budget in (None, 10_000)]

    assert list(runs[0].journal.records()) == list(runs[1].journal.records())


def test_what_still_waits_is_cut_and_says_so() -> None:
    """Arms that were promoted but not begun, or that wait at a rung."""
    result = run(Hyperband(R), ReplayObjective(ROWS), budget=2)
    cut = [r for r in result.journal.records() if isinstance(r, Changed) and r.state is State.CUT]

    assert any(record.reason == f"the budget ends: {2 * R - result.epochs_trained} epochs are left" for record in cut)


def test_a_budget_below_one_training_is_refused() -> None:
    """Before anything trains."""
    with pytest.raises(SettingError, match=r"`budget` must be one full training or more \(9 epochs\), got '8epochs'"):
        run(RandomSearch(3, R), ReplayObjective(ROWS), budget="8epochs")
