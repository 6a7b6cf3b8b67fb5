"""More confidence keeps more arms, a higher bar drops more: for every forecast."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bandits.forecasts import Forecast, Link
from bandits.stopping import Drop, ProbabilityRule

NUMBERS = st.floats(-1e6, 1e6)
FORECASTS = st.builds(Forecast, NUMBERS, st.floats(0, 1e6), st.integers(1, 100)) | st.builds(
    Forecast, st.floats(-1e6, -1e-6), st.floats(0, 1e6), st.integers(1, 100), st.just(Link.LOG_LOSS)
)
CONFIDENCES = st.floats(0.001, 0.999)


@settings(max_examples=200)
@given(FORECASTS, NUMBERS, NUMBERS, CONFIDENCES, CONFIDENCES, st.floats(0, 10), st.floats(0, 10))
def test_verdicts_are_monotone(
    forecast: Forecast, bar: float, other_bar: float, confidence: float, other: float, margin: float, further: float
) -> None:
    """What is dropped is dropped at every higher bar, lower confidence and smaller margin."""
    strict = ProbabilityRule(max(confidence, other), max(margin, further)).judge(forecast, bar=min(bar, other_bar))
    lenient = ProbabilityRule(min(confidence, other), min(margin, further)).judge(forecast, bar=max(bar, other_bar))

    if isinstance(strict, Drop):
        assert isinstance(lenient, Drop)


@settings(max_examples=200)
@given(FORECASTS, NUMBERS, NUMBERS)
def test_probabilities_increase_with_the_score(forecast: Forecast, score: float, other: float) -> None:
    """P(score at the horizon <= x) lies in [0, 1] and increases with x."""
    low, high = sorted((score, other))

    assert 0.0 <= forecast.prob_at_most(low) <= forecast.prob_at_most(high) <= 1.0


@settings(max_examples=200)
@given(FORECASTS)
def test_half_the_probability_lies_below_the_mean(forecast: Forecast) -> None:
    """The mean is the median; without error it is reached for certain."""
    expected = 1.0 if forecast.std == 0.0 else 0.5

    assert expected == forecast.prob_at_most(forecast.mean) or forecast.std < 1e-300
