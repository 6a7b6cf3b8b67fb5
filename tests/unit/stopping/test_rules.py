"""The probability rule."""

import math

import pytest

from bandits.curves import Metric
from bandits.errors import SettingError
from bandits.forecasts import Forecast, Link
from bandits.stopping import Drop, Keep, ProbabilityRule, RiskControlledRule, StoppingRule, choose_rule

LOSS = Metric("loss", "minimize")


@pytest.mark.parametrize(
    ("confidence", "bar", "kind"),
    [
        # The forecast is 0.5 with std 0.1: P(score <= 0.6) = 0.841, P(score <= 0.5) = 0.5, P(score <= 0.7) = 0.977.
        (0.95, 0.6, Keep),
        (0.84, 0.6, Drop),
        (0.85, 0.6, Keep),
        (0.5, 0.5, Drop),  # reaching the confidence is enough
        (0.95, 0.7, Drop),
        (0.98, 0.7, Keep),
        (0.01, 0.2, Keep),
    ],
)
def test_dropped_when_the_probability_of_losing_reaches_the_confidence(
    confidence: float, bar: float, kind: type[Keep | Drop]
) -> None:
    """P(score <= bar) >= confidence drops."""
    assert kind is type(ProbabilityRule(confidence).judge(Forecast(0.5, 0.1, horizon=9), bar=bar))


def test_the_margin_protects_arms_that_end_close_to_the_bar() -> None:
    """The margin is taken off the bar, whatever its sign; evidence shows the lowered bar."""
    sure = Forecast(0.5, 0.0, horizon=9)
    assert isinstance(ProbabilityRule(margin=0.0).judge(sure, bar=0.5), Drop)
    assert isinstance(ProbabilityRule(margin=0.01).judge(sure, bar=0.5), Keep)
    assert isinstance(ProbabilityRule(margin=0.01).judge(sure, bar=0.52), Drop)

    loss_of_3 = Forecast(-3.0, 0.0, horizon=9, link=Link.LOG_LOSS)
    assert isinstance(ProbabilityRule(margin=0.5).judge(loss_of_3, bar=-2.6), Keep)
    verdict = ProbabilityRule(margin=0.5).judge(loss_of_3, bar=-2.5)
    assert isinstance(verdict, Drop)
    assert verdict.words(LOSS) == "P(loss at epoch 9 >= 3) = 1 >= 0.99"


def test_keep_is_handed_to_whoever_sets_the_bar() -> None:
    """The rule itself judges against the bar it is given, whatever n is."""
    one, three = ProbabilityRule(keep=1), ProbabilityRule(keep=3)

    assert three.keep == 3
    for forecast in (Forecast(0.5, 0.1, horizon=9), Forecast(0.9, 0.1, horizon=9)):
        assert one.judge(forecast, bar=0.7) == three.judge(forecast, bar=0.7)


def test_the_evidence_is_all_that_was_looked_at() -> None:
    """A verdict carries the forecast, the bar, the probability and the confidence."""
    forecast = Forecast(0.5, 0.1, horizon=9)
    evidence = ProbabilityRule(0.9, margin=0.1).judge(forecast, bar=0.7).evidence

    assert evidence is not None
    assert evidence.forecast is forecast
    assert evidence.bar == pytest.approx(0.6)
    assert evidence.probability == pytest.approx(0.8413447)
    assert evidence.confidence == 0.9


def test_settings() -> None:
    """The arguments, by name; the defaults are the paper's."""
    expected = {"confidence": 0.99, "margin": 0.0, "keep": 1}
    assert expected == ProbabilityRule().settings()
    expected = {"confidence": 0.9, "margin": 0.1, "keep": 2, "from_epoch": 7}
    assert expected == ProbabilityRule(0.9, 0.1, 2, 7).settings()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"confidence": 0.0}, r"`confidence` must be in \(0, 1\), got 0.0"),
        ({"confidence": 1.0}, r"`confidence` must be in \(0, 1\), got 1.0"),
        ({"confidence": 95}, r"`confidence` must be in \(0, 1\), got 95"),
        ({"confidence": "high"}, r"`confidence` must be in \(0, 1\), got 'high'"),
        ({"confidence": True}, r"`confidence` must be in \(0, 1\), got True"),
        ({"confidence": math.nan}, r"`confidence` must be in \(0, 1\), got nan"),
        ({"margin": -0.1}, "`margin` must be >= 0 and finite, got -0.1"),
        ({"margin": math.nan}, "`margin` must be >= 0 and finite, got nan"),
        ({"margin": math.inf}, "`margin` must be >= 0 and finite, got inf"),
        ({"keep": 0}, "`keep` must be an integer >= 1, got 0"),
        ({"keep": 1.5}, "`keep` must be an integer >= 1, got 1.5"),
        ({"from_epoch": 0}, "`from_epoch` must be an integer >= 1, got 0"),
    ],
)
def test_settings_have_rules(settings: dict, message: str) -> None:
    """A broken setting is refused with its name, its rule and its value."""
    with pytest.raises(SettingError, match=message):
        ProbabilityRule(**settings)


@pytest.mark.parametrize("kind", [ProbabilityRule, RiskControlledRule])
def test_no_arm_is_judged_before_the_first_epoch_that_is_asked_for(kind: type[StoppingRule]) -> None:
    """The first check comes after `from_epoch` itself, and none where the horizon is not beyond it."""
    assert list(kind(from_epoch=7).check_epochs(12))[:3] in ([7, 8, 9], [7, 9, 11])
    assert list(kind(from_epoch=12).check_epochs(12)) == []
    assert kind(from_epoch=1).check_epochs(50) == kind().check_epochs(50)


def test_the_rule_that_has_the_given_settings_is_chosen() -> None:
    """A confidence asks for the paper's rule, anything else for the default; None is the rule's own default."""
    assert choose_rule() == choose_rule(risk=None, confidence=None) == RiskControlledRule()
    assert choose_rule(risk=0.2, keep=2, from_epoch=3) == RiskControlledRule(0.2, keep=2, from_epoch=3)
    assert choose_rule(confidence=0.9, margin=0.1) == ProbabilityRule(0.9, 0.1)
    rule = ProbabilityRule(0.5)
    assert choose_rule(rule, risk=None) is rule


@pytest.mark.parametrize(
    ("rule", "numbers", "message"),
    [
        (
            None,
            {"confidence": 0.9, "audit": 0.1},
            "`audit` must be left out with `confidence`, another rule's, got 0.1",
        ),
        (ProbabilityRule(), {"keep": 2}, "`keep` must be left out with `rule`, which has its own settings, got 2"),
        ("risk", {}, r"`rule` must be a StoppingRule such as RiskControlledRule\(\), got 'risk'"),
        (None, {"risk": 0.7}, r"`risk` must be in \(0, 0.5\], got 0.7"),
    ],
)
def test_settings_of_different_rules_are_refused(rule: object, numbers: dict, message: str) -> None:
    """One sentence names the setting that does not belong."""
    with pytest.raises(SettingError, match=message):
        choose_rule(rule, **numbers)


def test_a_rule_that_does_not_learn_waits_for_no_curve() -> None:
    """Only a rule that learns its threshold needs uncensored curves."""
    assert ProbabilityRule().least_curves == 0
