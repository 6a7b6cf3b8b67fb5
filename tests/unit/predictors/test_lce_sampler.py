"""The sampler of LCE's posterior."""

import numpy as np
import pytest

pytest.importorskip("emcee")

from bandits.predictors.extrapolation.fits import fit_families
from bandits.predictors.extrapolation.posterior import Combination
from bandits.predictors.extrapolation.sampler import sample

Y = 0.8 - 0.6 * np.arange(1.0, 21.0) ** -0.7 + 0.01 * np.random.default_rng(0).standard_normal(20)


class Gaussian:
    """A density whose mean and covariance are known: stretched 100 : 1, correlated."""

    mean = np.array([3.0, -1.0, 0.5])
    covariance = np.array([[100.0, 9.0, 0.0], [9.0, 1.0, 0.0], [0.0, 0.0, 0.01]])

    def log_density(self, positions):
        """`[m]` for `[m, 3]`."""
        off = positions - self.mean
        return -0.5 * np.einsum("mi,ij,mj->m", off, np.linalg.inv(self.covariance), off)


def test_samples_have_the_mean_and_covariance_of_a_known_density():
    """From a start that is far off and narrow."""
    start = 5.0 + np.random.default_rng(0).standard_normal((40, 3))
    drawn = sample(Gaussian(), start, np.random.default_rng(1), steps=1500, burn_in=300, thin=10)

    stds = np.sqrt(np.diag(Gaussian.covariance))
    off = (drawn.positions - Gaussian.mean) / stds
    np.testing.assert_allclose(0.0, off.mean(axis=0), atol=0.1)
    np.testing.assert_allclose(Gaussian.covariance / np.outer(stds, stds), np.cov(off.T), atol=0.1)


def test_samples_have_the_shape_that_was_asked_for():
    """Burn-in is cut, the rest thinned; the same generator gives the same samples, the start is left alone."""
    posterior = Combination(fit_families(Y, np.ones(20)), Y, np.ones(20), end=40, ceiling=1.0)
    start = posterior.start(61, np.random.default_rng(0))
    before = start.copy()
    drawn = sample(posterior, start, np.random.default_rng(0), steps=30, burn_in=10, thin=5)
    again = sample(posterior, start, np.random.default_rng(0), steps=30, burn_in=10, thin=5)

    assert (4 * 61, 30) == drawn.positions.shape
    assert 0 < drawn.acceptance < 1
    np.testing.assert_array_equal(drawn.positions, again.positions)
    np.testing.assert_array_equal(before, start)


def test_a_long_chain_and_a_short_one_agree():
    """Quantiles of the end: what a chain says does not depend on its length or its seed."""
    posterior = Combination(fit_families(Y, np.ones(20)), Y, np.ones(20), end=40, ceiling=1.0)
    found = []
    for seed, steps in ((0, 400), (1, 800)):
        rng = np.random.default_rng(seed)
        drawn = sample(posterior, posterior.start(60, rng), rng, steps=steps, burn_in=steps // 4, thin=10)
        found.append(np.quantile(posterior.ends(drawn.positions, rng), [0.1, 0.25, 0.5, 0.75, 0.9]))

    np.testing.assert_allclose(found[0], found[1], atol=0.015)
