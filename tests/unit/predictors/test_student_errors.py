"""Student's t as the shape of an error, and fitted to errors."""

import numpy as np
import pytest
from scipy.stats import norm, t

from bandits.predictors.regression.student_errors import fitted_student, half_width, student_shape


@pytest.mark.parametrize("freedom", [1, 2, 5, 40])
def test_the_shape_is_the_distribution(freedom):
    """Probabilities of the shape are those of Student's t, whose unit is the half-width of its central 68 %."""
    shape = student_shape(freedom)
    unit = t.ppf(norm.cdf(1.0), freedom)

    assert unit == pytest.approx(half_width(freedom))
    for error in (-3.3, -0.7, 0.0, 0.4, 2.5):
        assert t.cdf(error * unit, freedom) == pytest.approx(shape.prob_at_most(error), abs=0.002)


def test_many_degrees_of_freedom_are_a_gaussian():
    """Then half of the central 68 % is the standard deviation."""
    assert half_width(10**6) == pytest.approx(1.0, abs=1e-5)
    assert student_shape(10**6).quantile(0.99) == pytest.approx(norm.ppf(0.99), rel=1e-3)


@pytest.mark.parametrize(("freedom", "scale"), [(2, 0.1), (30, 5.0)])
def test_recovers_scale_and_tails(freedom, scale):
    """The scale of many errors is found within a tenth, and heavy tails are told from light ones."""
    errors = scale * np.random.default_rng(0).standard_t(freedom, 3000)
    found, tails = fitted_student(errors, 64)

    assert scale == pytest.approx(found, rel=0.1)
    assert tails == 2 if freedom == 2 else tails >= 16


def test_an_error_far_out_makes_tails_heavy_and_leaves_the_scale():
    """One failed run in fifty does not make every forecast as wide as itself."""
    errors = np.random.default_rng(0).standard_normal(50)
    scale, freedom = fitted_student(np.append(errors, 1000.0), 100)

    assert 0.3 < scale < 1.5
    assert freedom <= 2


def test_freedom_has_a_limit():
    """Few epochs leave few degrees of freedom, however Gaussian the errors of the curves."""
    assert 3 == fitted_student(np.random.default_rng(0).standard_normal(500), 3)[1]


def test_errors_of_two_kinds_are_as_wide_as_the_wider_kind_makes_them():
    """Half of the curves are forecast exactly, half are not: those do not make these look certain."""
    errors = np.concatenate((np.full(50, 1e-9), np.random.default_rng(0).standard_normal(50)))
    scale, freedom = fitted_student(errors, 32)

    assert np.quantile(np.abs(errors), 0.6827) <= scale * half_width(freedom) * (1 + 1e-12)


@pytest.mark.parametrize(
    ("errors", "scale"), [([0.0, 0.0], (0.0, 0.0)), ([0.0] * 9 + [1.0], (0.0, 1.0)), ([1e300, 1e300], (1e299, 1e301))]
)
def test_odd_errors_have_a_scale(errors, scale):
    """No error at all, errors that are mostly 0, and huge ones: finite, and 0 for the first alone."""
    found, _ = fitted_student(np.array(errors), 5)

    assert scale[0] <= found <= scale[1]
    assert (found > 0) == any(errors)
