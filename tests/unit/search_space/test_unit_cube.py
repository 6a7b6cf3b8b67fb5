"""Configurations as points of the unit cube."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from bandits.search_space import from_cube, inside, to_cube

SPACE: dict[str, BaseDistribution] = {
    "lr": FloatDistribution(1e-5, 1e-1, log=True),
    "momentum": FloatDistribution(-1.0, 1.0),
    "dropout": FloatDistribution(0.0, 0.5, step=0.1),
    "units": IntDistribution(8, 64, step=8),
    "layers": IntDistribution(1, 4),
    "batch": IntDistribution(1, 512, log=True),
    "net": CategoricalDistribution(("a", None, 3)),
    "fixed": IntDistribution(5, 5),
    "only": CategoricalDistribution(("x",)),
    "point": FloatDistribution(0.3, 0.3, log=True),
}
PLACES = st.lists(st.floats(0, 1), min_size=len(SPACE), max_size=len(SPACE))


@given(places=PLACES)
def test_every_point_is_a_configuration(places: list[float]) -> None:
    """Whose values lie in their distributions, and which is found again from its own point."""
    params = from_cube(np.array(places), SPACE)
    point = to_cube(params, SPACE)

    assert {name: inside(value, SPACE[name]) for name, value in params.items()} == {
        name: (value,) for name, value in params.items()
    }
    assert ((point >= 0) & (point <= 1)).all()
    again, rounded = from_cube(point, SPACE), ("lr", "momentum")
    assert {name: again.pop(name) for name in rounded} == pytest.approx({name: params.pop(name) for name in rounded})
    assert again == params


@pytest.mark.parametrize(
    ("name", "values"),
    [("net", ["a", None, 3]), ("layers", [1, 2, 3, 4]), ("units", list(range(8, 72, 8)))],
)
def test_values_of_a_grid_own_equal_intervals(name: str, values: list[Any]) -> None:
    """None is likelier than another, the ends included."""
    places = (np.arange(840) + 0.5) / 840
    drawn = [from_cube(np.array([place]), {name: SPACE[name]})[name] for place in places]

    assert [drawn.count(value) for value in values] == [840 // len(values)] * len(values)
    assert drawn == sorted(drawn, key=values.index)


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("lr", 1e-3, 0.5),
        ("lr", 1e-5, 0.0),
        ("momentum", 0.5, 0.75),
        ("units", 8, 1 / 16),
        ("net", 3, 5 / 6),
        ("fixed", 5, 0.5),
        ("batch", 1, math.log(2) / math.log(1025)),
    ],
)
def test_where_a_value_lies(name: str, value: Any, place: float) -> None:
    """By size, by logarithm, or in the middle of the interval of a choice."""
    assert to_cube({name: value}, {name: SPACE[name]}) == pytest.approx([place])


def test_an_absent_parameter_has_no_place() -> None:
    """NaN, in the order of the space."""
    assert np.isnan(to_cube({"momentum": 0.0}, SPACE)).tolist() == [name != "momentum" for name in SPACE]
