"""What an arm is worth per epoch, how forecasts narrow, and which fresh arm is taken."""

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from bandits import run
from bandits.curves import Trial
from bandits.objectives import CurveTable
from bandits.predictors import CurveProcess
from bandits.schedulers import FreezeThaw, RandomSearch
from bandits.schedulers.freeze_thaw.fresh import FreshForecasts
from bandits.schedulers.freeze_thaw.improvement import expected_improvement
from bandits.schedulers.freeze_thaw.unknown import straight, unknown_shares
from bandits.schedulers.freeze_thaw.worth import Plan, worth_per_epoch

MIDDLES, REACHES = np.array([0.0, 0.5, -2.0]), np.array([1.0, 0.1, 0.5])
COSTS = np.array([1.0, 4.0, 20.0])


def test_to_the_end_worth_is_improvement_per_epoch() -> None:
    """The expected improvement, divided by the epochs to the end."""
    worth = worth_per_epoch(Plan.TO_THE_END, MIDDLES, REACHES, 0.2, COSTS, np.array([0.5, 0.2, 0.0]))
    assert worth == pytest.approx(expected_improvement(MIDDLES, REACHES, 0.2) / 20)


def test_a_stop_where_all_is_known_has_the_price_at_which_it_pays() -> None:
    """One epoch tells the end: the price p solves E max(end - bar - 19 p, 0) = p."""
    worth = worth_per_epoch(Plan.WITH_STOPS, np.zeros(1), np.ones(1), 0.2, np.array([1.0, 20.0]), np.array([0.0, 0.0]))

    def left_over(price: float) -> float:
        bar = 0.2 + 19 * price
        return norm.pdf(bar) - bar * norm.sf(bar) - price

    assert worth[0] == pytest.approx(brentq(left_over, 1e-6, 1.0), rel=0.1)


def test_stops_that_tell_nothing_are_worth_nothing() -> None:
    """If all of the variance is left until the end, both plans are worth the same; else stops never cost."""
    blind = worth_per_epoch(Plan.WITH_STOPS, MIDDLES, REACHES, 0.2, COSTS, np.array([1.0, 1.0, 0.0]))
    direct = worth_per_epoch(Plan.TO_THE_END, MIDDLES, REACHES, 0.2, COSTS, np.array([1.0, 1.0, 0.0]))
    telling = worth_per_epoch(Plan.WITH_STOPS, MIDDLES, REACHES, 0.2, COSTS, np.array([0.3, 0.1, 0.0]))

    assert blind == pytest.approx(direct)
    assert (telling >= direct - 1e-15).all()
    assert telling[0] > 1.5 * direct[0]


def test_equally_likely_forecasts_of_one_arm_have_one_worth() -> None:
    """The mean to the end; with stops at least that."""
    arguments = MIDDLES, REACHES, 0.2, COSTS, np.array([0.5, 0.2, 0.0])
    direct = worth_per_epoch(Plan.TO_THE_END, *arguments, one_arm=True)
    stops = worth_per_epoch(Plan.WITH_STOPS, *arguments, one_arm=True)

    assert direct == pytest.approx([worth_per_epoch(Plan.TO_THE_END, *arguments).mean()])
    assert stops.shape == (1,)
    assert stops[0] >= direct[0]


def test_shares_are_the_median_ratios_then_a_straight_line() -> None:
    """Two arms took the first step, and halve their spread; the other steps are not known."""
    arms = [{0: 1.0, 1: 0.5}, {0: 2.0, 1: 1.0, 2: 0.1}]

    assert unknown_shares(arms, 4).tolist() == pytest.approx([1.0, 0.25, 0.25 * 2 / 3, 0.25 / 3, 0.0])
    assert unknown_shares([], 2).tolist() == straight(2).tolist() == [1.0, 0.5, 0.0]
    assert unknown_shares([{0: 1.0, 1: 3.0}] * 3, 2).tolist() == [1.0, 1.0, 0.0]  # never more than before


def told(sign: float, arms: int = 12) -> FreshForecasts:
    """Fresh arms whose forecasts rank them as their curves do (sign 1), or the other way round (-1)."""
    fresh = FreshForecasts()
    for i in range(arms):
        numbers = (np.array([float(i), -1.0]), np.ones(2))
        assert fresh.take([Trial(i), Trial(i)], numbers, np.array([0.0, 1.0])) == 0
    fresh.judge(lambda i: 3, lambda i: sign * i)
    return fresh


def test_features_choose_once_they_have_proved_themselves() -> None:
    """Twelve arms in the foretold order: the proposal worth most is taken. Turned round, or few: the first one."""
    numbers = (np.array([0.1, 0.9]), np.ones(2))
    pair = [Trial(99), Trial(99)]

    assert told(1.0).take(pair, numbers, np.array([0.1, 0.9])) == 1
    assert told(-1.0).take(pair, numbers, np.array([0.1, 0.9])) == 0
    assert told(1.0, arms=6).take(pair, numbers, np.array([0.1, 0.9])) == 0


def test_features_that_tell_the_end_are_used(tmp_path: Path) -> None:
    """Where a feature decides the end, later arms are better than at random; with one proposal they are not."""
    rng = np.random.default_rng(5)
    features = rng.uniform(size=150)
    ends = 0.5 + 0.4 * np.sin(3 * features)
    curves = ends[:, None] * (1 - np.exp(-np.arange(1, 13) / 3.0)) + 0.003 * rng.standard_normal((150, 12))
    lines = [",".join(["x", *(str(epoch) for epoch in range(1, 13))])]
    lines += [",".join(map(str, (x, *row))) for x, row in zip(features, curves.round(4), strict=True)]
    path = tmp_path / "told.csv"
    path.write_text("\n".join(lines) + "\n")
    table = CurveTable(path, goal="maximize")
    later = {}
    for proposals in (1, 32):
        machine = FreezeThaw(12, 15, trials=150, predictor=CurveProcess(), proposals=proposals)
        result = run(machine, table, seed=0)
        opened = [float(str(trial.config["x"])) for trial in result.trials.values()]
        later[proposals] = np.mean(0.5 + 0.4 * np.sin(3 * np.array(opened[40:])))

    assert later[32] > later[1] + 0.05


def test_other_schedulers_take_what_is_proposed() -> None:
    """One proposal, and the first."""
    assert RandomSearch(3, 4).proposals == 1
    assert RandomSearch(3, 4).prefer([Trial(0)]) == 0
