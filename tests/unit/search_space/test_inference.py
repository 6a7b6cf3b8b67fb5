"""Search spaces read off configurations."""

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from bandits.search_space import infer_space, params_in


def test_numbers_span_their_values() -> None:
    """Whole numbers make a range of whole numbers, others one of floats."""
    configs: list[dict[str, object]] = [
        {"units": 16, "dropout": 0.5},
        {"units": 64, "dropout": 0},
        {"units": 32, "dropout": 0.1},
    ]

    assert infer_space(configs) == {"units": IntDistribution(16, 64), "dropout": FloatDistribution(0.0, 0.5)}


@pytest.mark.parametrize(
    ("values", "log"),
    [((1e-4, 1e-2), True), ((1e-4, 9e-3), False), ((0.0, 1.0), False), ((-1.0, 100.0), False), ((1.5, 150.0), True)],
)
def test_positive_numbers_over_two_magnitudes_are_logarithmic(values: tuple[float, float], log: bool) -> None:
    """From the hundredfold on, provided that all are positive."""
    assert infer_space([{"x": value} for value in values]) == {"x": FloatDistribution(values[0], values[1], log=log)}


def test_whole_numbers_may_be_logarithmic() -> None:
    """Weights of networks, say."""
    assert infer_space([{"weights": 1000}, {"weights": 100000}]) == {"weights": IntDistribution(1000, 100000, log=True)}


def test_texts_are_choices() -> None:
    """In the order in which they appear."""
    configs = [{"optimizer": name} for name in ("sgd", "adam", "sgd", "adam")]

    assert infer_space(configs) == {"optimizer": CategoricalDistribution(("sgd", "adam"))}


def test_mixtures_are_choices() -> None:
    """A number beside a text is one of its choices."""
    configs = [{"width": value} for value in ("auto", 64, 64, "auto")]

    assert infer_space(configs) == {"width": CategoricalDistribution(("auto", 64))}


def test_booleans_are_choices() -> None:
    """In the order in which they appear."""
    space = infer_space([{"tied": True}, {"tied": False}])

    assert space == {"tied": CategoricalDistribution((True, False))}


def test_constants_are_left_out() -> None:
    """What never changes is no parameter."""
    assert infer_space([{"epochs": 5, "name": "a", "tied": True}] * 3) == {}


def test_identifiers_are_left_out() -> None:
    """Texts that differ in more than half of the configurations, or are many, name something."""
    runs = [{"run": f"run-{number}"} for number in range(4)]
    many = [{"net": f"net-{number % 51}"} for number in range(1000)]

    assert infer_space(runs) == {}
    assert infer_space(many) == {}
    assert list(infer_space(many[:50] * 3)) == ["net"]


def test_other_values_are_left_out() -> None:
    """A list is no parameter, nor is an integer that no float can hold."""
    assert infer_space([{"layers": [1, 2]}, {"layers": [3]}]) == {}
    assert infer_space([{"size": 10**400}, {"size": 1}]) == {}


def test_texts_that_are_known_to_be_choices_are_choices() -> None:
    """However few configurations there are."""
    configs = [{"optimizer": "sgd"}, {"optimizer": "adam"}]

    assert infer_space(configs) == {}
    assert infer_space(configs, choices={"optimizer"}) == {"optimizer": CategoricalDistribution(("sgd", "adam"))}


def test_a_parameter_may_be_missing() -> None:
    """A name that some configurations lack is conditional; None and NaN count as lacking."""
    configs: list[dict[str, object]] = [
        {"momentum": 0.5},
        {},
        {"momentum": None},
        {"momentum": float("nan")},
        {"momentum": 0.9},
    ]

    assert infer_space(configs) == {"momentum": FloatDistribution(0.5, 0.9)}
    assert infer_space([]) == {}


def test_numpy_values_are_plain() -> None:
    """Numbers of NumPy count as Python's."""
    configs: list[dict[str, object]] = [
        {"a": np.int64(1), "b": np.float32(0.5)},
        {"a": np.int64(3), "b": np.float32(0.75)},
    ]
    space = infer_space(configs)

    assert space == {"a": IntDistribution(1, 3), "b": FloatDistribution(0.5, 0.75)}
    assert [type(value) for value in params_in(configs[0], space).values()] == [int, float]


def test_every_configuration_lies_in_its_space() -> None:
    """What was read is found again."""
    configs: list[dict[str, object]] = [{"a": a, "b": 10.0**-a, "c": a > 2, "d": "xy"[a % 2]} for a in range(1, 6)]

    assert [params_in(config, infer_space(configs)) for config in configs] == configs
