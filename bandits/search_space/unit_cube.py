"""Configurations as points of the unit cube, and back: every parameter is a coordinate from 0 to 1.

A number lies in its range by size, or by logarithm for a logarithmic range. Each value of a grid, and each choice, owns
an interval of the same width; on a logarithmic range of integers, the half unit on either side of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bandits.search_space.distributions import choices_of

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = ["from_cube", "to_cube"]


def to_cube(params: Mapping[str, Any], space: Mapping[str, BaseDistribution]) -> NDArray[np.float64]:
    """A point that `from_cube` turns into these parameters; in the middle of the interval of a choice or whole number.

    Args:
        params: values inside their distributions, by name.
        space: a distribution of Optuna for each parameter name.

    Returns:
        `[d]` coordinates in [0, 1], in the order of the space; NaN for a parameter that is not there.

    Example:
        >>> from optuna.distributions import CategoricalDistribution, FloatDistribution
        >>> space = {"lr": FloatDistribution(1e-4, 1.0, log=True), "net": CategoricalDistribution(["a", "b"])}
        >>> to_cube({"lr": 0.01, "net": "b"}, space).tolist()
        [0.5, 0.75]
    """
    return np.array([_coordinate(params[name], space[name]) if name in params else np.nan for name in space])


def from_cube(point: NDArray[np.float64], space: Mapping[str, BaseDistribution]) -> dict[str, Any]:
    """The parameters at a point of the unit cube.

    Args:
        point: `[d]` coordinates in [0, 1], in the order of the space.
        space: a distribution of Optuna for each parameter name.

    Returns:
        Python ints, floats and choices, by parameter name.
    """
    return {name: _value(float(place), space[name]) for name, place in zip(space, point, strict=True)}


def _coordinate(value: Any, distribution: Any) -> float:
    choices = choices_of(distribution)
    if choices is not None:
        return float(distribution.to_internal_repr(value) + 0.5) / len(choices)
    low, high = _ends(distribution)
    number = math.log(value) if distribution.log else float(value)
    return min(max((number - low) / (high - low), 0.0), 1.0) if high > low else 0.5


def _value(place: float, distribution: Any) -> Any:
    choices = choices_of(distribution)
    if choices is not None:
        return choices[min(int(place * len(choices)), len(choices) - 1)]
    low, high = _ends(distribution)
    number = low + place * (high - low)
    if distribution.log:
        number = math.exp(number)
    if distribution.step is not None:
        number = distribution.low + distribution.step * round((number - distribution.low) / distribution.step)
    number = min(max(number, distribution.low), distribution.high)
    return round(number) if isinstance(distribution.low, int) else float(number)


def _ends(distribution: Any) -> tuple[float, float]:
    """Where the coordinates 0 and 1 lie, in logarithms for a logarithmic range."""
    half = 0.0 if distribution.step is None else distribution.step / 2
    low, high = distribution.low - half, distribution.high + half
    return (math.log(low), math.log(high)) if distribution.log else (float(low), float(high))
