"""What a regression sees of an arm."""

import math

import numpy as np
import pytest

from bandits.curves import Curve, Trial
from bandits.forecasts import Link
from bandits.predictors.features import (
    Inputs,
    Scaling,
    StaticFeatures,
    apply_link,
    choose_link,
    feature_row,
    summaries,
    time_series,
)


def pairs_of(*features):
    """Training pairs whose trials have the given features."""
    return [(Trial(id=i, features=values), Curve([0.5])) for i, values in enumerate(features)]


def test_time_series_written_out():
    """TS is the scores, then their first differences, then their second differences."""
    expected = [
        [1.0, 2.0, 4.0, 7.0, 1.0, 2.0, 3.0, 1.0, 1.0],
        [0.5, 0.5, 0.0, 1.0, 0.0, -0.5, 1.0, -0.5, 1.5],
    ]

    assert expected == time_series(np.array([[1.0, 2.0, 4.0, 7.0], [0.5, 0.5, 0.0, 1.0]])).tolist()


@pytest.mark.parametrize(("tau", "width"), [(1, 1), (2, 3), (3, 6), (5, 12), (125, 372)])
def test_time_series_has_three_tau_minus_three_columns(tau, width):
    """There are 3 tau - 3 columns, and one for tau = 1."""
    assert (4, width) == time_series(np.zeros((4, tau))).shape


def test_summaries_written_out():
    """Summaries are the first, middle, last and best score, the mean of all and of the last five, and its change."""
    scores = np.array([[1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 9.0, 8.0, 9.0, 12.0]])

    assert [[1.0, 5.0, 12.0, 12.0, 6.0, 9.0, 6.0]] == summaries(scores).tolist()


@pytest.mark.parametrize("tau", [1, 2, 5, 6])
def test_summaries_of_short_curves_are_finite(tau):
    """A curve of any length has seven finite summaries."""
    result = summaries(np.arange(1.0, tau + 1)[None, :])

    assert (1, 7) == result.shape
    assert np.isfinite(result).all()


@pytest.mark.parametrize(
    ("scores", "link"),
    [
        ([[0.1, 0.9]], Link.IDENTITY),  # accuracies
        ([[-90.0, -30.0]], Link.LOG_LOSS),  # losses that span a factor of 3
        ([[-89.0, -30.0]], Link.IDENTITY),  # losses that do not
        ([[-90.0, 0.0]], Link.IDENTITY),  # a loss of 0 has no logarithm
        ([[-90.0, 1.0]], Link.IDENTITY),  # not a loss
    ],
)
def test_link_rule(scores, link):
    """The logarithm is taken of losses whose worst value is at least three times their best."""
    assert link is choose_link(np.array(scores))


def test_apply_link_agrees_with_the_link():
    """The array form maps each score as the link does, and marks what has no logarithm."""
    scores = np.array([-3.0, -0.5, 0.0, 2.0])

    assert [Link.LOG_LOSS.apply(score) for score in scores] == apply_link(Link.LOG_LOSS, scores).tolist()
    assert scores.tolist() == apply_link(Link.IDENTITY, scores).tolist()


def test_feature_row_marks_what_is_missing_or_no_number():
    """Missing features and values that are not numbers become NaN."""
    row = feature_row({"a": 2, "b": None, "c": "x", "d": 10**400}, ["a", "b", "c", "d", "e"])

    assert 2.0 == row[0]
    assert all(math.isnan(value) for value in row[1:])


def test_features_that_span_a_factor_of_ten_are_replaced_by_their_logarithm():
    """A learning rate is looked at on a log scale; a depth of 2 to 19 and a feature with a 0 are not."""
    columns, values, complete = StaticFeatures.learn(
        pairs_of({"lr": 1e-4, "depth": 2.0, "zero": 0.0}, {"lr": 1e-1, "depth": 19.0, "zero": 100.0})
    )

    assert ("depth", "lr", "zero") == columns.names
    assert [0, 1] == complete
    assert [2.0 / 19.0, 1.0] == values[:, 0].tolist()
    assert [math.log(1e-4), math.log(1e-1)] == pytest.approx((values[:, 1] * -math.log(1e-4)).tolist())
    assert [0.0, 1.0] == values[:, 2].tolist()


def test_a_logarithmic_feature_below_its_training_range_counts_as_the_lower_end():
    """An arm whose log-scaled feature is 0 or negative still has a place."""
    columns, values, _ = StaticFeatures.learn(pairs_of({"lr": 1e-4}, {"lr": 1e-1}))

    assert [values[0].tolist()] * 2 == columns.scale(np.array([[0.0], [-1.0]])).tolist()


def test_incomplete_training_trials_are_left_out():
    """The names that most trials have decide; trials that lack one, or have an infinite one, are left out."""
    columns, values, complete = StaticFeatures.learn(
        pairs_of({"a": 1.0, "b": 1.0}, {"a": 2.0}, {"a": 1.0, "b": math.inf}, {"a": 3.0, "b": 4.0, "c": 1.0})
    )

    assert ("a", "b") == columns.names
    assert [0, 3] == complete
    assert (2, 2) == values.shape


def test_scaling_drops_columns_that_do_not_vary():
    """Constant columns, and those that vary by rounding only, are dropped; the others get mean 0 and spread 1."""
    X = np.array([[0.3, 0.5, 0.0], [0.1 + 0.2, 0.7, 1e-17], [0.3, 0.9, 0.0]])
    Z = Scaling.learn(X).apply(X)

    assert (3, 1) == Z.shape
    assert (pytest.approx(0.0), pytest.approx(1.0)) == (Z.mean(), Z.std())


def test_design_blocks():
    """The paper's inputs are TS and static features side by side, standardised by the training set."""
    rng = np.random.default_rng(0)
    scores, features = rng.random((10, 4)), rng.random((10, 2))
    design = Inputs.learn(scores, features).design(scores, features)

    assert (10, 9) == design.series.shape
    assert (10, 11) == design.paper.shape
    np.testing.assert_allclose(design.paper.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(design.paper.std(axis=0), 1.0)
    np.testing.assert_array_equal(design.paper[[2, 5]], design.rows(np.array([2, 5])).paper)
