"""Standard deviations with one factor and the tails that were seen."""

from types import SimpleNamespace

import numpy as np
import pytest

from bandits.predictors.regression.calibrated import Calibrated


def features_as_they_are(design):
    """The first feature of an arm is its mean, the second its standard deviation."""
    return design.static[:, 0], design.static[:, 1]


def design(rows):
    """Inputs that are features alone, as they are."""
    return SimpleNamespace(static=np.asarray(rows, dtype=float))


@pytest.mark.parametrize("freedom", [2, 10**6])
def test_errors_get_the_size_and_the_tails_that_were_seen(freedom):
    """A model that says half of what is true is corrected; 90 % of new errors lie within their intervals."""
    rng = np.random.default_rng(0)
    stds = rng.uniform(0.5, 2.0, 500)
    residuals = 2.0 * stds * rng.standard_t(freedom, 500)
    fitted = Calibrated.of(features_as_they_are, residuals, stds)
    said, shapes = fitted.errors(design([[0.0, 1.0], [5.0, 3.0]]))

    assert 3.0 == pytest.approx(said[1] / said[0])
    assert [0.0, 5.0] == fitted.predict(design([[0.0, 1.0], [5.0, 3.0]])).tolist()
    fresh = 2.0 * rng.standard_t(freedom, 4000)
    inside = np.abs(fresh) <= said[0] * shapes[0].quantile(0.95)
    assert 0.9 == pytest.approx(inside.mean(), abs=0.03)
    assert (shapes[0].quantile(0.995) > 4.0) == (freedom == 2)


def test_no_error_gives_no_width():
    """Which the caller takes for a reason to abstain."""
    assert [0.0] == Calibrated.of(features_as_they_are, np.zeros(5), np.ones(5)).errors(design([[1.0, 1.0]]))[
        0
    ].tolist()
