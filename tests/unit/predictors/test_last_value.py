"""Forecasts are moved towards the last score where it told the ends better, and only there."""

import numpy as np

from bandits.predictors.regression.last_value import LastValue


def plateau_and_slope(n=60, seed=0):
    """Half of n arms rest on a plateau and differ by a thousandth; the others rise, as a forecast half knows.

    Returns:
        Last scores, ends, forecasts: errors of a tenth on the plateau, of a hundredth on the slope.
    """
    rng = np.random.default_rng(seed)
    rests = np.arange(n) < n // 2
    last = np.where(rests, 0.001 * rng.standard_normal(n), 1.0 + rng.random(n))
    ends = np.where(rests, last + 1e-5 * rng.standard_normal(n), last + rng.random(n))
    return last, ends, ends + np.where(rests, 0.1, 0.01) * rng.standard_normal(n)


def test_the_last_score_counts_where_it_told_the_ends_and_the_forecast_elsewhere():
    """The weight is 1 on the plateau and 0 among arms that still rise."""
    last, ends, forecasts = plateau_and_slope()
    moves, left_out = LastValue.learn(last, ends, forecasts)

    np.testing.assert_allclose(moves.move(np.array([0.0]), np.array([0.3])), 0.0, atol=1e-4)
    np.testing.assert_allclose(moves.move(np.array([1.5]), np.array([1.8])), 1.8, atol=0.05)
    assert np.median(np.abs(left_out - ends)[:30]) < 1e-4
    np.testing.assert_allclose(left_out[35:], forecasts[35:], atol=0.05)


def test_arms_are_expected_to_gain_what_arms_with_nearby_last_scores_gained():
    """The gain is learnt from the ends of others, not from the forecast."""
    last = np.linspace(0.0, 1.0, 40)
    moves, _ = LastValue.learn(last, last + 0.25, np.zeros(40))

    np.testing.assert_allclose(moves.move(np.array([-1.0, 0.5, 2.0]), np.zeros(3)), [-0.75, 0.75, 2.25])


def test_few_arms_that_go_on_do_not_raise_the_forecasts_of_those_that_are_stuck():
    """Of 30 arms at chance, 5 go on later: the typical arm stays."""
    rng = np.random.default_rng(1)
    last, ends = np.full(40, 0.1), np.full(40, 0.1)
    ends[:5] = 0.8
    last[30:], ends[30:] = 0.7, 0.8
    forecasts = np.where(last < 0.5, 0.3, 0.8) + 0.05 * rng.standard_normal(40)
    moves, _ = LastValue.learn(last, ends, forecasts)

    assert moves.move(np.array([0.1]), np.array([0.3])) == 0.1


def test_a_curve_does_not_teach_its_own_leave_one_out_forecast():
    """Changing one end changes the other forecasts, but not that curve's own, apart from what its forecast says."""
    last, ends, forecasts = plateau_and_slope()
    _, before = LastValue.learn(last, ends, forecasts)
    ends[3] = 50.0
    _, after = LastValue.learn(last, ends, forecasts)

    assert before[3] == after[3]


def test_stopped_curves_teach_gains_but_no_weights():
    """What stands in for their ends has no error that is known, so only complete curves set the weights."""
    last, ends, forecasts = plateau_and_slope()
    order = np.random.default_rng(2).permutation(60)
    last, ends, forecasts = last[order], ends[order], forecasts[order]
    moves, left_out = LastValue.learn(last, ends, forecasts[:40])

    assert len(left_out) == 40
    assert len(moves.knots) == 60
    assert (np.diff(moves.knots) > 0).all()
    assert ((moves.weights >= 0) & (moves.weights <= 1)).all()


def test_many_forecasts_of_an_arm_are_moved_alike():
    """`[m, c]` forecasts move as each of their columns does."""
    last, ends, forecasts = plateau_and_slope()
    moves, _ = LastValue.learn(last, ends, forecasts)
    many = np.stack((forecasts, forecasts + 1.0), axis=1)

    np.testing.assert_array_equal(moves.move(last, many)[:, 1], moves.move(last, many[:, 1]))


def test_two_curves_are_enough():
    """No division by nothing, whatever the last scores."""
    for last in ([0.0, 0.0], [0.0, 1.0]):
        moves, left_out = LastValue.learn(np.array(last), np.array([0.0, 1.0]), np.array([0.5, 0.5]))
        assert np.isfinite(left_out).all()
        assert np.isfinite(moves.move(np.array([0.5]), np.array([0.5]))).all()
