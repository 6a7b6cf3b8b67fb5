"""A line, and a regression of what it leaves."""

from dataclasses import replace

import numpy as np
import pytest

from bandits.predictors.features import Inputs
from bandits.predictors.quantile_forest import QuantileForestRegressor
from bandits.predictors.regression.regressors import Ridge, root_mean_square
from bandits.predictors.regression.with_trend import WithTrend


def problem(n=80, asked=40, seed=0):
    """A line through two features and a step; the arms that are asked about lie beyond those that are learnt from."""
    rng = np.random.default_rng(seed)
    features = rng.uniform(-1, 1, (n + asked, 2))
    features[n:, 0] += 2.0
    y = 3.0 * features[:, 0] + np.where(features[:, 1] > 0, 1.0, -1.0) + 0.05 * rng.standard_normal(n + asked)
    scores = rng.standard_normal((n + asked, 1))
    inputs = Inputs.learn(scores[:n], features[:n])
    design = inputs.design(scores, features)
    learnt, new = np.arange(n), np.arange(n, n + asked)
    return design.rows(learnt), y[:n], design.rows(new), y[n:]


def test_goes_on_along_the_line_and_knows_the_step():
    """Beyond the training curves a forest alone is far off, and so is a line alone."""
    design, y, asked, truth = problem()
    forest = QuantileForestRegressor(trees=50, min_leaf=3)
    off = {
        name: root_mean_square(model.fit(design, y, np.random.default_rng(0)).predict(asked) - truth)
        for name, model in (("both", WithTrend(forest)), ("forest", forest), ("line", Ridge()))
    }

    assert off["both"] < 0.5 * off["line"] < 0.5 * off["forest"]


def test_residuals_and_errors_are_of_the_sum():
    """They say how far off the sum is on curves that neither part has seen."""
    design, y, _, _ = problem()
    fitted = WithTrend(QuantileForestRegressor(trees=50, min_leaf=3)).fit(design, y, np.random.default_rng(0))
    fresh, new_y, _, _ = problem(seed=1)
    stds, _ = fitted.errors(fresh)

    assert root_mean_square(fitted.residuals) == pytest.approx(root_mean_square(fitted.predict(fresh) - new_y), rel=0.3)
    assert root_mean_square(stds) == pytest.approx(root_mean_square(fitted.residuals), rel=0.3)


def test_a_line_that_leaves_nothing_is_all_there_is():
    """Then there is nothing to learn for the second regression, and no error is known."""

    class Exact(Ridge):
        def fit(self, design, y, rng):
            fitted = super().fit(design, y, rng)
            fitted.residuals[:] = 0.0
            return fitted

    design, y, asked, _ = problem()
    model = WithTrend(QuantileForestRegressor(trees=20, min_leaf=3), trend=Exact())
    fitted = model.fit(design, y, np.random.default_rng(0))

    assert np.ptp(fitted.predict(asked)) > 0
    assert [0.0] * len(asked.static) == fitted.errors(asked)[0].tolist()


def test_far_away_the_line_itself_is_uncertain():
    """Trees know no distance; the error of the line is added where it is larger than usual."""
    design, y, asked, _ = problem()
    fitted = WithTrend(QuantileForestRegressor(trees=20, min_leaf=3)).fit(design, y, np.random.default_rng(0))
    far = replace(asked, static=100.0 * asked.static)

    assert np.median(fitted.errors(far)[0]) > 3 * np.median(fitted.errors(design)[0])
