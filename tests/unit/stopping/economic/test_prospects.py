"""What fresh arms promise, by a record of forecasts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Forecast
from bandits.rng import rng_for
from bandits.stopping.economic.prospects import prospects_of
from bandits.stopping.economic.record import ENDS, Record, ends_of, record_of
from bandits.stopping.economic.sharpening import Sharpness
from bandits.stopping.economic.situation import FreshArms
from bandits.testing import OraclePredictor

T = 20


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Arms that stopped after the first, second or third check, or are complete; forecasts sharpen."""
    arms = draw(st.lists(st.tuples(st.floats(-1, 1), st.integers(1, 4)), min_size=1, max_size=8))
    checks = np.array([1, 4, 9])
    epochs = np.full((len(arms), 3), T)
    forecasts = np.empty((len(arms), 3, ENDS))
    ends = np.empty((len(arms), ENDS))
    for row, (level, passed) in enumerate(arms):
        for k in range(3):
            forecasts[row, k] = ends_of(Forecast(level, 0.5 / (1 + min(k, passed - 1)), horizon=T))
        epochs[row, : min(passed, 3)] = checks[: min(passed, 3)]
        ends[row] = level if passed == 4 else forecasts[row, min(passed, 3) - 1]
    return Record(T, epochs, forecasts, ends)


@given(record=records(), bar=st.floats(-1, 1), left=st.integers(T, 40 * T))
def test_prospects_are_probabilities_and_epochs(record: Record, bar: float, left: int) -> None:
    """A fresh arm costs an epoch or more, and a training at most; higher ends are rarer."""
    found = prospects_of(record, bar, left)

    assert 1.0 <= found.cost <= T
    assert ((found.rates >= 0) & (found.rates <= 1)).all()
    assert (np.diff(found.rates) <= 1e-12).all()
    assert (found.widths > 0).all()
    assert found.middles[0] > bar


@given(record=records(), bar=st.floats(-1, 1), left=st.integers(T, 20 * T), ends=st.floats(-1, 2))
def test_more_epochs_and_more_arms_are_worth_more(record: Record, bar: float, left: int, ends: float) -> None:
    """Never less than nothing; an arm that is trained beforehand can only help; without epochs nothing comes."""
    found = prospects_of(record, bar, left)

    assert 0.0 <= found.worth(left) <= found.worth(left + T)
    assert found.worth_with(np.full(ENDS, ends), left) >= found.worth(left) - 1e-12
    assert found.worth(T - 1) == 0.0


def test_arms_that_look_poor_are_cheap() -> None:
    """Eight of ten arms are seen to be poor after one epoch: a fresh arm costs far less than a training."""
    levels = [0.1] * 8 + [0.5, 0.9]
    forecasts = np.array([ends_of(Forecast(level, 0.02, horizon=T)) for level in levels])
    record = Record(T, np.ones((10, 1), dtype=np.intp), forecasts[:, None, :], forecasts)
    found = prospects_of(record, 0.6, 20 * T)

    assert found.cost == pytest.approx((9 * 1 + 20) / 10)
    assert found.rates[0] == pytest.approx(0.1, abs=0.02)


def test_a_record_holds_every_check_that_an_arm_passed() -> None:
    """Shorter arms have T in place of the checks that they did not pass; a complete arm has its end."""
    rows = [list(np.linspace(0.1, end, T)) for end in (0.5, 0.6, 0.7)]
    arms = [(Trial(i), Curve(row[:tau])) for i, (row, tau) in enumerate(zip(rows, (3, 20, 5), strict=True))]
    forecaster = OraclePredictor(rows).fit(History.from_curves(arms), horizon=T, rng=rng_for(0))
    record = record_of(forecaster, arms, (1, 4, 10), T)

    assert record.epochs.tolist() == [[1, T, T], [1, 4, 10], [1, 4, T]]
    assert record.ends[:, 0] == pytest.approx([0.5, 0.6, 0.7])
    assert record.first.shape == (3, ENDS)


@given(record=records())
def test_forecasts_never_lose_sharpness(record: Record) -> None:
    """What is left of the spread is a share of it, and less is left after more epochs of a known kind of curve."""
    sharpness = Sharpness(record)
    for epoch, later in ((1, 4), (1, 9), (4, 9)):
        assert 0.0 < sharpness.remaining_spread(epoch, later) < 1.0


def test_the_policy_is_learnt_anew_for_another_bar_or_budget() -> None:
    """About the same budget gives the same prospects; another one does not."""
    forecasts = np.array([ends_of(Forecast(level, 0.1, horizon=T)) for level in (0.3, 0.5, 0.7)])
    fresh = FreshArms(Record(T, np.ones((3, 1), dtype=np.intp), forecasts[:, None, :], forecasts), 3)

    assert fresh.prospects(0.6, 100) is fresh.prospects(0.6, 99)
    assert fresh.prospects(0.6, 100) is not fresh.prospects(0.6, 400)
    assert fresh.prospects(0.6, 100) is not fresh.prospects(0.5, 100)
