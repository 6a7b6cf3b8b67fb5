"""Inputs far out pull by their logarithm, and one of them does not set the scale."""

import numpy as np

from bandits.predictors.features import Design
from bandits.predictors.regression.warp import Warp


def wide(values: list[float]) -> Design:
    """A design whose summary is one column, and which has nothing else."""
    column = np.array(values)[:, np.newaxis]
    return Design(np.zeros((len(values), 0)), column, np.zeros((len(values), 0)), np.zeros(len(values)))


def test_a_warp_counts_what_is_far_out_by_its_logarithm() -> None:
    """Up to three robust standard deviations from the median nothing is bent; from there on, distances grow slowly."""
    warp = Warp.learn(wide(list(range(-50, 51))), ("summary",))
    sigma = 50 / 1.349
    bent = warp.apply(wide([0.0, sigma, -3 * sigma, 4 * sigma, -1e6 * sigma])).summary[:, 0]

    np.testing.assert_allclose(bent, [0.0, 1.0, -3.0, 3 + np.log(2), -3 - np.log(1e6 - 2)], rtol=1e-6)


def test_a_warp_is_not_squeezed_by_one_diverged_run() -> None:
    """The scale is that of the middle half, though the outermost value is a hundred times as far away."""
    calm, wild = (Warp.learn(wide([*range(100), last]), ("summary",)) for last in (100.0, 5e3))

    np.testing.assert_allclose(calm.spreads[0], wild.spreads[0])


def test_a_column_that_is_mostly_one_value_keeps_its_ordinary_spread() -> None:
    """Where three quarters are equal there is no robust spread to divide by."""
    warp = Warp.learn(wide([0.0] * 90 + [1.0] * 10), ("summary",))

    np.testing.assert_allclose(warp.spreads[0], 0.3)
