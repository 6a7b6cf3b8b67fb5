"""Scales of scores, and the range that forecasts stay in."""

import numpy as np
import pytest

from bandits.predictors.curve_process.scales import Scale, ScaleKind, kinds_for
from bandits.predictors.score_range import ScoreRange

RNG = np.random.default_rng(1)
SCORES = {
    "shares": RNG.uniform(0.1, 0.9, 50),
    "losses": -np.exp(RNG.standard_normal(50)),
    "both signs": RNG.standard_normal(50),
    "positive": np.exp(3 * RNG.standard_normal(50)),
}


def scales_of(scores: np.ndarray) -> list[Scale]:
    """Every scale that suits the scores."""
    return [Scale.learn(kind, scores) for kind in kinds_for(scores)]


@pytest.mark.parametrize("scores", SCORES.values(), ids=SCORES)
def test_scales_are_undone_by_their_inverse(scores: np.ndarray) -> None:
    """Scores on a scale come back as they were, and keep their order."""
    for scale in scales_of(scores):
        assert scale.to_scores(scale.to_unit(scores)) == pytest.approx(scores, rel=1e-8)
        assert (np.diff(scale.to_unit(np.sort(scores))) >= 0).all()


@pytest.mark.parametrize("scores", SCORES.values(), ids=SCORES)
def test_log_slope_is_that_of_the_scale(scores: np.ndarray) -> None:
    """The stated slope is the one that small differences show, so densities on different scales can be compared."""
    step = 1e-6 * np.abs(scores)
    for scale in scales_of(scores):
        slope = (scale.to_unit(scores + step) - scale.to_unit(scores - step)) / (2 * step)
        assert np.exp(scale.log_slope(scores)) == pytest.approx(slope, rel=1e-4)


def test_scales_are_those_of_the_domain() -> None:
    """A logit is for shares alone, the logarithm of a loss for losses alone."""
    kinds = {name: set(kinds_for(scores)) for name, scores in SCORES.items()}
    assert ScaleKind.LOGIT in kinds["shares"]
    assert ScaleKind.LOSS in kinds["losses"]
    assert kinds["both signs"] == {ScaleKind.IDENTITY, ScaleKind.ASINH}
    assert kinds["positive"] == {ScaleKind.IDENTITY, ScaleKind.LOG, ScaleKind.ASINH}


def test_an_explosion_leaves_the_scale_of_the_others() -> None:
    """One loss of a million among fifty moves no centre and stretches no spread by much."""
    losses = SCORES["losses"]
    for before, after in zip(scales_of(losses), scales_of(np.append(losses, -1e6)), strict=True):
        assert after.kind is before.kind
        assert after.spread < 2 * before.spread


@pytest.mark.parametrize(
    ("scores", "low", "high"), [([0.1, 0.9], 0, 1), ([-3.0, -1.0], -np.inf, 0), ([2.0, 70], 0, np.inf)]
)
def test_quantiles_stay_in_the_range_and_ascend(scores: list[float], low: float, high: float) -> None:
    """Quantiles beyond what the metric can be are brought inside, and no two of them are equal there."""
    bounds = ScoreRange.learn(np.array(scores))
    said = bounds.to_scores(np.array([[-9.0, -8.0, 8.0, 9.0], [-9.0, -9.0, -9.0, -9.0], [9.0, 9.0, 9.0, 9.0]]))
    assert (said >= low).all()
    assert (said <= high).all()
    assert (np.diff(said[0]) > 0).all()
