"""Configurations as features: what is there, what a configuration does not have, and what was not recorded."""

import math

import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from bandits.search_space import ABSENT, ChoiceEncoding, Encoder, NumberEncoding, encoding_of

SPACE: dict[str, BaseDistribution] = {
    "lr": FloatDistribution(1e-4, 1.0, log=True),
    "opt": CategoricalDistribution(["adam", "sgd", None]),
    "momentum": CategoricalDistribution([0.5, 0.9]),
}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2.5], [{"x": 1.0}, {"x": 2.5}]),
        ([True, False], [{"x": 1.0}, {"x": 0.0}]),
        ([2, ABSENT, 4], [{"x": 2.0, "has x": 1.0}, {"x": 2.0, "has x": 0.0}, {"x": 4.0, "has x": 1.0}]),
        ([2, None, 4], [{"x": 2.0, "x=missing": 0.0}, {"x": 3.0, "x=missing": 1.0}, {"x": 4.0, "x=missing": 0.0}]),
        ([2, math.nan], [{"x": 2.0, "x=missing": 0.0}, {"x": 2.0, "x=missing": 1.0}]),
        (["b", "a"], [{"x=a": 0.0, "x=b": 1.0}, {"x=a": 1.0, "x=b": 0.0}]),
        (["b", 1], [{"x=1": 0.0, "x=b": 1.0}, {"x=1": 1.0, "x=b": 0.0}]),
        (["b", ABSENT], [{"x=b": 1.0}, {"x=b": 0.0}]),
        (["b", None], [{"x=b": 1.0, "x=missing": 0.0}, {"x=b": 0.0, "x=missing": 1.0}]),
    ],
)
def test_values_become_features(values: list[object], expected: list[dict[str, float]]) -> None:
    """Absent is the lower end and `has x`, missing the median and `x=missing`; choices are one-hot."""
    encoding = encoding_of("x", values)

    assert [encoding.encode(value) for value in values] == expected


def test_a_stand_in_may_be_given() -> None:
    """For those that do not have the parameter, in place of the smallest value."""
    assert encoding_of("x", [2, ABSENT], absent=-1.0).encode(ABSENT) == {"x": -1.0, "has x": 0.0}


def test_a_declared_space_has_every_choice_and_its_whole_range() -> None:
    """Also those that no configuration has; a parameter that is not conditional has no `has`."""
    encoder = Encoder.of_space(SPACE, conditional=["momentum"])

    assert encoder.encode({"lr": 0.1, "opt": None, "more": 1}) == {
        "lr": 0.1,
        "opt=adam": 0.0,
        "opt=sgd": 0.0,
        "opt=None": 1.0,
        "momentum": 0.5,
        "has momentum": 0.0,
    }


def test_trials_have_spaces_of_their_own() -> None:
    """What some lack is conditional there; the lower end is the lowest of all, and choices are put together."""
    spaces = [
        {"lr": FloatDistribution(0.1, 1.0), "opt": CategoricalDistribution(["a"])},
        {"lr": FloatDistribution(0.01, 1.0), "opt": CategoricalDistribution(["b"]), "units": IntDistribution(8, 64)},
        {"units": IntDistribution(4, 64)},
    ]
    values = [{"lr": 0.5, "opt": "a"}, {"lr": 0.5, "opt": "b", "units": 9}, {"units": 9, "opt": None}]

    assert [Encoder.of_trials(zip(spaces, values, strict=True)).encode(each) for each in values] == [
        {"lr": 0.5, "has lr": 1.0, "opt=a": 1.0, "opt=b": 0.0, "opt=missing": 0.0, "units": 4.0, "has units": 0.0},
        {"lr": 0.5, "has lr": 1.0, "opt=a": 0.0, "opt=b": 1.0, "opt=missing": 0.0, "units": 9.0, "has units": 1.0},
        {"lr": 0.01, "has lr": 0.0, "opt=a": 0.0, "opt=b": 0.0, "opt=missing": 1.0, "units": 9.0, "has units": 1.0},
    ]


def test_what_was_not_recorded_of_a_trial_counts_as_the_median_of_the_others() -> None:
    """It is there, but nobody knows its value."""
    distribution = {"units": IntDistribution(1, 64)}
    trials = [(distribution, {"units": 8}), (distribution, {"units": 16}), ({}, {"units": None})]
    encoder = Encoder.of_trials(trials)

    assert encoder.encodings == (NumberEncoding("units", absent=1.0, missing=12.0, has_gaps=True),)
    assert encoder.encode({"units": None}) == {"units": 12.0, "units=missing": 1.0}


def test_configurations_from_elsewhere_tell_what_they_tell() -> None:
    """Of a parameter that they lack nothing is known, unless it is conditional and their study has it."""
    encoder = Encoder.of_space(SPACE, conditional=["momentum"])

    assert encoder.encode_known({"lr": 1}, recorded={"lr", "momentum"}) == {
        "lr": 1.0,
        "momentum": 0.5,
        "has momentum": 0.0,
    }
    assert encoder.encode_known({"lr": None, "opt": math.nan}, recorded=set()) == {}
    assert encoder.encode_known({"opt": None}, recorded=set())["opt=None"] == 1.0


def test_an_unknown_choice_is_none_of_them() -> None:
    """Nor is a value that was not recorded, where none was known to be missing."""
    encoding = ChoiceEncoding("opt", ("adam", "sgd"))

    for value in ("rmsprop", None, ABSENT):
        assert set(encoding.encode(value).values()) == {0.0}
