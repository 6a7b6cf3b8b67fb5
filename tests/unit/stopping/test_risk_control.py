"""The risk-controlled rule: thresholds by hand, and what they do with odd records."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest

from bandits.causes import Cause
from bandits.curves import Metric
from bandits.errors import SettingError
from bandits.forecasts import Forecast, Link
from bandits.rng import rng_for
from bandits.stopping import Drop, Keep, RiskControlledRule
from bandits.stopping.calibration_set import CalibrationSet, Scale
from bandits.stopping.risk_control import Threshold
from bandits.verdicts import RiskEvidence

IDENTITY = Scale(Link.IDENTITY, 1e-9)


def record_of(
    ends: Sequence[float],
    errors: Sequence[Sequence[float]],
    *,
    epochs: Sequence[int] = (5,),
    scale: Scale = IDENTITY,
    noise: float = 0.0,
    audited: Sequence[bool] | None = None,
) -> CalibrationSet:
    """A record on the way to epoch 10; errors are a row for each curve."""
    table = np.array(errors, dtype=np.float64).reshape(len(ends), len(epochs))
    audits = np.zeros(len(ends), bool) if audited is None else np.array(audited)
    return CalibrationSet(10, epochs, scale, np.array(ends, dtype=np.float64), table, noise, audits)


def learnt(rule: RiskControlledRule, record: CalibrationSet) -> dict[int, Threshold]:
    """What a rule learns from a record that is large enough."""
    rules = rule.learn(record)
    assert not isinstance(rules, Keep), rules.reason
    found = {epoch: threshold for epoch, threshold in rules.items() if isinstance(threshold, Threshold)}
    assert len(found) == len(rules)
    return found


def chance(threshold: Threshold, mean: float, std: float = 1.0, *, bar: float) -> float:
    """P(looks as bad | ends at the bar), as the verdict on a forecast says."""
    evidence = threshold.judge(Forecast(mean, std, horizon=10, link=threshold.scale.link), bar=bar).evidence
    assert isinstance(evidence, RiskEvidence)
    return 1.0 - evidence.probability


def world(n: int, key: str = "world", *, check_epochs: int = 4) -> CalibrationSet:
    """Ends that are Gaussian, forecasts that shrink towards their mean and err less at each check epoch."""
    rng = rng_for(0, key, n)
    ends = rng.normal(size=n)
    epochs = tuple(range(2, 2 + 2 * check_epochs, 2))
    columns = []
    for epoch in epochs:
        weight = epoch / 10
        std = math.sqrt(1 - weight)
        means = weight * ends + rng.normal(0, math.sqrt(weight * (1 - weight)), n)
        columns.append((ends - means) / std)
    return record_of(ends.tolist(), np.array(columns).T.tolist(), epochs=epochs)


# A record of five curves, one check epoch after half of the epochs. Least squares by hand: the errors average 1, the
# slope is ((-2)(0) + (-1)(1) + (0)(1) + (1)(1) + (2)(2)) / 10 = 0.4, what is left is -0.2, 0.4, 0, -0.4, 0.2;
# leverages are 1/5 + (end - 3)^2 / 10.
FIVE = record_of([1, 2, 3, 4, 5], [[0], [1], [1], [1], [2]])
LEFT = {1: -0.2, 2: 0.4, 3: 0.0, 4: -0.4, 5: 0.2}
LEVERAGE = {1: 0.6, 2: 0.3, 3: 0.2, 4: 0.3, 5: 0.6}
GROWTH = 1.5  # 1 + 5 / 10: more evidence is asked for late
RAISED = 2.3534 * math.sqrt(0.4 / 3)  # the 95 % quantile of Student's t with 3 degrees, times the scatter


def test_lines_and_residuals_by_hand() -> None:
    """Residuals are those of lines fitted without each curve, in standard deviations of such a prediction, and are
    divided by 1 + share of the horizon."""
    lines = learnt(RiskControlledRule(0.2), FIVE)[5].lines

    assert (lines.centre, lines.spread) == (3.0, 10.0)
    assert (lines.heights[0], lines.slopes[0]) == pytest.approx((1.0, 0.4))
    worst = [LEFT[i] / ((1 - LEVERAGE[i]) * math.sqrt(1 + LEVERAGE[i]) * GROWTH) for i in (4, 1, 3, 5, 2)]
    assert lines.scores == pytest.approx(worst)


def test_residuals_are_those_of_lines_fitted_without_each_curve() -> None:
    """Fitting a line without the curve, and predicting it, gives the same."""
    record = world(12, check_epochs=1)
    lines = learnt(RiskControlledRule(0.2), record)[2].lines
    expected = []
    for i in range(12):
        rest = np.arange(12) != i
        slope, height = np.polyfit(record.ends[rest], record.errors[rest, 0], 1)
        assert slope > 0
        leverage = 1 / 12 + (record.ends[i] - record.ends.mean()) ** 2 / record.ends.var() / 12
        expected.append((record.errors[i, 0] - height - slope * record.ends[i]) / math.sqrt(1 + leverage) / 1.2)

    assert lines.scores == pytest.approx(sorted(expected))


def test_a_verdict_by_hand() -> None:
    """An arm that ends at 3 looks as bad as m with probability (1 + #{M >= m}) / 6: the M of the record are -0.334,
    -0.264, 0, 0.264 and 0.334, and m is what the error exceeds the raised line by, in the same units."""
    threshold = learnt(RiskControlledRule(0.2), FIVE)[5]

    def error(m: float) -> float:
        return 1.0 + RAISED * math.sqrt(0.2) + m * math.sqrt(1.2) * GROWTH

    for m, expected in ((0.35, 1), (0.32, 2), (0.25, 3), (-0.01, 4), (-0.3, 5), (-0.4, 6)):
        assert chance(threshold, 3.0 - error(m), bar=3.0) == pytest.approx(expected / 6), m
        assert chance(threshold, 3.0 - 0.1 * error(m), 0.1, bar=3.0) == pytest.approx(expected / 6), m
    assert isinstance(threshold.judge(Forecast(3.0 - error(0.35), 1.0, 10), bar=3.0), Drop)
    assert isinstance(threshold.judge(Forecast(3.0 - error(0.32), 1.0, 10), bar=3.0), Keep)


def test_m_is_the_worst_of_all_checkpoints() -> None:
    """A curve counts once, by the check epoch at which it looked worst: a second one that is never worse changes
    nothing at the first."""
    twice = replace(FIVE, epochs=(5, 5), errors=np.hstack([FIVE.errors, 0.5 * FIVE.errors]))
    alone, together = learnt(RiskControlledRule(0.2), FIVE)[5], learnt(RiskControlledRule(0.2), twice)[5]
    halves = sorted(np.maximum(0.5 * alone.lines.scores, alone.lines.scores))

    assert together.lines.scores == pytest.approx(halves)


@pytest.mark.parametrize(("risk", "needed"), [(0.5, 5), (0.2, 5), (0.1, 9), (0.3, 5), (0.05, 19), (0.01, 99)])
def test_waits_for_as_many_curves_as_the_risk_needs(risk: float, needed: int) -> None:
    """With n < 1 / risk - 1 no threshold gives the guarantee; and five curves are the least."""
    rule = RiskControlledRule(risk)
    waits = rule.learn(world(needed - 1))

    assert rule.least_curves == needed
    expected = f"no threshold: a risk of {risk:g} needs {needed} uncensored curves with forecasts, has {needed - 1}"
    assert waits == Keep(expected, cause=Cause.TOO_FEW_UNCENSORED)
    thresholds = learnt(rule, world(needed))
    assert list(thresholds) == [2, 4, 6, 8]
    assert isinstance(thresholds[8].judge(Forecast(-100.0, 1.0, 10), bar=0.0), Drop)


def test_a_record_of_nothing_waits() -> None:
    """Nor does a record without check epochs name a threshold."""
    empty = record_of([], [], epochs=())

    expected = "no threshold: a risk of 0.1 needs 9 uncensored curves with forecasts, has 0"
    assert Keep(expected, cause=Cause.TOO_FEW_UNCENSORED) == RiskControlledRule().learn(empty)


def test_more_risk_and_worse_forecasts_drop_more() -> None:
    """What is dropped is dropped with more risk, and with every lower forecast."""
    record = world(40)
    grid = np.linspace(-4, 2, 61).tolist()
    rules = [learnt(RiskControlledRule(risk), record) for risk in (0.05, 0.1, 0.2, 0.5)]
    for epoch in record.epochs:
        for bar in (-1.0, 0.5, 3.0):
            table = [
                [isinstance(rule[epoch].judge(Forecast(m, 0.7, 10), bar=bar), Drop) for m in grid] for rule in rules
            ]
            for drops in table:
                assert sorted(drops, reverse=True) == drops
            for careful, bold in pairwise(table):
                assert all(then or not now for now, then in zip(careful, bold, strict=True))
            assert any(table[0])


def test_higher_bars_drop_more() -> None:
    """What is dropped at a bar is dropped at every higher one, however large the forecast's error is: an arm that ends
    higher must look better, which lines that are steeper than that error would not have it."""
    thresholds = learnt(RiskControlledRule(0.1), world(40))
    assert any(threshold.lines.slopes[threshold.column] > 1 / 3 for threshold in thresholds.values())
    for threshold in thresholds.values():
        for mean, std in product(np.linspace(-9, 1, 17).tolist(), (0.3, 1.0, 3.0)):
            drops = [
                isinstance(threshold.judge(Forecast(mean, std, 10), bar=bar), Drop) for bar in np.linspace(-2, 4, 50)
            ]
            assert sorted(drops) == drops


def test_bars_far_beyond_the_record_count_as_at_its_reach() -> None:
    """A quarter of the way from the median to the best, beyond the best: there the chance no longer changes, while
    the evidence shows the bar itself."""
    threshold = learnt(RiskControlledRule(0.2), FIVE)[5]
    reach = 5 + 0.25 * (5 - 3)

    assert threshold.lines.reach == reach
    for mean in (1.0, 2.0, 3.0, 4.0):
        assert chance(threshold, mean, bar=1e9) == chance(threshold, mean, bar=reach)
    evidence = threshold.judge(Forecast(1.0, 1.0, 10), bar=1e9).evidence
    assert evidence is not None
    assert evidence.bar == 1e9


def test_an_arm_must_end_above_the_bar_by_the_tolerance() -> None:
    """By a number, or by the noise of a measurement; at most up to the reach."""
    noisy = replace(FIVE, noise=0.75)
    exact, given, noise = (
        learnt(RiskControlledRule(0.2, tolerance=tolerance), noisy)[5]
        for tolerance in (0.0, 0.75, "noise")  # type: ignore[arg-type]
    )
    assert (exact.tolerance, given.tolerance, noise.tolerance) == (0.0, 0.75, 0.75)
    for mean in np.linspace(-1, 5, 40).tolist():
        assert chance(exact, mean, bar=3.75) == chance(noise, mean, bar=3.0) == chance(given, mean, bar=3.0)
    assert [chance(m, 1.3, bar=3.0) for m in (exact, noise)] == pytest.approx([3 / 6, 1 / 6])


def test_the_margin_lowers_the_bar() -> None:
    """An arm that may end within it is protected; evidence shows the lowered bar."""
    plain, lenient = (learnt(RiskControlledRule(0.2, margin=margin), FIVE)[5] for margin in (0.0, 1.0))
    for mean in np.linspace(-2, 4, 40).tolist():
        high, low = (rule.judge(Forecast(mean, 1.0, 10), bar=bar) for rule, bar in ((lenient, 4.0), (plain, 3.0)))
        assert high == low


def test_a_threshold_speaks_for_its_rule() -> None:
    """It protects as many arms, and names the same settings."""
    rule = RiskControlledRule(0.2, keep=3)
    threshold = learnt(rule, FIVE)[5]

    assert threshold.keep == 3
    assert threshold.settings() == rule.settings()
    assert threshold.judge(Forecast(0.0, 1.0, 10), bar=3.0) == threshold.judge(Forecast(0.0, 1.0, 10), bar=3.0)


def test_without_a_record_every_arm_is_kept() -> None:
    """Nothing is known of the errors of forecasts."""
    verdict = RiskControlledRule().judge(Forecast(0.0, 1.0, 10), bar=99.0)

    assert verdict == Keep("no threshold: nothing is known of the errors of forecasts", cause=Cause.NO_THRESHOLD)


def test_it_judges_at_few_check_epochs_and_learns() -> None:
    """Ever further apart; and a record is kept for it."""
    rule = RiskControlledRule()

    assert list(rule.check_epochs(10)) == [1, 2, 3, 4, 5, 6, 8]
    assert rule.learns


def audited_record(n: int, audits: int, shift: float) -> CalibrationSet:
    """Curves, the last of which are audits; the forecasts of these fall short by more."""
    record = world(n)
    audited = np.arange(n) >= n - audits
    return replace(record, errors=record.errors + shift * audited[:, np.newaxis], audited=audited)


def test_audits_raise_the_alarm() -> None:
    """If more of them would have been dropped against their own ends than the risk explains, nothing is dropped until
    there are enough of them; then the record before them is not used."""
    rule = RiskControlledRule(0.1)
    few, enough = audited_record(46, 6, shift=20.0), audited_record(49, 9, shift=20.0)

    assert rule.learn(few) == Keep(
        "no threshold: 6 of 6 audited arms would have been dropped wrongly, which a risk of 0.1 does not explain; waits"
        " for 9 new curves",
        cause=Cause.AUDITS_CONTRADICT,
    )
    expected = learnt(rule, enough.of(enough.audited))
    assert learnt(rule, enough)[2].lines.scores.tolist() == expected[2].lines.scores.tolist()
    assert learnt(rule, enough)[2].lines.reach == expected[2].lines.reach


def test_three_wrong_audits_of_four_are_too_many_and_one_is_not() -> None:
    """At a risk of 0.1: P(3 or more of 4) = 0.004 <= 0.01 and P(1 or more of 4) = 0.34 > 0.01."""
    for wrong, alarmed in ((3, True), (1, False)):
        record = audited_record(44, 4, shift=-20.0)  # all look far better than they end ...
        record.errors[40 : 40 + wrong] += 40.0  # ... but for these, which look far worse
        assert isinstance(RiskControlledRule(0.1).learn(record), Keep) is alarmed


def test_audits_that_agree_join_the_record() -> None:
    """Where all is well, or where there is no record before them to check, every curve counts."""
    rule = RiskControlledRule(0.1)
    for record in (audited_record(49, 9, shift=0.0), audited_record(16, 8, shift=20.0)):
        assert len(learnt(rule, record)[2].lines.scores) == len(record)


def test_alarms_are_rare_where_all_is_well() -> None:
    """Of two hundred records whose audits are like the rest, hardly any raises one: a test at 1 %."""
    alarms = 0
    for i in range(200):
        record = world(60, f"well {i}")
        record = replace(record, audited=np.arange(60) >= 40)
        rules = RiskControlledRule(0.1).learn(record)
        alarms += isinstance(rules, Keep) or len(next(iter(rules.values())).lines.scores) < 60  # type: ignore[attr-defined]

    assert alarms <= 6


def test_equal_ends_have_a_flat_line() -> None:
    """Nothing is told apart by its end; errors are held against their mean."""
    record = record_of([0.1] * 6, [[-1.0], [-0.5], [0.0], [0.0], [0.5], [1.0]])
    threshold = learnt(RiskControlledRule(0.2), record)[5]

    assert (threshold.lines.spread, threshold.lines.slopes[0], threshold.lines.reach) == (0.0, 0.0, 0.1)
    assert isinstance(threshold.judge(Forecast(-20.0, 1.0, 10), bar=5.0), Drop)
    assert isinstance(threshold.judge(Forecast(0.1, 1.0, 10), bar=5.0), Keep)


def test_forecasts_that_never_erred_drop_whatever_they_place_below_the_bar() -> None:
    """And keep what they place at it or above, however sure they claim to be."""
    record = record_of([1, 2, 3, 4, 5], [[0.0]] * 5)
    threshold = learnt(RiskControlledRule(0.2), record)[5]
    for std in (0.0, 1e-12, 0.1):
        for mean, kind in ((1.0, Drop), (2.9, Drop), (3.0, Keep), (3.1, Keep)):
            assert kind is type(threshold.judge(Forecast(mean, std, 10), bar=3.0)), (mean, std)


def test_falling_lines_are_taken_to_be_flat() -> None:
    """That forecasts of good arms fall short by less than those of bad ones is not believed."""
    threshold = learnt(RiskControlledRule(0.2), record_of([1, 2, 3, 4, 5], [[2.0], [1.0], [1.0], [1.0], [0.0]]))[5]

    assert threshold.lines.slopes[0] == 0.0


def test_a_curve_with_a_line_of_its_own_counts_as_looking_bad() -> None:
    """If all ends but one are equal, the line goes through that one: nothing else tells how it would look."""
    record = record_of([0.1] * 8 + [0.9], [[i / 10] for i in range(8)] + [[5.0]])
    threshold = learnt(RiskControlledRule(0.2), record)[5]

    assert threshold.lines.scores[-1] == math.inf
    assert np.isfinite(threshold.lines.scores[:-1]).all()
    assert chance(threshold, -1e9, bar=0.5) == pytest.approx(2 / 10)


def test_numbers_too_large_to_compute_with_keep_an_arm() -> None:
    """What is no number is no reason to drop."""
    threshold = learnt(RiskControlledRule(0.2), FIVE)[5]

    assert threshold.lines.share(math.nan) == 1.0
    assert threshold.lines.share(math.inf) == pytest.approx(1 / 6)
    assert threshold.lines.share(-math.inf) == 1.0


def test_losses_are_judged_on_the_scale_of_their_record() -> None:
    """A record on the logarithm of the loss: bars and margins stay in score units, the tolerance is a logarithm."""
    scale = Scale(Link.LOG_LOSS, 1e-9)
    ends = [-math.log(loss) for loss in (8.0, 4.0, 2.0, 1.0, 0.5)]
    record = record_of(ends, [[-0.1], [0.05], [0.0], [-0.05], [0.1]], scale=scale)
    threshold = learnt(RiskControlledRule(0.2, margin=0.5, tolerance=0.0), record)[5]
    plain = learnt(RiskControlledRule(0.2, tolerance=math.log(2.0)), record)[5]

    def loss(mean: float, std: float) -> Forecast:
        return Forecast(-mean, std, 10, Link.LOG_LOSS)

    for mean in (0.5, 1.0, 1.4, 2.0, 4.0):
        # At a loss of `mean`, std / mean is the error of its logarithm.
        verdicts = [threshold.judge(loss(mean, 0.1 * mean), bar=-0.5), plain.judge(loss(mean, 0.1 * mean), bar=-2.0)]
        kinds = {type(verdict) for verdict in verdicts}
        assert kinds == {Drop if mean > 1.0 else Keep}, mean
    words = threshold.judge(loss(4.0, 0.4), bar=-0.5).words(Metric("loss", "minimize"))
    assert (
        words == "loss 4 ± 0.4 is forecast for epoch 10; P(forecast this poor at any check | ends at 1) = 0.167 <= 0.2"
    )


def test_forecasts_outside_the_scale_are_no_reason_to_drop() -> None:
    """A score of 0 or more has no logarithm, and is better than every loss; such a bar counts as at the reach."""
    scale = Scale(Link.LOG_LOSS, 1e-9)
    record = record_of([-2.0, -1.0, 0.0, 1.0, 2.0], [[0.1], [-0.1], [0.0], [-0.1], [0.1]], scale=scale)
    threshold = learnt(RiskControlledRule(0.2), record)[5]

    for mean in (0.0, 3.0):
        assert isinstance(threshold.judge(Forecast(mean, 0.1, 10), bar=-0.01), Keep)
    assert chance(threshold, -1.0, 0.1, bar=0.0) == chance(threshold, -1.0, 0.1, bar=5.0) == pytest.approx(1 / 6)


def test_settings() -> None:
    """The arguments, by name."""
    expected = {"risk": 0.1, "margin": 0.0, "keep": 1, "audit": 0.02, "tolerance": "noise"}
    assert expected == RiskControlledRule().settings()
    expected = {"risk": 0.2, "margin": 0.1, "keep": 2, "audit": 0.0, "tolerance": 0.5, "from_epoch": 4}
    assert expected == RiskControlledRule(0.2, 0.1, 2, audit=0.0, tolerance=0.5, from_epoch=4).settings()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"risk": 0.0}, r"`risk` must be in \(0, 0\.5\], got 0.0"),
        ({"risk": 0.51}, r"`risk` must be in \(0, 0\.5\], got 0.51"),
        ({"risk": "low"}, r"`risk` must be in \(0, 0\.5\], got 'low'"),
        ({"risk": True}, r"`risk` must be in \(0, 0\.5\], got True"),
        ({"risk": math.nan}, r"`risk` must be in \(0, 0\.5\], got nan"),
        ({"margin": -0.1}, "`margin` must be >= 0 and finite, got -0.1"),
        ({"margin": math.inf}, "`margin` must be >= 0 and finite, got inf"),
        ({"audit": -0.1}, r"`audit` must be in \[0, 1\], got -0.1"),
        ({"audit": 1.1}, r"`audit` must be in \[0, 1\], got 1.1"),
        ({"audit": None}, r"`audit` must be in \[0, 1\], got None"),
        ({"tolerance": "some"}, "`tolerance` must be 'noise' or >= 0 and finite, got 'some'"),
        ({"tolerance": -1.0}, "`tolerance` must be 'noise' or >= 0 and finite, got -1.0"),
        ({"tolerance": math.inf}, "`tolerance` must be 'noise' or >= 0 and finite, got inf"),
        ({"keep": 0}, "`keep` must be an integer >= 1, got 0"),
    ],
)
def test_settings_have_rules(settings: dict, message: str) -> None:
    """A broken setting is refused with its name, its rule and its value."""
    with pytest.raises(SettingError, match=message):
        RiskControlledRule(**settings)


def test_steep_lines_are_no_reason_to_drop() -> None:
    """Errors of the record grow by 2 a unit of the end, and those of a vague forecast by 1 / 2: at a low bar it looks
    worse than any curve, at the reach it does not. So it is kept at both."""
    record = record_of([1, 2, 3, 4, 5], [[-4.0], [-1.9], [0.0], [1.9], [4.0]])
    threshold = learnt(RiskControlledRule(0.2), record)[5]
    vague = Forecast(-2.0, 2.0, 10)
    alone = [float(threshold.lines.nonconformity(0, (end + 2.0) / 2.0, end)) for end in (1.0, threshold.lines.reach)]

    assert alone[0] > threshold.lines.scores[-1] > alone[1]
    assert isinstance(threshold.judge(vague, bar=1.0), Keep)
    assert isinstance(threshold.judge(vague, bar=9.0), Keep)


@pytest.mark.parametrize("risk", [0.01, 0.05, 0.1, 0.3])
def test_the_limit_is_where_the_share_of_paths_comes_down_to_the_risk(risk: float) -> None:
    """Just above the limit at most that share of arms looks as bad, at the limit more do; few curves have none."""
    lines = learnt(RiskControlledRule(0.1), world(40))[world(40).epochs[0]].lines

    limit = lines.conformal_threshold(risk)
    if risk < 1 / 41:
        assert limit == math.inf
    else:
        assert lines.share(np.nextafter(limit, math.inf)) <= risk < lines.share(limit)


def test_an_arm_at_the_threshold_is_as_bad_as_the_limit() -> None:
    """Errors at the threshold, for arms that end anywhere within reach, have the badness of the limit."""
    lines = learnt(RiskControlledRule(0.1), world(40))[world(40).epochs[0]].lines
    ends = np.linspace(-2.0, lines.reach, 7)

    assert np.full(7, lines.conformal_threshold(0.1)) == pytest.approx(
        lines.nonconformity(2, lines.threshold(2, ends, 0.1), ends)
    )
