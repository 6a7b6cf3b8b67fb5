"""The posterior that LCE samples."""

from functools import cache

import numpy as np
import pytest

from bandits.predictors.curve_families import FAMILIES
from bandits.predictors.curve_fits import CurveFit, fit_families, recency_weights
from bandits.predictors.lce_posterior import Combination, sample

X = np.arange(1.0, 31.0)
Y = 0.8 - 0.6 * X**-0.7 + 0.01 * np.random.default_rng(0).standard_normal(30)
POW3 = next(family for family in FAMILIES if family.name == "pow3")
ILOG2 = next(family for family in FAMILIES if family.name == "ilog2")


def of(y):
    """The posterior of a curve whose end is epoch 30."""
    weights = recency_weights(len(y), 10.0)
    return Combination(fit_families(y, weights), y, weights, end=30)


@cache
def posterior():
    """Of the first twenty epochs."""
    return of(Y[:20])


def two(**options):
    """Of two families whose parameters are given by hand."""
    fits = [CurveFit(POW3, np.array([0.8, 0.6, 0.7]), 0.0), CurveFit(ILOG2, np.array([0.8, 0.5]), 0.0)]
    return Combination(fits, Y[:20], np.linspace(0.5, 1.5, 20), end=30, **options)


def test_eleven_families_make_48_numbers():
    """36 curve parameters, 11 weights, 1 sigma."""
    assert 48 == posterior().size


def test_the_density_is_that_of_the_model():
    """Gaussian around the weighted combination, each observation to the power of its weight, weights exponential."""
    position = np.array([0.8, 0.6, 0.7, 0.8, 0.5, 1.5, 0.5, 0.02])
    x, weights = X[:20], np.linspace(0.5, 1.5, 20)
    combined = 0.75 * (0.8 - 0.6 * x**-0.7) + 0.25 * (0.8 - 0.5 / np.log(x + 1))
    terms = -0.5 * ((Y[:20] - combined) / 0.02) ** 2 - np.log(0.02)

    assert pytest.approx(np.sum(weights * terms) - 2.0) == two().log_density(position[np.newaxis])[0]
    assert (
        pytest.approx(0.75 * (0.8 - 0.6 * 30**-0.7) + 0.25 * (0.8 - 0.5 / np.log(31)))
        == two().ends(position[np.newaxis])[0]
    )


@pytest.mark.parametrize(
    ("index", "value"),
    [(1, -0.6), (4, -0.5), (0, 150.0), (0, -0.5), (5, -0.1), (6, -1e-9), (7, 0.0), (7, -0.02), (7, 1.5), (2, np.nan)],
    ids=["pow3 falls", "ilog2 falls", "end > 100", "end < 0", "w1 < 0", "w2 < 0", "s = 0", "s < 0", "s > 1", "NaN"],
)
def test_the_prior_excludes(index, value):
    """Curves that end below their start or out of range, negative weights, impossible noise."""
    position = np.array([0.8, 0.6, 0.7, 0.8, 0.5, 1.5, 0.5, 0.02])
    assert np.isfinite(two().log_density(position[np.newaxis])[0])
    position[index] = value

    assert -np.inf == two().log_density(position[np.newaxis])[0]


def test_the_combination_ends_below_the_ceiling():
    """One family may end above it, where others make up for it; if all do, there is nothing to sample."""
    fits = [CurveFit(POW3, np.array([1.3, 0.6, 0.7]), 0.0), CurveFit(ILOG2, np.array([0.8, 0.5]), 0.0)]
    given = (Y[:20], np.ones(20))
    bounded, free = Combination(fits, *given, end=30, ceiling=0.9), Combination(fits, *given, end=30)
    positions = np.array([[1.3, 0.6, 0.7, 0.8, 0.5, 1.0, w, 0.1] for w in (0.0, 1.0, 3.0)])

    assert [False, False, True] == np.isfinite(bounded.log_density(positions)).tolist()
    assert np.isfinite(free.log_density(positions)).all()
    assert np.isfinite(bounded.log_density(bounded.start(20, np.random.default_rng(0)))).all()
    assert 0 == len(Combination(fits, *given, end=30, ceiling=0.5).fits)


def test_rising_everywhere_is_stricter_than_at_the_ends():
    """A curve that rises, falls a little and ends above its start is admitted by "ends" alone."""
    vapor = next(family for family in FAMILIES if family.name == "vapor pressure")
    humped = CurveFit(vapor, np.array([0.0, -6.0, -0.3]), 0.0)
    given = ([humped], Y[:20], np.ones(20))

    assert 1 == len(Combination(*given, end=40, rising="ends").fits)
    assert 0 == len(Combination(*given, end=40, rising="everywhere").fits)


def test_a_family_whose_best_fit_falls_is_left_out():
    """Its prior probability is 0 there."""
    falling = CurveFit(ILOG2, np.array([0.5, -0.2]), 0.0)
    combination = Combination([falling, *two().fits], Y[:20], np.ones(20), end=30)

    assert ["pow3", "ilog2"] == [fit.family.name for fit in combination.fits]
    assert 0 == len(Combination([falling], Y[:20], np.ones(20), end=30).fits)


def test_no_admitted_combination_ends_below_its_start():
    """Since no family does."""
    combination = posterior()
    drawn = sample(combination, np.random.default_rng(1), walkers=100, steps=100, burn_in=50, thin=10)
    start = Combination(combination.fits, Y[:20], np.ones(20), end=2).ends(drawn.positions)

    assert (combination.ends(drawn.positions) >= start - 1e-8).all()


def test_walkers_start_where_the_prior_is_not_zero():
    """For a flat curve too, from which half of all small steps lead to curves that fall."""
    flat = of(np.full(12, 0.5))

    for combination in (posterior(), flat, of(Y[:5])):
        assert np.isfinite(combination.log_density(combination.start(50, np.random.default_rng(0)))).all()


def test_samples_have_the_shape_that_was_asked_for():
    """Walkers are raised to twice the numbers of a position; burn-in is cut, the rest thinned."""
    drawn = sample(posterior(), np.random.default_rng(0), walkers=2, steps=30, burn_in=10, thin=5)

    assert (4 * 96, 48) == drawn.positions.shape
    assert 0 < drawn.acceptance < 1
    again = sample(posterior(), np.random.default_rng(0), walkers=2, steps=30, burn_in=10, thin=5)
    np.testing.assert_array_equal(drawn.positions, again.positions)


def test_sampling_finds_a_posterior_that_is_known():
    """One family and plenty of data: mean and spread are those of linear least squares."""
    y = 0.8 - 0.5 / np.log(X + 1) + 0.01 * np.random.default_rng(5).standard_normal(30)
    fit = next(fit for fit in fit_families(y, np.ones(30)) if fit.family is ILOG2)
    combination = Combination([fit], y, np.ones(30), end=60)
    drawn = sample(combination, np.random.default_rng(0), walkers=100, steps=600, burn_in=300, thin=10)
    design = np.stack([np.ones(30), -1 / np.log(X + 1)], axis=1)
    best, (squares,), _, _ = np.linalg.lstsq(design, y, rcond=None)
    stds = np.sqrt(np.diag(np.linalg.inv(design.T @ design)) * squares / (30 - 2))

    np.testing.assert_allclose(best, drawn.positions[:, :2].mean(axis=0), atol=0.3 * stds.max())
    np.testing.assert_allclose(stds, drawn.positions[:, :2].std(axis=0), rtol=0.3)
