"""What the comparison at equal budgets counts: epochs, incumbents, rows, and regrets on a grid."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from bandits import Hyperband, RandomSearch
from bandits.curves import Metric
from bandits.objectives import CurveTable
from benchmarks.equal_budget import replay, report
from benchmarks.lib.oracle import Oracle

pytest.importorskip("optuna")

CURVES = [[0.1, 0.5, 0.4], [0.3, 0.3, 0.6], [0.2, 0.5, 0.5], [0.2, 0.1, np.nan]]


@pytest.fixture
def table() -> CurveTable:
    """Three complete accuracies and one that diverges."""
    return CurveTable.from_arrays(CURVES, [{"lr": float(i)} for i in range(4)], metric=Metric("accuracy", "maximize"))


def random_search(trials: int) -> Callable[[CurveTable, int], RandomSearch]:
    """Builds a random search of 3 epochs an arm."""
    return lambda table, seed: RandomSearch(trials, 3)


class InOrder:
    """Rows as they stand."""

    def __init__(self, table: CurveTable) -> None:
        self.table = table

    def propose(self, trial_id: int) -> Mapping[str, object]:
        """Row by trial."""
        return self.table.configs[trial_id % len(self.table)]


def test_the_incumbent_has_the_best_score_seen_and_among_equals_trained_longer(table: CurveTable) -> None:
    """By hand: row 0 leads from the first epoch, and row 1 from its last one; row 2's equal score comes too late."""
    build = random_search(4)
    trajectory, tried = replay.replay(build, table, InOrder(table), budget=100, seed=0)
    nan = pytest.approx(np.nan, nan_ok=True)
    assert trajectory.steps == [(1, 0.4, nan), (3, 0.4, 0.4), (6, 0.6, 0.6)]
    assert (trajectory.spent, tried) == (11, 4)  # the epoch without a value costs nothing


def test_a_run_ends_with_the_epoch_that_spends_its_budget(table: CurveTable) -> None:
    """In the middle of an arm as well."""
    build = random_search(4)
    for budget in (1, 4, 7):
        trajectory, _ = replay.replay(build, table, InOrder(table), budget=budget, seed=0)
        assert trajectory.spent == budget


def test_a_method_that_is_done_starts_again_on_new_rows_until_there_are_none(table: CurveTable) -> None:
    """A bracket of three on four rows: the second bracket trains the one row that is left."""
    build = random_search(3)
    trajectory, tried = replay.replay(build, table, InOrder(table), budget=100, seed=0)
    assert (trajectory.spent, tried) == (11, 4)

    def loops(table: CurveTable, seed: int) -> Hyperband:
        return Hyperband(3, loops=9)

    trajectory, tried = replay.replay(loops, table, InOrder(table), budget=100, seed=0)
    assert tried == 4
    assert trajectory.spent <= 11


def test_optuna_sees_the_same_rows_and_every_epoch_is_charged(table: CurveTable) -> None:
    """Without a pruner, a study is random search."""
    from optuna.pruners import NopPruner

    build = random_search(4)
    ours, tried = replay.replay(build, table, InOrder(table), budget=100, seed=0)
    theirs, tried_there = replay.replay_optuna(NopPruner(), table, InOrder(table), budget=100, seed=0)
    assert repr(theirs.steps) == repr(ours.steps)
    assert (theirs.spent, tried_there) == (ours.spent, tried)


def test_regret_is_relative_to_the_way_from_the_best_row_to_the_median_one() -> None:
    """Steps at epochs 2 and 8 of full trainings of 4; with twice the budget they come at half of it."""
    run = {"side": "random", "epochs": 4, "best": 1.0, "median": 0.0, "steps": [[2, 0.5, None], [8, 0.75, 0.75]]}
    assert report.curve(run, 1, [0.25, 0.5, 1, 2]).tolist() == [1.0, 0.5, 0.5, 0.25]
    assert report.curve(run, 2, [0.5, 2]).tolist() == [1.0, 0.25]
    assert report.area(run, 1, 2) == pytest.approx((2 * 1.0 + 6 * 0.5) / 8)
    assert report.curve({**run, "side": "random x2"}, 1, [0.25, 1]).tolist() == [0.5, 0.25]
    worse = {**run, "steps": [[1, -7.0, None], [2, None, None]]}
    assert report.curve(worse, 1, [0.25, 0.5]).tolist() == [1.0, 1.0]


def test_the_oracle_knows_the_end(table: CurveTable) -> None:
    """Also of a run that has none."""
    from bandits.curves import Curve, History, Trial

    forecaster = Oracle(table).fit(History(), horizon=3, rng=None)
    assert forecaster.forecast(Trial(0, table.configs[1]), Curve([0.3])).mean == 0.6
    assert forecaster.forecast(Trial(0, table.configs[3]), Curve([0.2])).mean < -1e6
