"""The posterior that LCE samples, and the rises that it is made of."""

from functools import cache

import numpy as np
import pytest
from scipy.stats import norm

from bandits.predictors.extrapolation.families import FAMILIES
from bandits.predictors.extrapolation.fits import CurveFit, fit_families, recency_weights
from bandits.predictors.extrapolation.posterior import CONCENTRATION, SIGMA_CENTRE, Combination, binned
from bandits.predictors.extrapolation.shapes import RISES, Rises

X = np.arange(1.0, 31.0)
Y = 0.8 - 0.6 * X**-0.7 + 0.01 * np.random.default_rng(0).standard_normal(30)
BY_NAME = {family.name: family for family in FAMILIES}
WEIGHTS = np.linspace(0.5, 1.5, 20)

RISING = {
    "vapor pressure": (-0.3, -2.0, 0.2),
    "pow3": (0.9, 0.7, 0.8),
    "log log linear": (0.2, 1.4),
    "Hill3": (0.9, 1.3, 6.0),
    "log power": (0.7, 2.0, -0.8),
    "pow4": (0.8, 0.5, 1.5, 1.2),
    "MMF": (0.7, 0.1, 0.1, 1.5),
    "exp4": (0.7, 0.2, -0.6, 0.8),
    "Janoschek": (0.7, 0.1, 0.1, 0.9),
    "Weibull": (0.7, 0.1, 0.05, 0.9),
    "ilog2": (0.8, 0.3),
}


@cache
def of(ceiling=1.0):
    """The posterior of a curve whose end is epoch 30."""
    return Combination(fit_families(Y[:20], WEIGHTS), Y[:20], WEIGHTS, end=30, ceiling=ceiling)


def positions(posterior, count=3, seed=0):
    """Some positions where the density is not 0."""
    return posterior.start(count, np.random.default_rng(seed))


@pytest.mark.parametrize("name", RISING)
def test_a_rise_is_its_familys_curve_without_start_and_height(name):
    """Parameters of the paper's formula give the same curve, from 0 at epoch 1 to 1 at the end."""
    family, parameters = BY_NAME[name], np.array(RISING[name])
    rises = Rises(X, 60.0)
    position = rises.centred_at([CurveFit(family, parameters, 0.0)])
    curve = family.curve(parameters, np.append(X, 60.0), np.log(np.append(X, 60.0)))
    weights = np.array([[float(other == name) for other in RISES]])

    expected = (curve[:-1] - curve[0]) / (curve[-1] - curve[0])
    np.testing.assert_allclose(expected, rises.combined(position[np.newaxis], weights)[0], atol=1e-9)


def test_rises_are_those_of_the_eleven_families():
    """Each family once, and 18 numbers with a prior."""
    assert set(BY_NAME) == set(RISES)
    assert 11 == len(RISES)
    assert 18 == Rises.size == len(Rises(X, 60.0).centre) == len(Rises(X, 60.0).spread)


def test_combined_rises_never_fall():
    """Whatever the numbers and the weights."""
    rng, rises = np.random.default_rng(1), Rises(X, 60.0)
    numbers = rises.centre + rises.spread * rng.standard_normal((200, Rises.size))
    with np.errstate(all="ignore"):
        curves = rises.combined(numbers, rng.dirichlet(np.ones(11), size=200))
    curves = curves[np.isfinite(curves).all(axis=1)]

    assert len(curves) > 150
    assert (np.diff(curves, axis=1) >= -1e-9).all()
    np.testing.assert_allclose(0.0, curves[:, 0], atol=1e-9)
    assert (curves <= 1 + 1e-9).all()


def test_fits_that_no_rise_can_have_start_from_the_prior():
    """A falling family has no logarithm; a very abrupt one is brought back to two standard deviations."""
    rises = Rises(X, 60.0)
    falling = CurveFit(BY_NAME["pow3"], np.array([0.2, -0.5, -0.7]), 0.0)
    abrupt = CurveFit(BY_NAME["MMF"], np.array([0.7, 0.1, 0.1, 50.0]), 0.0)

    np.testing.assert_array_equal(rises.centre, rises.centred_at([falling]))
    assert pytest.approx(2 * 0.5) == rises.centred_at([abrupt])[10]


def by_brute_force(rise, sigma):
    """Ends of curves on a grid of middles and heights, and the likelihood of each."""
    share = WEIGHTS / WEIGHTS.sum()
    before, mean = share @ rise, share @ Y[:20]
    middles = mean + sigma * np.linspace(-1.5, 1.5, 31)[:, np.newaxis, np.newaxis]
    heights = np.linspace(0.0, (1.0 - mean) / (1 - before), 601)[:, np.newaxis]
    likelihoods = np.exp(norm.logpdf(Y[:20], middles + heights * (rise - before), sigma) @ WEIGHTS)
    return middles[:, :, 0] + heights[:, 0] * (1 - before), likelihoods


def rise_of(position):
    """The combined rise of one position over the epochs seen."""
    gamma = np.exp(position[np.newaxis, 18:29])
    return Rises(X[:20], 30.0).combined(position[np.newaxis, :18], gamma / gamma.sum())[0]


def test_the_density_is_that_of_the_model_start_and_end_integrated_out():
    """Gaussian around the combination, each observation to the power of its weight; the end is uniform."""
    posterior, rises = of(), Rises(X[:20], 30.0)
    some = positions(posterior)
    expected = []
    for position in some:
        sigma = float(np.exp(position[-1]))
        likelihood = np.log(by_brute_force(rise_of(position), sigma)[1].mean() * sigma)
        prior = -0.5 * np.sum(((position[:18] - rises.centre) / rises.spread) ** 2)
        prior += CONCENTRATION * position[18:29].sum() - np.exp(position[18:29]).sum()
        expected.append(likelihood + prior - 0.5 * (position[-1] - SIGMA_CENTRE) ** 2)

    np.testing.assert_allclose(np.diff(expected), np.diff(posterior.log_density(some)), atol=0.02)


def test_ends_are_drawn_from_what_is_left_when_the_rest_is_known():
    """Many draws for one position have the quantiles of the brute-force density."""
    posterior = of()
    position = positions(posterior)[0]
    ends, likelihoods = by_brute_force(rise_of(position), float(np.exp(position[-1])))
    order = np.argsort(ends, axis=None)
    cumulated = np.cumsum(likelihoods.ravel()[order]) / likelihoods.sum()
    drawn = posterior.ends(np.tile(position, (20_000, 1)), np.random.default_rng(0))
    levels = [0.05, 0.16, 0.5, 0.84, 0.95]
    expected = np.interp(levels, cumulated, ends.ravel()[order])

    np.testing.assert_allclose(expected, np.quantile(drawn, levels), atol=0.05 * (expected[3] - expected[1]))


@pytest.mark.parametrize("value", [1e9, -1e9, np.inf, -np.inf, np.nan, 800.0, -800.0])
@pytest.mark.parametrize("index", [0, 6, 9, 13, 15, 16, 17, 18, 29])
def test_absurd_positions_have_a_density_or_none(index, value):
    """Never NaN, and no warning escapes."""
    posterior = of()
    position = positions(posterior)
    position[:, index] = value

    density = posterior.log_density(position)
    assert not np.isnan(density).any()
    assert (density < np.inf).all()


@pytest.mark.parametrize("ceiling", [1.0, 0.75, 0.1])
def test_nothing_ends_above_the_ceiling(ceiling):
    """Nor at it, where what was seen lies above it: then there is a little room."""
    posterior = of(ceiling=ceiling)
    ends = posterior.ends(positions(posterior, 200), np.random.default_rng(0))

    assert (ends <= max(ceiling, Y[:20].mean() + 0.1)).all()
    assert (ends >= 0.3).all()


def test_walkers_start_where_the_density_is_not_zero():
    """For rising, flat, exact, short and falling curves."""
    for y in (Y[:20], np.full(20, 0.5), X[:20] / 25, Y[:3], Y[19::-1]):
        weights = recency_weights(len(y), 10.0)
        posterior = Combination(fit_families(y, weights), y, weights, end=30, ceiling=1.0)
        start = posterior.start(50, np.random.default_rng(0))

        assert (50, 30) == start.shape == (50, posterior.size)
        assert np.isfinite(posterior.log_density(start)).all()


def test_short_curves_keep_their_epochs():
    """Up to 32 points nothing is put together."""
    x, y, weights = binned(Y, np.ones(30))

    np.testing.assert_array_equal(X, x)
    np.testing.assert_array_equal(Y, y)
    np.testing.assert_array_equal(np.ones(30), weights)


@pytest.mark.parametrize("n", [33, 100, 5000])
def test_long_curves_are_put_together(n):
    """At most 32 points, the first is epoch 1; totals and means stay."""
    epochs, given = np.arange(1.0, n + 1.0), np.linspace(0.5, 2.0, n)
    x, y, weights = binned(2 * epochs, given)

    assert len(x) == len(y) == len(weights) <= 32
    assert 1.0 == x[0]
    assert (np.diff(x) > 0).all()
    assert pytest.approx(given.sum()) == weights.sum()
    np.testing.assert_allclose(2 * x, y)
