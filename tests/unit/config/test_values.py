"""Texts as values of the types that signatures ask for."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandits.config import Quoted, text_of
from bandits.config.values import kind_of, untyped
from bandits.errors import SettingError
from bandits.forecasts import Link
from bandits.samplers.epsilon_schedule import EpsilonSchedule


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        (int, "5", 5),
        (float, "1e-3", 0.001),
        (float, "5", 5.0),
        (bool, "yes", True),
        (bool, "0", False),
        (str, "5", "5"),
        (str, "none", "none"),
        (int | None, "none", None),
        (int | None, "7", 7),
        (str | None, Quoted("none"), "none"),
        (str | None, "None", None),
        (str | Path | None, "data", "data"),
        (Literal["ceil", "floor"], "floor", "floor"),
        (float | Literal["noise"], "noise", "noise"),
        (float | Literal["noise"], "0.5", 0.5),
        (Link | Literal["auto"], "log_loss", Link.LOG_LOSS),
        (Link | Literal["auto"], "auto", "auto"),
        (tuple[int, ...], ("1", "2"), (1, 2)),
        (list[str], "a", ["a"]),
        (Sequence[float] | None, ("1", "2"), [1.0, 2.0]),
        (EpsilonSchedule | None, "1.0:2,0.5:1", EpsilonSchedule.parse("1.0:2,0.5:1")),
    ],
)
def test_a_text_becomes_a_value_of_its_type(annotation, text, value):
    """Of a union, the kind that accepts least is tried first; text in quotes is text."""
    got = kind_of(annotation).value(text, "`x`")

    assert (value, type(value)) == (got, type(got))


@pytest.mark.parametrize(
    ("annotation", "text", "message"),
    [
        (int, "many", "`x` must be an integer, got 'many'"),
        (int, "2.5", "`x` must be an integer, got '2.5'"),
        (int, Quoted("5"), "`x` must be an integer, got '5'"),
        (int, "9" * 5000, "`x` must be an integer, got '999"),
        (float | None, "much", "`x` must be a number or none, got 'much'"),
        (bool, "maybe", "`x` must be true or false, got 'maybe'"),
        (Literal["ceil", "floor"], "flor", "`x` must be one of 'ceil', 'floor', got 'flor' (did you mean 'floor'?)"),
        (float | Literal["noise"], "nois", "`x` must be a number or 'noise', got 'nois' (did you mean 'noise'?)"),
        (tuple[int, ...], ("1", "b"), "`x` must be a list [...], each an integer, got ('1', 'b')"),
        (str, ("a",), "`x` must be text, got ('a',)"),
        (EpsilonSchedule, "high", "every stage of `epsilon` must be epsilon:nets such as 0.9:100, got 'high'"),
    ],
)
def test_what_is_no_value_is_one_sentence(annotation, text, message):
    """It names argument, rule and value, and suggests the nearest choice."""
    with pytest.raises(SettingError) as error:
        kind_of(annotation).value(text, "`x`")

    assert str(error.value).startswith(message)


@pytest.mark.parametrize("annotation", [object, Callable[[], int], dict[str, int], None | Callable[[], int], tuple])
def test_some_types_have_no_text(annotation):
    """Such settings can be given in Python alone."""
    assert kind_of(annotation) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [("none", None), ("true", True), ("1", 1), ("1.5", 1.5), ("a", "a"), (("1", "b"), (1, "b")), (Quoted("1"), "1")],
)
def test_without_a_type_values_are_what_they_look_like(text, value):
    """None, truth values, numbers, text, lists."""
    got = untyped.value(text, "`x`")

    assert (value, type(value)) == (got, type(got))


PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9)


@given(PLAIN | st.lists(PLAIN, max_size=3).map(tuple))
def test_a_value_comes_back_from_its_text(value):
    """Whatever is written as text is read as the same value, without a type as well."""
    if not isinstance(value, int) or abs(value) < 10**300:
        assert value == untyped.value(text_of(value), "`x`")


def test_what_has_no_text():
    """Objects that cannot be read from text are not written either."""
    assert text_of(object()) is None
    assert text_of([object()]) is None
    assert "1.0:2" == text_of(EpsilonSchedule.parse("1.0:2"))
