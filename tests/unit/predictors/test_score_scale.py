"""A few explosions do not hide the differences of all other scores, and nothing is lost on the way back."""

import numpy as np
import pytest

from bandits.forecasts import GAUSSIAN, ErrorShape
from bandits.predictors.score_scale import ScoreScale


def with_explosions():
    """A thousand scores within about 1 of 0, and ten near -1e6."""
    rng = np.random.default_rng(0)
    return np.concatenate((rng.standard_normal(1000), -1e6 - rng.random(10))).reshape(101, 10)


def test_scores_far_below_the_others_count_by_their_logarithm():
    """An ordinary difference of 1 is a good share of the scale, though one score is a million times as far."""
    scale = ScoreScale.robust(with_explosions())

    assert scale.bends
    assert np.ptp(scale.apply(np.array([0.0, 1.0]))) > 0.05
    assert np.abs(scale.apply(with_explosions())).max() == 1.0


@pytest.mark.parametrize("scores", [np.linspace(-1.0, 1.0, 50), np.array([0.0] * 40 + [9.0]), np.full(9, 3.0)])
def test_a_scale_is_in_proportion_where_nothing_lies_far_below(scores):
    """Also where winners lie far above, and where more than half of all scores are equal."""
    scale = ScoreScale.robust(scores.reshape(1, -1))

    assert not scale.bends
    np.testing.assert_array_equal(scale.apply(scores), scores / np.abs(scores).max())


def test_a_scale_ascends_and_is_undone():
    """Its slope is that of the way back."""
    scale = ScoreScale.robust(with_explosions())
    scores = np.array([-1e9, -1e6, -100.0, -5.0, 0.0, 3.0, 1e4])
    values = scale.apply(scores)

    assert (np.diff(values) > 0).all()
    np.testing.assert_allclose(scale.restore(values), scores, rtol=1e-6, atol=1e-9)
    step = 1e-6
    numeric = (scale.restore(values + step) - scale.restore(values - step)) / (2 * step)
    np.testing.assert_allclose(scale.slope(values), numeric, rtol=1e-4)


def test_scores_of_any_size_stay_finite():
    """On the way there and back."""
    for size in (1e-300, 1e-9, 1.0, 1e290):
        scale = ScoreScale.robust(size * with_explosions())
        there = scale.apply(size * np.array([-1e9, 0.0, 1.0]))
        assert np.isfinite(there).all()
        assert np.isfinite(scale.restore(there)).all()


def test_a_distribution_of_errors_keeps_its_quantiles():
    """Those below the border become as wide as they are in scores; the same arms lie below each."""
    scale = ScoreScale.robust(with_explosions())
    shape = ErrorShape((-2.0, -1.0, 0.0, 1.0), (-6.0, -1.0, 0.0, 1.0))
    value, std = float(scale.apply(np.array([-4.0]))[0]), 0.1
    restored = scale.restore_shape(value, std, shape)
    centre, slope = scale.restore(np.array([value]))[0], scale.slope(np.array([value]))[0]

    for normal, error in zip(shape.normal, shape.errors, strict=True):
        expected = scale.restore(np.array([value + std * error]))[0]
        found = centre + std * slope * restored.errors[restored.normal.index(normal)]
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_a_distribution_above_the_border_is_left_as_it_is():
    """There the scale is in proportion."""
    assert ScoreScale.robust(with_explosions()).restore_shape(0.3, 0.001, GAUSSIAN) is GAUSSIAN
