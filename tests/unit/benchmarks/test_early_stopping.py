"""What the early-stopping benchmark counts: epochs, shares, who is kept, and that its arrays judge as the rules do."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from bandits import EarlyStopper, RandomSearch, run
from bandits.curves import History, Metric
from bandits.objectives import CurveTable
from bandits.predictors import SRM, LastSeenValue, Predictor
from bandits.rng import rng_for
from bandits.schedulers import State
from bandits.stopping import ProbabilityRule, RiskControlledRule
from bandits.stopping.calibration_set import leave_one_out
from bandits.stopping.check_epochs import sparse
from bandits.testing import ramps
from benchmarks.early_stopping import judging, measuring, replaying, sides, summary, tables


def test_replay_charges_burn_in_dropped_failed_and_finished_arms() -> None:
    """Two arms of 10 in full; one dropped at 2; one that fails at 1; one finishes as the new best; one audited."""
    arms = replaying.Arms(
        ends=np.array([0.5, 0.6, 0.9, math.nan, 0.8, 0.1]), lengths=np.array([10, 10, 10, 1, 10, 10]), burn_in=2
    )
    drop_at = np.array([0, 0, 2, 0, 0, 2])  # arm 3 has failed before its check epoch
    audited = np.array([False, False, False, False, False, True])
    outcome = replaying.replay(arms, lambda bar: drop_at, audited)
    assert outcome.trained.tolist() == [10, 10, 2, 1, 10, 10]
    assert outcome.dropped.tolist() == [False, False, True, False, False, False]
    assert (outcome.spent, outcome.returned) == (43, 0.8)
    assert arms.full == 51
    assert arms.best == 2  # it was dropped: the best is not kept
    # The oracle keeps arm 2, which is a new best, and one epoch of each after it.
    assert replaying.oracle_spends(arms) == 10 + 10 + 10 + 1 + 1 + 1


def test_bar_is_the_nth_best_end_so_far_and_rises_with_new_bests() -> None:
    ends = np.array([0.5, 0.6, 0.7, 0.4, 0.8])
    arms = replaying.Arms(ends=ends, lengths=np.full(5, 4), burn_in=2)
    asked: list[float] = []

    def dropped_at(bar: float) -> NDArray[np.int64]:
        asked.append(bar)
        return np.where(ends <= bar, 1, 0)

    nobody = np.zeros(5, dtype=np.bool_)
    outcome = replaying.replay(arms, dropped_at, nobody)
    assert asked == [0.6, 0.7]  # the burn-in's best, then arm 2; after arm 4 nobody is left
    assert outcome.trained.tolist() == [4, 4, 4, 1, 4]
    assert outcome.spent == replaying.oracle_spends(arms)
    asked.clear()
    outcome = replaying.replay(arms, dropped_at, nobody, keep=2)
    assert asked == [0.5, 0.6]
    outcome = replaying.replay(arms, dropped_at, nobody, keep=3)  # arm 2 makes three; the bar is then the third best
    assert outcome.trained.tolist() == [4, 4, 4, 1, 4]


def test_first_of_several_check_epochs_counts() -> None:
    epochs = np.array([1, 3, 7])
    drops = np.array([[False, True, True], [False, False, False], [True, False, True]])
    assert replaying.first_epochs(epochs, drops).tolist() == [3, 0, 1]


def test_share_speed_up_and_measured_risk_of_two_orderings() -> None:
    """Written out: spent 40 and 60 of 100, oracle 20 and 20."""
    told = {"dropped": 5, "regret": 0.0, "regret_percent": 0.0, "top": 1, "top_at_risk": 1, "top_dropped": 0}
    runs = [
        {
            "side": "srm", "table": "noise", "burn_in": 40, "ordering": ordering, "arms": 10, "full": 100, "oracle": 20,
            "at_risk": at_risk, "noise": 0.1, "bound": [],
            "replays": {"risk 0.1": {**told, "spent": spent, "kept": kept, "near": 1, "best_dropped": 1 - kept,
                                     "halves": halves}},
        }
        for ordering, at_risk, spent, kept, halves in (
            (0, True, 40, 0, [[1, 0], None, [1, 1]]), (1, False, 60, 1, [[0, 0], None, [0, 0]])
        )
    ]  # fmt: skip
    (row,) = summary.summarise(runs)
    assert row["speed_up"] == pytest.approx(200 / 100)
    assert row["ceiling"] == pytest.approx(200 / 40)
    assert row["share"] == pytest.approx((60 / 80 + 40 / 80) / 2)
    assert (row["kept"], row["near"], row["stated"]) == (1, 2, 0.1)
    assert row["whole"] == pytest.approx({"n": 1, "dropped": 1.0, "lost": 0.0, "dropped_se": 0.0, "lost_se": 0.0})
    assert (row["halves"]["n"], row["halves"]["dropped"], row["halves"]["lost"]) == (4, 0.5, 0.25)


def test_a_risk_is_missed_by_the_standard_errors_beyond_the_two_points() -> None:
    assert summary.misses_by(0.18, 0.1, 100) == pytest.approx(2.0)  # 6 points; an error of 3


def test_bound_takes_the_most_saving_constant_that_keeps_nine_of_ten() -> None:
    """Of constants 0, .5, 1: the first loses too often, the second is the best of the others."""
    constants = len(sides.CONSTANTS)
    rest = [[100, 1, 1]] * (constants - 3)
    runs = [
        {"side": "srm", "table": "noise", "burn_in": 40, "full": 100, "oracle": 20,
         "bound": [[20, 0, int(ordering > 1)], [40, int(ordering > 1), int(ordering > 0)], [60, 1, 1], *rest]}
        for ordering in range(10)
    ]  # fmt: skip
    (row,) = summary.bounds(runs)
    assert row["near"] == {"constant": 0.5, "share": pytest.approx(0.75)}
    assert row["kept"] == {"constant": 1.0, "share": pytest.approx(0.5)}


@pytest.mark.parametrize("predictor", [SRM("ridge"), LastSeenValue()], ids=["ridge", "last seen"])
def test_arrays_judge_as_the_rules_do(predictor: Predictor) -> None:
    """`check` compares verdicts one by one, and raises where they differ."""
    pairs = ramps(60, 12)
    history = History.from_curves(pairs[:30])
    forecaster = predictor.fit(history, horizon=12, rng=rng_for(0, "fit"))
    epochs = sparse(12)
    record = leave_one_out(predictor, forecaster, history, history, horizon=12, epochs=epochs, seed=0)
    arms = [(trial, np.array(curve.scores)) for trial, curve in pairs]
    forecasts = judging.Forecasts.make(forecaster, arms, np.full(60, 12), epochs, skip=30)
    ends = sorted(curve.scores[-1] for _, curve in pairs)
    judge = judging.RiskJudge(forecasts, record)
    dropped = 0
    bars = (ends[-1], ends[-10], ends[20])
    for risk in (0.05, 0.1, 0.5):
        dropped_at, rules = judge.at(risk)
        for sample in range(10):
            judging.check(forecasts, dropped_at, rules, bars, rng_for(sample, "checked"))
        dropped += int((dropped_at(ends[-1]) > 0).sum())
    for confidence in (0.5, 0.99):
        dropped_at = judging.probability(forecasts, confidence)
        judging.check(forecasts, dropped_at, ProbabilityRule(confidence), bars, rng_for(1, "checked"))
    assert dropped > 0
    with pytest.raises(ValueError, match="is dropped at"):
        judging.check(forecasts, lambda bar: np.full(60, 99), rules, bars, rng_for(0, "checked"))


@pytest.mark.parametrize("table", ["lstm_ptb", "nas_bench_nlp_wikitext2"])
def test_replay_spends_what_a_real_run_without_refits_spends(table: str) -> None:
    """Epoch by epoch the same, audits and failing runs included, and it returns the same score."""
    told = measuring.measure(measuring.Task("srm", table, 40, 3))
    objective = CurveTable(table)
    stopper = EarlyStopper(SRM(), RiskControlledRule(0.1), refit_growth=1e9, seed=3)
    search = RandomSearch(len(objective), objective.max_epochs, stopper, burn_in=40)
    result = run(search, objective, seed=3)
    replayed = told["replays"]["risk 0.1"]
    assert (replayed["spent"], replayed["dropped"]) == (result.epochs_trained, result.count(State.DROPPED))
    assert replayed["regret"] == pytest.approx(result.regret)


def test_arms_fail_at_their_first_gap() -> None:
    """A run with a value missing is charged up to there and has no end, even if later values are recorded."""

    curves = [[0.1, 0.2, 0.3], [0.1, math.nan, 0.9], [0.3, 0.2, math.nan]]
    table = CurveTable.from_arrays(curves, [{}] * 3, metric=Metric("accuracy", goal="maximize"))
    arms = measuring.arms_of(table, [2, 0, 1], burn_in=1)
    assert arms.lengths.tolist() == [2, 3, 1]
    assert np.isnan(arms.ends).tolist() == [True, False, True]
    assert arms.full == 6


def test_every_arm_of_an_ordering_comes_once_and_shift_region_by_region() -> None:
    rows = tables.order("shift", tables.load("shift", 1), 3)
    assert sorted(rows) == list(range(1000))
    assert max(rows[:150]) < 150
