"""Verdicts and what they say."""

import pytest

from bandits.curves import Metric
from bandits.errors import SettingError
from bandits.forecasts import Forecast
from bandits.verdicts import KEEP, SPARED, Drop, Evidence, Keep, RiskEvidence

LOSS, ACCURACY = Metric("loss", "minimize"), Metric("accuracy", "maximize")


def evidence(probability: float = 0.97, mean: float = -2.5, bar: float = -2.0) -> Evidence:
    """What a loss of about 2.5 looks like against a bar of 2."""
    return Evidence(Forecast(mean, 0.1, horizon=20), bar, probability, confidence=0.95)


def test_a_verdict_needs_a_reason() -> None:
    """An empty reason is refused."""
    for verdict in (Keep, Drop):
        with pytest.raises(SettingError, match="`reason` must not be empty, got ''"):
            verdict("")


def test_verdicts_are_values() -> None:
    """Equal when kind, reason and evidence are equal."""
    assert Keep("why") == Keep("why")
    assert Keep("why") != Drop("why")
    assert Drop("why") != Drop("why not")
    assert KEEP.reason == "no forecast was asked for"


def test_a_sentence_of_scores() -> None:
    """Without a metric, evidence speaks of the score; larger is better."""
    assert evidence().sentence() == "P(score at epoch 20 <= -2) = 0.97 >= 0.95"
    assert evidence(probability=0.5).sentence() == "P(score at epoch 20 <= -2) = 0.5 < 0.95"


def test_a_sentence_of_a_metric() -> None:
    """With a metric, it speaks of raw values: a minimised one loses by being larger."""
    assert evidence().sentence(LOSS) == "P(loss at epoch 20 >= 2) = 0.97 >= 0.95"
    assert evidence(bar=0.8).sentence(ACCURACY) == "P(accuracy at epoch 20 <= 0.8) = 0.97 >= 0.95"


def test_words_are_the_reason_in_the_units_of_a_metric() -> None:
    """With evidence they are its sentence; without, the reason as it is."""
    assert Drop(evidence().sentence(), evidence()).words(LOSS) == "P(loss at epoch 20 >= 2) = 0.97 >= 0.95"
    assert Keep("no bar yet").words(LOSS) == "no bar yet"


def risky(probability: float = 0.97, bar: float = -2.0) -> RiskEvidence:
    """A loss of about 2.5 is forecast; of arms that end at 2, 3 % would get a forecast as poor."""
    return RiskEvidence(Forecast(-2.5, 0.1234, horizon=20), bar, probability, confidence=0.9)


def test_a_sentence_of_risk() -> None:
    """It says what is forecast, and how likely an arm that ends at the bar is forecast as poor, beside the risk."""
    words = "score -2.5 ± 0.12 is forecast for epoch 20; P(forecast this poor at any check | ends at -2) ="
    assert risky().sentence() == f"{words} 0.03 <= 0.1"
    assert risky(0.5).sentence() == f"{words} 0.5 > 0.1"
    assert risky(0.9).sentence() == f"{words} 0.1 <= 0.1"


def test_a_sentence_of_risk_in_the_units_of_a_metric() -> None:
    """Raw values are shown: a loss without its sign, an accuracy as it is."""
    assert risky().sentence(LOSS) == (
        "loss 2.5 ± 0.12 is forecast for epoch 20; P(forecast this poor at any check | ends at 2) = 0.03 <= 0.1"
    )
    assert "accuracy -2.5 ± 0.12" in risky().sentence(ACCURACY)


def test_an_arm_that_is_spared_says_so_in_any_units() -> None:
    """The reason of the drop that did not happen, and why it did not."""
    verdict = Keep(risky().sentence() + SPARED, risky(), spared=True)

    assert verdict.words(LOSS) == risky().sentence(LOSS) + "; carried on nevertheless, to check the rule"
    assert Keep("enough" + SPARED, spared=True).words(LOSS) == "enough; carried on nevertheless, to check the rule"
    assert not Keep("enough").spared


def test_exposure_is_part_of_a_verdict() -> None:
    """Whether another forecast would have led to another verdict."""
    assert Keep("why", censored=True) != Keep("why")
    assert not Drop("why").censored


def test_a_verdict_prints_as_its_reason():
    """What `print(pruner.explain(study, trial))` shows is one sentence."""
    assert str(Drop("no hope")) == "drop: no hope"
    assert str(Keep("a chance")) == "keep: a chance"
