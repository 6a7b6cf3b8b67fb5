"""The economic rule: an arm against fresh arms, within a budget."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandits.causes import Cause
from bandits.curves import Curve, History, Metric, Trial
from bandits.errors import SettingError
from bandits.forecasts import Forecast
from bandits.predictors import LastSeenValue
from bandits.stopping import Drop, EarlyStopper, EconomicRule, Keep
from bandits.stopping.economic.record import ENDS, Record, ends_of
from bandits.stopping.economic.situation import FreshArms, Situation, Spending
from bandits.testing import OraclePredictor
from bandits.verdicts import ValueEvidence

T = 20


def record(levels: list[float], spread: float = 0.05) -> Record:
    """Arms that stopped after their first check, and are forecast to end around these scores."""
    forecasts = np.array([ends_of(Forecast(level, spread, horizon=T)) for level in levels])
    return Record(T, np.ones((len(levels), 1), dtype=np.intp), forecasts[:, None, :], forecasts)


def situation(
    epochs: int = 1,
    spent: int = 200,
    complete: int = 9,
    bar: float = 0.7,
    levels: list[float] | None = None,
    first: float = 0.5,
) -> Situation:
    """An arm after some epochs of 20; the others are forecast to end between 0.4 and 0.6."""
    known = record([0.4, 0.45, 0.5, 0.55, 0.6] if levels is None else levels)
    ends = np.full(ENDS, first)
    return Situation(T, epochs, bar, Spending(spent, complete), ends, FreshArms(known, 5))


def weigh(mean: float, std: float = 0.05, budget: float = 40, **how: object):
    """The verdict on an arm that is forecast to end around `mean`."""
    rule, now = EconomicRule(budget), situation(**how)
    alone = rule.by_budget_alone(now.epochs, T, now.spending)
    return rule.weigh(Forecast(mean, std, horizon=T), now) if alone is None else alone


def test_an_arm_that_fresh_ones_beat_is_dropped() -> None:
    """It is forecast to end below most of the others, far below the bar; the reason says what both are worth."""
    verdict = weigh(0.4)

    assert isinstance(verdict, Drop)
    assert verdict.cause is Cause.WORTH_LESS
    evidence = verdict.evidence
    assert isinstance(evidence, ValueEvidence)
    assert evidence.value is not None
    assert evidence.fresh is not None
    assert 0.0 <= evidence.value < evidence.fresh
    assert verdict.reason == evidence.sentence()
    assert verdict.reason.startswith(
        "score 0.4 ± 0.05 is forecast for epoch 20; fresh arms are worth no less: an epoch"
    )


def test_an_arm_that_will_beat_the_bar_goes_on() -> None:
    """No fresh arm looks as good."""
    verdict = weigh(0.8)

    assert isinstance(verdict, Keep)
    assert verdict.cause is Cause.WORTH_MORE


def test_the_reason_is_told_in_the_units_of_the_metric() -> None:
    """A loss is shown as it was measured."""
    bad = EconomicRule(40).weigh(
        Forecast(-2.0, 0.1, horizon=T), situation(bar=-1.0, levels=[-2.0, -1.5, -1.4, -1.6], first=-2.0)
    )

    assert isinstance(bad, Drop)
    assert bad.words(Metric("loss", "minimize")).startswith("loss 2 ± 0.1 is forecast for epoch 20; fresh arms")
    assert "improves on 1 by" in bad.words(Metric("loss", "minimize"))


def test_an_arm_that_cannot_end_within_the_budget_is_dropped() -> None:
    """However good it looks: its end would come too late."""
    verdict = weigh(0.9, budget=11, spent=11 * T - 5, epochs=10)

    assert isinstance(verdict, Drop)
    assert verdict.cause is Cause.BUDGET_SPENT
    assert "it needs 10 more epochs, and the budget has 5 left" in verdict.reason


def test_the_last_arm_that_can_end_goes_on() -> None:
    """However poor it looks: the epochs left suffice for this arm, and for no fresh one."""
    verdict = weigh(0.1, budget=11, spent=11 * T - 12, epochs=10)

    assert isinstance(verdict, Keep)
    assert verdict.cause is Cause.LAST_ARM


def test_a_larger_budget_makes_the_rule_choosier() -> None:
    """An arm that is good enough when little is left is dropped while fresh ones may still do better."""
    some_good = [0.3, 0.4, 0.45, 0.5, 0.55, 0.78]
    verdicts = [weigh(0.7, budget=budget, levels=some_good) for budget in (11.2, 40)]

    assert [type(verdict) for verdict in verdicts] == [Keep, Drop]


def test_fresh_arms_are_not_valued_by_two() -> None:
    """With forecasts of fewer than three arms every arm goes on."""
    verdict = weigh(0.1, levels=[0.5, 0.6])

    assert isinstance(verdict, Keep)
    assert verdict.cause is Cause.FIRST_ARMS


def test_some_arm_is_trained_to_its_end_once_in_a_while() -> None:
    """After two trainings' worth of epochs without one, the next arm that looked promising at first goes on."""
    starved = {"spent": 9 * T, "complete": 1}

    assert weigh(0.4, first=0.55, **starved).cause is Cause.LEASH
    assert weigh(0.4, first=0.45, **starved).cause is Cause.WORTH_LESS
    assert weigh(0.4, first=0.55, spent=9 * T, complete=4).cause is Cause.WORTH_LESS


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"budget": 0.5}, "`budget` must be >= 1 and finite, got 0.5"),
        ({"budget": -3}, "`budget` must be >= 1 and finite, got -3"),
        ({"budget": math.inf}, "`budget` must be >= 1 and finite, got inf"),
        ({"budget": math.nan}, "`budget` must be >= 1 and finite, got nan"),
        ({"budget": "forty"}, "`budget` must be >= 1 and finite, got 'forty'"),
        ({"budget": 40, "from_epoch": 0}, "`from_epoch` must be an integer >= 1, got 0"),
    ],
)
def test_settings_are_checked(settings: dict, sentence: str) -> None:
    """A budget below one training is refused, in one sentence."""
    with pytest.raises(SettingError) as error:
        EconomicRule(**settings)
    assert str(error.value) == sentence


@pytest.mark.parametrize(("budget", "left"), [(2.3, 23 - 4), (1, 6), (20, 196)])
def test_a_budget_is_counted_in_whole_epochs(budget: float, left: int) -> None:
    """2.3 trainings of 10 epochs are 23 epochs."""
    assert Spending(4, 0).left(budget, horizon=10) == left


def test_alone_it_drops_nothing() -> None:
    """A forecast and a bar are too little to weigh an arm by."""
    assert isinstance(EconomicRule(40).judge(Forecast(0.1, 0.0, horizon=T), bar=0.9), Keep)


scores = st.floats(-1e300, 1e300)


@given(
    means=st.lists(scores, min_size=3, max_size=6),
    mean=scores,
    std=st.floats(0, 1e300),
    bar=scores,
    epochs=st.integers(1, T - 1),
    spent=st.integers(0, 900),
    complete=st.integers(0, 40),
)
def test_every_situation_has_a_verdict(
    means: list[float], mean: float, std: float, bar: float, epochs: int, spent: int, complete: int
) -> None:
    """Scores of any size, ties and certain forecasts among them; the same twice; and values that are no NaN."""
    known = np.array([np.full(ENDS, level) for level in means])
    fresh = FreshArms(Record(T, np.ones((len(means), 1), dtype=np.intp), known[:, None, :], known), len(means))
    now = Situation(T, epochs, bar, Spending(max(spent, epochs), complete), known[0], fresh)
    rule, forecast = EconomicRule(40), Forecast(mean, std, horizon=T)
    if rule.by_budget_alone(epochs, T, now.spending) is not None:
        return
    verdict = rule.weigh(forecast, now)

    assert verdict == rule.weigh(forecast, now)
    assert isinstance(verdict.evidence, ValueEvidence)
    assert verdict.evidence.value is None or 0.0 <= verdict.evidence.value < math.inf
    if isinstance(verdict, Drop) and verdict.cause is Cause.WORTH_LESS:
        assert verdict.evidence.value <= verdict.evidence.fresh


# In a stopper


def rising(ends: list[float]) -> list[list[float]]:
    """Curves of 20 epochs that begin at half of their ends."""
    return [[end * (0.5 + 0.5 * epoch / T) for epoch in range(1, T + 1)] for end in ends]


def stopped_at(ends: list[float], budget: float) -> list[int]:
    """How many epochs each arm trains, one after another, with forecasts without error."""
    rows = rising(ends)
    stopper, history, bar, lengths = EarlyStopper(OraclePredictor(rows), EconomicRule(budget)), History(), None, []
    for i, row in enumerate(rows):
        for epoch, score in enumerate(row, start=1):
            history.record(Trial(i), epoch, score)
            if epoch == T:
                bar = score if bar is None else max(bar, score)
            elif isinstance(stopper.advise(Trial(i), history.curve(i), history, horizon=T, bar=bar), Drop):
                break
        lengths.append(history.curve(i).tau)
    return lengths


def test_with_forecasts_without_error_only_improvements_are_trained() -> None:
    """The first arm sets the bar, the second is one of the first three; then only arms above the bar go on."""
    lengths = stopped_at([0.5, 0.4, 0.3, 0.45, 0.9, 0.6, 0.2, 0.95], budget=40)

    assert lengths[0] == lengths[4] == lengths[7] == T
    assert max(lengths[5:7]) < T


def test_what_was_spent_may_be_told() -> None:
    """By default it is what the history holds; a caller who knows of more epochs says so."""
    history = History.from_curves((Trial(i), Curve(row)) for i, row in enumerate(rising([0.5, 0.6, 0.7])))
    stopper = EarlyStopper(OraclePredictor(rising([0.5, 0.6, 0.7, 0.9])), EconomicRule(budget=10))
    arm = (Trial(3), Curve([0.4]))

    (by_default,) = stopper.advise_many([arm], history, horizon=T, bar=0.7)
    (told,) = stopper.advise_many([arm], history, horizon=T, bar=0.7, spending=Spending(10 * T, 9))

    assert by_default.cause is Cause.WORTH_MORE
    assert told.cause is Cause.BUDGET_SPENT
    assert told.censored


def test_an_arm_without_a_forecast_goes_on() -> None:
    """The predictor's reason is told, and no bar means no verdict."""
    stopper = EarlyStopper(LastSeenValue(min_curves=9), EconomicRule(budget=10))
    history = History.from_curves([(Trial(0), Curve(np.linspace(0.1, 0.5, T)))])

    verdict = stopper.advise(Trial(1), Curve([0.1]), history, horizon=T, bar=0.5)
    assert verdict.cause is Cause.TOO_FEW_CURVES
    assert stopper.advise(Trial(1), Curve([0.1]), history, horizon=T, bar=None).cause is Cause.NO_BAR


def test_scores_too_large_to_compute_with_drop_nothing() -> None:
    """Improvements that overflow are no reason to drop an arm."""
    verdict = weigh(1e308, std=1e307, levels=[1e308] * 5, bar=-1e308, first=1e308)

    assert isinstance(verdict, Keep)
    assert verdict.cause is Cause.UNUSABLE_SCORES
