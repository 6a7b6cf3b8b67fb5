"""What the comparison at equal budgets counts: epochs, what a side returns, and its regret."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from bandits import Hyperband, RandomSearch
from bandits.curves import Curve, History, Metric, Trial
from bandits.forecasts import Abstain, Forecast
from bandits.objectives import CurveTable
from bandits.samplers.base import Sampler
from bandits.schedulers import FreezeThaw
from benchmarks.equal_budget import measure
from benchmarks.equal_budget.case import Account, Case, Reading
from benchmarks.equal_budget.chained_regressions import ChainedRegressions
from benchmarks.equal_budget.optuna_study import study
from benchmarks.equal_budget.peers import client, server
from benchmarks.equal_budget.replay import replay
from benchmarks.equal_budget.sides import SIDES, why_missing
from benchmarks.lib.oracle import Oracle
from benchmarks.lib.regret import regret
from benchmarks.optuna_pruner.quality_study import Sampling

CURVES = [[0.1, 0.7, 0.4], [0.3, 0.3, 0.6], [0.2, 0.5, 0.5], [0.2, 0.1, np.nan]]


@pytest.fixture
def table() -> CurveTable:
    """Three complete accuracies and one that diverges."""
    return CurveTable.from_arrays(CURVES, [{"lr": float(i)} for i in range(4)], metric=Metric("accuracy", "maximize"))


class InOrder(Sampler):
    """Rows as they stand."""

    def __init__(self, table: CurveTable) -> None:
        self.table = table

    def propose(self, trial_id: int) -> Mapping[str, object]:
        """Row by trial."""
        return self.table.configs[trial_id % len(self.table)]


def random_search(table: CurveTable, trials: int, *budgets: int) -> tuple[Account, list[tuple[int | None, int]]]:
    """A random search of 3 epochs an arm: its account, and the rows and numbers of trials at each budget."""
    account = Account(budgets)
    readings = replay(lambda: RandomSearch(trials, 3), table, InOrder(table), account, seed=0)
    return account, told(readings)


def told(readings: list[Reading]) -> list[tuple[int | None, int]]:
    """Without their seconds."""
    return [(reading.row, reading.tried) for reading in readings]


def test_regret_is_relative_to_the_way_from_the_best_row_to_the_median_one(table: CurveTable) -> None:
    """By hand: the ends are 0.4, 0.6 and 0.5, so the best is 0.6 and the median 0.5."""
    assert [regret(table, row) for row in (1, 2, 0)] == pytest.approx([0, 100, 100])
    assert (regret(table, None), regret(table, 3)) == (100, 100)
    ends = [[1.0], [3.0], [2.0], [5.0]]
    losses = CurveTable.from_arrays(ends, [{}] * 4, metric=Metric("loss", "minimize"))
    assert [regret(losses, row) for row in range(4)] == pytest.approx([0, 100, 1 / 1.5 * 100, 100])
    alike = CurveTable.from_arrays([[1.0], [1.0]], [{}] * 2, metric=Metric("loss", "minimize"))
    assert regret(alike, 1) == 0


def test_a_search_is_read_when_a_budget_is_spent_and_charged_for_failures(table: CurveTable) -> None:
    """Row 0 is returned once it is complete, not for its peak; row 1 ends better; row 3 fails in its last epoch."""
    account, readings = random_search(table, 4, 2, 3, 6, 12)
    assert readings == [(None, 1), (0, 1), (1, 2), (1, 4)]
    assert account.spent == 12


def test_a_method_that_is_done_starts_again_on_new_rows_until_there_are_none(table: CurveTable) -> None:
    """A search of three arms on four rows: the second one trains the row that is left, and then nothing is spent."""
    account, readings = random_search(table, 3, 9, 12, 100)
    assert readings == [(1, 3), (1, 4), (1, 4)]
    assert account.spent == 12
    loops = Account([100])
    assert told(replay(lambda: Hyperband(3, loops=9), table, InOrder(table), loops, seed=0)) == [(1, 4)]
    assert loops.spent <= 12


def test_a_run_that_is_read_on_the_way_returns_what_a_run_with_that_budget_returns() -> None:
    """A method that does not know its budget: one long Hyperband, and `run` with a budget of its own."""
    from bandits import run

    table = CurveTable("metaqnn_cifar10")
    sampler = table.sampler(0)
    account = Account([5 * 20, 12 * 20])
    readings = replay(lambda: Hyperband(20, loops=4), table, sampler, account, seed=0)
    for reading, budget in zip(readings, (5, 12), strict=True):
        best = run(Hyperband(20, loops=4), table, seed=0, budget=budget).best
        assert best is not None
        assert best.trial.config["row"] == reading.row


def test_simulated_workers_share_one_budget(table: CurveTable) -> None:
    """Two workers spend as many epochs as one, and freeze-thaw ends within its budget."""
    for workers in (1, 2):
        account = Account([9])
        replay(
            lambda: FreezeThaw(3, budget="9epochs", trials=4),
            table,
            InOrder(table),
            account,
            seed=0,
            workers=workers,
            again=False,
        )
        assert account.spent <= 9


def test_optuna_sees_the_same_rows_and_every_epoch_is_charged(table: CurveTable) -> None:
    """Without a pruner, a study is random search."""
    from optuna.pruners import NopPruner

    account = Account([2, 3, 6, 12])
    readings = study(NopPruner(), table, InOrder(table), account, seed=0, sampling="random")
    assert told(readings) == random_search(table, 4, 2, 3, 6, 12)[1]
    assert account.spent == 12


@pytest.mark.parametrize("sampling", ["random", "tpe"])
def test_a_row_may_lack_a_parameter(sampling: Sampling) -> None:
    """The study then does not know of it, whoever proposes."""
    from optuna.pruners import NopPruner

    configs: list[dict[str, object]] = [
        {"lr": 0.1 * i, "layers": i} if i % 2 else {"lr": 0.1 * i} for i in range(1, 31)
    ]
    configs = [{**config, "kind": "ab"[i % 2]} for i, config in enumerate(configs)]
    curves = [[0.1 * i, 0.2 * i] for i in range(30)]
    table = CurveTable.from_arrays(curves, configs, metric=Metric("accuracy", "maximize"))
    readings = study(NopPruner(), table, InOrder(table), Account([50]), seed=0, sampling=sampling)
    assert readings[0].tried == 25


@dataclass
class Suggestion:
    """As Syne Tune's: a new configuration, or a trial to be resumed."""

    config: dict[str, Any]
    spawn_new_trial_id: bool = True
    checkpoint_trial_id: int | None = None


@dataclass
class PausesOnce:
    """Pauses each row after its first epoch; when all have one, it resumes them in turn."""

    rows: int
    heard: list[tuple[str, int]] = field(default_factory=list)

    def suggest(self, trial_id: int) -> Suggestion | None:
        """The next row, or the next to be resumed."""
        if trial_id < self.rows:
            return Suggestion({"row": trial_id})
        resumed = len(self.heard) - self.rows
        return Suggestion({}, False, resumed) if resumed < self.rows else None

    def on_trial_add(self, trial: Suggestion) -> None:
        """Nothing to do."""

    def on_trial_result(self, trial: Suggestion, result: dict[str, Any]) -> str:
        """Pause at the first epoch."""
        return "PAUSE" if result["epoch"] == 1 else "CONTINUE"

    def on_trial_remove(self, trial: Suggestion) -> None:
        """It has paused."""
        self.heard.append(("removed", trial.config["row"]))

    def on_trial_complete(self, trial: Suggestion, result: dict[str, Any]) -> None:
        """It has all epochs."""
        self.heard.append(("complete", trial.config["row"]))

    def on_trial_error(self, trial: Suggestion) -> None:
        """It has failed."""
        self.heard.append(("failed", trial.config["row"]))


def test_a_peer_is_told_of_every_epoch_and_resumes_where_it_paused(table: CurveTable) -> None:
    """Rows 0, 1, 2 and 3 train an epoch each, then the others; the last epoch of row 3 has no value."""
    peer = PausesOnce(4)

    def trial(number: int, config: dict[str, Any]) -> Suggestion:
        return Suggestion(config)

    trained = [stretch[:3] for stretch in server.stretches(peer, CURVES, 100, trial)]
    assert trained == [(0, 1, 1), (1, 1, 1), (2, 1, 1), (3, 1, 1), (0, 2, 3), (1, 2, 3), (2, 2, 3), (3, 2, 3)]
    assert peer.heard[4:] == [("complete", 0), ("complete", 1), ("complete", 2), ("failed", 3)]
    short = [stretch[:3] for stretch in server.stretches(PausesOnce(4), CURVES, 5, trial)]
    assert short == [*trained[:4], (0, 2, 2)]


def test_a_peer_returns_the_best_value_that_it_saw_at_any_epoch(table: CurveTable) -> None:
    """Row 0 has the highest peak, so it is returned although it ends worst."""
    account = Account([1, 4, 5, 100])
    stretches = [(1, 1, 2, 0.1), (2, 1, 2, 0.2), (0, 1, 3, 0.4)]
    readings = client.charge(account, table, stretches)
    assert told(readings) == [(1, 1), (2, 2), (2, 3), (0, 3)]
    assert [reading.cpu_seconds for reading in readings] == [0.1, 0.2, 0.4, 0.4]


def test_sides_that_know_their_budget_run_once_for_each() -> None:
    """The others once for the largest; 100 trainings only for the first ten orders, and not with several workers."""
    keys = measure.wanted("random", ["lstm_ptb"], [5, 100], [9, 10])
    assert [key[1:] for key in keys] == [(5, 9), (5, 10), (100, 9)]
    assert [task.budgets for task in measure.tasks_of("random", keys)] == [(5, 100), (5,)]
    assert [task.budgets for task in measure.tasks_of("freeze-thaw", keys)] == [(5,), (100,), (5,)]
    assert measure.wanted("freeze-thaw, 4 workers", ["lstm_ptb"], [100], [0]) == []


@pytest.mark.parametrize("side", [side for side in SIDES if not why_missing(side)])
def test_every_side_searches_a_tiny_table(side: str) -> None:
    """Within its budget it tries rows, and returns one of them or nothing."""
    rng = np.random.default_rng(0)
    curves = rng.uniform(0.2, 0.8, (12, 1)) + 0.1 * np.arange(1, 5)
    table = CurveTable.from_arrays(curves, [{"lr": 0.1 + i} for i in range(12)], metric=Metric("accuracy", "maximize"))
    budgets = (2,) if SIDES[side].knows_budget else (1, 2)
    readings = SIDES[side].search(Case(table, 0, budgets))
    assert len(readings) == len(budgets)
    assert 1 <= readings[0].tried <= readings[-1].tried <= 12
    assert all(reading.row in (None, *range(12)) for reading in readings)


def test_the_oracle_knows_the_end(table: CurveTable) -> None:
    """Also of a run that has none."""
    forecaster = Oracle(table).fit(History(), horizon=3, rng=None)
    assert forecaster.forecast(Trial(0, table.configs[1]), Curve([0.3])).mean == 0.6
    assert forecaster.forecast(Trial(0, table.configs[3]), Curve([0.2])).mean < -1e6


def test_chained_regressions_forecast_from_arms_that_stopped_anywhere() -> None:
    """Steps that all arms take alike are carried on to the end, although no arm has been there."""
    rises = 1 - 0.8 ** np.arange(1, 10)
    levels = np.linspace(0.1, 0.6, 12)
    arms = [
        (Trial(i, {}, {"lr": float(i)}), Curve((level + 0.3 * rises)[: 9 if i < 3 else 2 + i % 5]))
        for i, level in enumerate(levels.tolist())
    ]
    forecaster = ChainedRegressions().fit(History.from_curves(arms), horizon=9, rng=np.random.default_rng(0))
    forecast = forecaster.forecast(*arms[5])
    assert isinstance(forecast, Forecast)
    assert forecast.mean == pytest.approx(levels[5] + 0.3 * rises[-1], abs=0.03)
    assert isinstance(forecaster.forecast(arms[5][0], Curve(np.zeros(0))), Abstain)
    few = ChainedRegressions().fit(History.from_curves(arms[:2]), horizon=9, rng=np.random.default_rng(0))
    assert isinstance(few.forecast(*arms[5]), Abstain)
