"""Checks of arguments: what passes, and the sentence about what does not."""

import math

import numpy as np
import pytest

from bandits.errors import SettingError, shown
from bandits.errors.checks import check_choice, check_flag, check_instance, check_number, check_whole, did_you_mean

ODD = ["a", b"1", None, True, math.nan, object(), [1], 1j]


@pytest.mark.parametrize("value", [*ODD, 2.0, 1, -3])
def test_whole_numbers_below_the_least_and_all_else_are_refused(value):
    """No text, bool, float or None passes as a whole number."""
    with pytest.raises(SettingError, match=r"`folds` must be an integer >= 2, got "):
        check_whole("folds", value, 2)


def test_whole_numbers_of_numpy_pass():
    """An integer out of an array counts."""
    assert check_whole("folds", np.int64(3), 2) == 3
    assert check_whole("folds", None, 2, or_none=True) is None
    with pytest.raises(SettingError, match=r"must be an integer from 2 to 4, or None, got 5"):
        check_whole("folds", 5, 2, 4, or_none=True)


@pytest.mark.parametrize("value", [*ODD, 0, 0.6, math.inf])
def test_numbers_out_of_bounds_and_all_else_are_refused(value):
    """The rule in the message is the interval."""
    with pytest.raises(SettingError, match=r"`risk` must be in \(0, 0.5\], got "):
        check_number("risk", value, above=0, most=0.5)


@pytest.mark.parametrize(
    ("bounds", "rule"),
    [
        ({"least": 0}, ">= 0 and finite"),
        ({"above": 0, "finite": False}, "> 0"),
        ({"most": 1}, "<= 1 and finite"),
        ({"below": 1, "finite": False}, "< 1"),
        ({}, "a finite number"),
        ({"finite": False}, "a number"),
        ({"least": 0, "below": 1}, "in [0, 1)"),
    ],
)
def test_rules_say_their_bounds(bounds, rule):
    """One sentence for every kind of interval."""
    with pytest.raises(SettingError) as error:
        check_number("x", "a", **bounds)
    assert str(error.value) == f"`x` must be {rule}, got 'a'"


def test_infinities_are_numbers_where_they_may_be():
    """Only where a rule allows them."""
    assert check_number("x", math.inf, least=0, finite=False) == math.inf
    with pytest.raises(SettingError):
        check_number("x", math.inf, least=0)


def test_choices_suggest_the_nearest():
    """A slip of the keyboard is named."""
    assert check_choice("sizes", "ceil", ["ceil", "floor"]) == "ceil"
    with pytest.raises(SettingError, match=r"got 'celi' \(did you mean 'ceil'\?\)"):
        check_choice("sizes", "celi", ["ceil", "floor"])
    with pytest.raises(SettingError, match=r"or None, got \['ceil'\]"):
        check_choice("sizes", ["ceil"], ["ceil", "floor"], or_none=True)
    assert did_you_mean("xyz", ["ceil"]) == ""


@pytest.mark.parametrize("value", ["no", 0, 1, None, np.True_])
def test_flags_are_true_or_false(value):
    """Nothing that is merely truthy."""
    with pytest.raises(SettingError, match="must be True or False"):
        check_flag("partial", value)


def test_instances_say_what_to_pass():
    """The rule comes from the caller."""
    with pytest.raises(SettingError, match="`predictor` must be a Predictor, got 3"):
        check_instance("predictor", 3, str, "must be a Predictor")
    assert check_instance("predictor", None, str, "must be text", or_none=True) is None


def test_values_in_messages_are_short_and_never_raise():
    """A long or hostile value does not break the sentence about it."""

    class Evil:
        def __repr__(self):
            raise RuntimeError("no")

    assert shown(Evil()) == "a Evil"
    assert len(shown(list(range(1000)))) == 200
