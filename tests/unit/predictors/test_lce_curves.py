"""What LCE is made of: curve families, least squares, the unit scale."""

import math

import numpy as np
import pytest

from bandits.forecasts import Link
from bandits.predictors.extrapolation.families import FAMILIES
from bandits.predictors.extrapolation.fits import fit_families, fit_family, recency_weights
from bandits.predictors.extrapolation.unit_scale import UnitScale

X = np.arange(1.0, 51.0)
BY_NAME = {family.name: family for family in FAMILIES}

# Parameters of a rising curve, its value at epoch 4 worked out by hand, and another curve.
KNOWN = {
    "vapor pressure": ((-0.5, -1.0, 0.1), math.exp(-0.5 - 0.25 + 0.1 * math.log(4)), (-0.3, -2.0, 0.02)),
    "pow3": ((0.8, 0.6, 0.5), 0.8 - 0.6 / 2, (0.9, 0.7, 0.8)),
    "log log linear": ((0.3, 1.2), math.log(0.3 * math.log(4) + 1.2), (0.2, 1.4)),
    "Hill3": ((0.8, 1.0, 4.0), 0.4, (0.9, 1.3, 6.0)),
    "log power": ((0.8, math.log(4), -1.0), 0.4, (0.7, 2.0, -0.8)),
    "pow4": ((0.9, 2.0, 1.0, 0.5), 0.9 - 1 / 3, (0.8, 0.5, 1.5, 1.2)),
    "MMF": ((0.8, 0.2, 0.25, 2.0), 0.5, (0.7, 0.1, 0.1, 1.5)),
    "exp4": ((0.8, 0.5, -0.5, 0.5), 0.8 - math.exp(-1.5), (0.7, 0.2, -0.6, 0.8)),
    "Janoschek": ((0.8, 0.2, 0.5, 0.5), 0.8 - 0.6 * math.exp(-1), (0.7, 0.1, 0.1, 0.9)),
    "Weibull": ((0.8, 0.2, 0.25, 2.0), 0.8 - 0.6 * math.exp(-1), (0.7, 0.1, 0.05, 0.9)),
    "ilog2": ((0.9, 0.4), 0.9 - 0.4 / math.log(5), (0.8, 0.3)),
}


def curve(family, parameters, x=X):
    """A family's curve."""
    return family.curve(np.array(parameters), x, np.log(x))


def test_there_are_eleven_families_with_36_parameters():
    """As in the paper; the defaults lie in their boxes."""
    assert set(KNOWN) == set(BY_NAME)
    assert 36 == sum(len(family.parameters) for family in FAMILIES)
    for family in FAMILIES:
        assert (np.array(family.low) <= family.default).all() and (np.array(family.default) <= family.high).all()
        assert len(family.parameters) == len(family.default) == len(family.low) == len(family.high)


@pytest.mark.parametrize("name", KNOWN)
def test_formulas(name):
    """Each formula gives the value worked out by hand."""
    parameters, expected, _ = KNOWN[name]

    assert pytest.approx(expected, rel=1e-12) == curve(BY_NAME[name], parameters)[3]


@pytest.mark.parametrize("name", KNOWN)
def test_many_parameter_vectors_at_once(name):
    """`[..., p]` parameters give `[..., n]` scores, row by row the same."""
    family, (first, _, second) = BY_NAME[name], KNOWN[name]
    together = curve(family, [first, second])

    assert (2, 50) == together.shape
    np.testing.assert_allclose([curve(family, first), curve(family, second)], together, rtol=1e-12)


def variants(name):
    """Parameters of five curves of a family: the two known ones, a quicker, a slower and a lower one."""
    first, _, second = KNOWN[name]
    quicker, slower, lower = list(first), list(second), list(second)
    when = BY_NAME[name].parameters.index(ABOUT_TIME[name])
    quicker[when] *= 1.3
    slower[when] /= 1.2
    level = 1 if name == "log log linear" else 0
    lower[level] = lower[level] - 0.3 if name in ("vapor pressure", "log log linear") else 0.8 * lower[level]
    return [first, second, quicker, slower, lower]


# The parameter of each family that says how fast it rises.
ABOUT_TIME = {
    "vapor pressure": "b",
    "pow3": "alpha",
    "log log linear": "a",
    "Hill3": "kappa",
    "log power": "b",
    "pow4": "a",
    "MMF": "kappa",
    "exp4": "a",
    "Janoschek": "kappa",
    "Weibull": "kappa",
    "ilog2": "a",
}


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("which", range(5))
def test_every_family_recovers_its_own_curve(name, which):
    """Half of a curve without noise gives its end, for each of five curves of each family."""
    family = BY_NAME[name]
    truth = curve(family, variants(name)[which])
    fit = fit_family(family, truth[:25], np.ones(25))

    assert truth[0] < truth[-1]
    assert pytest.approx(truth[-1], abs=1e-3) == curve(family, fit.parameters)[-1]


@pytest.mark.parametrize("name", KNOWN)
def test_starts_depend_on_the_curve_and_are_numbers(name):
    """Every start of least squares has one finite value for each parameter, for short and flat curves too."""
    family = BY_NAME[name]
    for n, first, last in ((3, 0.1, 0.7), (100, 0.0, 0.0), (5, 0.9, 0.2), (9, -1.0, -0.5)):
        for start in family.others(n, first, last):
            assert len(family.parameters) == len(start)
            assert np.isfinite(start).all()


def test_families_with_more_parameters_than_epochs_are_not_fitted():
    """Three epochs leave seven families of two or three parameters."""
    names = [fit.family.name for fit in fit_families(np.array([0.2, 0.4, 0.5]), np.ones(3))]

    assert set(names) <= {"vapor pressure", "pow3", "log log linear", "Hill3", "log power", "ilog2"}
    assert len(names) >= 4


def test_a_fit_stays_in_its_box():
    """Curves that pull a family out of its box get the best parameters inside it, or none."""
    falling = 1 - curve(BY_NAME["Hill3"], (0.9, 3.0, 5.0))[:20]
    for y in (falling, -falling, np.tile([0.0, 1.0], 10), np.zeros(20), np.full(20, 1e5)):
        for fit in fit_families(y, np.ones(20)):
            assert ((fit.parameters >= fit.family.low) & (fit.parameters <= fit.family.high)).all()
            assert math.isfinite(fit.cost)


def test_recency_weights_grow_and_count_what_they_are_worth():
    """(10^(1/n))^i; their sum is that of their squares, so that a weighted mean has the right variance."""
    weights = recency_weights(5, 10.0)

    np.testing.assert_allclose(np.full(4, 10 ** (1 / 5)), weights[1:] / weights[:-1])
    assert pytest.approx(np.square(weights).sum()) == weights.sum()
    assert weights.sum() < 5
    np.testing.assert_allclose(np.ones(7), recency_weights(7, 1.0))


@pytest.mark.parametrize(
    ("scores", "link", "first", "last"),
    [
        ([0.2, 0.9], Link.IDENTITY, 0.2, 0.9),
        ([20.0, 90.0], Link.IDENTITY, 0.2, 0.9),
        ([-2.0, -1.0], Link.IDENTITY, 0.1, 0.55),
        ([-900.0, -100.0], Link.LOG_LOSS, 0.1, 0.7),
        ([-5.0, 300.0], Link.IDENTITY, 0.1, 0.7),
        ([0.0, 0.0], Link.IDENTITY, 0.0, 0.0),
    ],
    ids=["accuracy", "percent", "loss", "perplexity", "reward", "zeros"],
)
def test_the_unit_scale(scores, link, first, last):
    """Scores map to where the families expect them, increasing, and back."""
    scores = np.array(scores)
    scale = UnitScale.choose(scores)

    assert link is scale.link
    np.testing.assert_allclose([first, last], scale.to_unit(scores), atol=1e-12)
    np.testing.assert_allclose(scores, scale.to_scores(scale.to_unit(scores)), atol=1e-9)
    assert scale.to_scores(np.array(0.3)) < scale.to_scores(np.array(0.4))


@pytest.mark.parametrize("scores", [[-1e308, 1e308], [5e-324 - 1e-310, -1e-310], [-1e308, -1e-308, 0.0]])
def test_numbers_out_of_range_have_no_scale_or_a_finite_one(scores):
    """What cannot be computed with is told by None."""
    scale = UnitScale.choose(np.array(scores))

    assert scale is None or np.isfinite(scale.to_unit(np.array(scores))).all()
