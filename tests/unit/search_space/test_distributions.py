"""What a distribution is, and where in it a value lies."""

import math

import numpy as np
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from bandits.errors import SettingError
from bandits.search_space import (
    check_space,
    inside,
    is_numeric,
    lower_end,
    middle_of,
    number_of,
    params_in,
    place_of,
)


def test_params_are_those_of_the_space() -> None:
    """Names that the space lacks, values outside of it, and lacking values are left out."""
    space = {
        "units": IntDistribution(8, 64, step=8),
        "lr": FloatDistribution(0.0, 1.0, step=0.25),
        "tied": CategoricalDistribution((False, True)),
        "kind": CategoricalDistribution(("a", "b")),
    }

    assert params_in({"row": 1, "units": 16.0, "lr": 0.5, "tied": True, "kind": "b"}, space) == {
        "units": 16,
        "lr": 0.5,
        "tied": True,
        "kind": "b",
    }
    assert params_in({"units": 17, "lr": 0.3, "tied": 1, "kind": None}, space) == {}
    assert params_in({"units": 12.5, "lr": 2.0, "kind": "c"}, space) == {}
    assert params_in({"units": True, "lr": "0.5"}, space) == {}


def test_none_is_a_choice_only_where_a_configuration_has_it() -> None:
    """A configuration that lacks the parameter has not chosen None."""
    space = {"weights": CategoricalDistribution((None, "balanced"))}

    assert params_in({"weights": None}, space) == {"weights": None}
    assert params_in({}, space) == {}


def test_nan_is_a_choice_that_is_found_again() -> None:
    """Although it does not equal itself."""
    choices = (math.nan, "a")

    assert inside(choices[0], CategoricalDistribution(choices)) == (choices[0],)


@pytest.mark.parametrize(
    ("value", "number"),
    [(3, 3.0), (True, 1.0), (np.int64(2), 2.0), (np.bool_(False), 0.0), (0.5, 0.5)]
    + [(odd, None) for odd in (None, "1", math.nan, math.inf, 10**400, [1])],
)
def test_finite_numbers_and_booleans_are_numbers(value: object, number: float | None) -> None:
    """Of Python and NumPy; an integer that no float can hold is none."""
    assert number_of(value) == number


@pytest.mark.parametrize(
    ("distribution", "numeric", "low", "middle"),
    [
        (FloatDistribution(1e-4, 1.0, log=True), True, 1e-4, 1e-2),
        (FloatDistribution(-2.0, 4.0), True, -2.0, 1.0),
        (IntDistribution(2, 10), True, 2.0, 6.0),
        (CategoricalDistribution((128, 32)), True, 32.0, 80.0),
        (CategoricalDistribution((True, False)), True, 0.0, 0.5),
        (CategoricalDistribution((1, None)), False, None, None),
        (CategoricalDistribution((1, math.inf)), False, None, None),
    ],
)
def test_kind_lower_end_and_middle(
    distribution: BaseDistribution, numeric: bool, low: float | None, middle: float | None
) -> None:
    """A choice among numbers or booleans is numeric; the middle is that of the logarithms where these are drawn."""
    assert is_numeric(distribution) is numeric
    if low is not None and middle is not None:
        assert (lower_end(distribution), middle_of(distribution)) == pytest.approx((low, middle))


def test_places() -> None:
    """From 0 to 1 by what is drawn uniformly; the number of a choice."""
    assert place_of(1e-2, FloatDistribution(1e-4, 1.0, log=True)) == pytest.approx(0.5)
    assert place_of(3, IntDistribution(1, 9)) == 0.25
    assert place_of(7, IntDistribution(7, 7)) == 0.0
    assert place_of("b", CategoricalDistribution(("a", "b"))) == 1.0


@pytest.mark.parametrize("space", [{}, ["lr"], {"lr": (0, 1)}])
def test_what_is_no_space(space: object) -> None:
    """One sentence."""
    with pytest.raises(SettingError, match=r"of `space` must be a Float|`space` must map parameter names"):
        check_space(space)  # type: ignore[arg-type]
