"""Properties of Optuna's distributions: kind, ends, middle, and the place of a value.

Optuna takes half a second to load, so nothing here imports it before there is a distribution. A categorical
distribution is recognised by its `choices`; distributions of numbers have `low`, `high`, `log` and `step`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from bandits.errors import SettingError

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = [
    "check_space",
    "choices_of",
    "inside",
    "is_numeric",
    "lower_end",
    "middle_of",
    "number_of",
    "params_in",
    "place_of",
    "plain",
]

_STEP_NOISE = 1e-8  # as a share of the step: rounding error of a value on the grid


def check_space(space: Mapping[str, BaseDistribution]) -> None:
    """Check that a search space is valid.

    Raises:
        SettingError: it is empty, or a value is not a float, int or categorical distribution of optuna.
    """
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not isinstance(space, Mapping) or not space:
        raise SettingError.broken("`space`", "must map parameter names to optuna distributions", space)
    for name, distribution in space.items():
        if not isinstance(distribution, FloatDistribution | IntDistribution | CategoricalDistribution):
            rule = "must be a FloatDistribution, IntDistribution or CategoricalDistribution of optuna"
            raise SettingError.broken(f"{name!r} of `space`", rule, distribution)


def number_of(value: object) -> float | None:
    """A value as a finite number, where False is 0 and True is 1; None if it is not a finite number."""
    try:
        if isinstance(value, Real | np.bool_) and math.isfinite(number := float(value)):
            return number
    except OverflowError:  # an integer that no float can hold
        pass
    return None


def plain(value: object) -> object:
    """A value as a plain Python value; None for NaN and infinities."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def choices_of(distribution: BaseDistribution) -> tuple[Any, ...] | None:
    """The choices of a categorical distribution; None for a range of numbers."""
    return getattr(distribution, "choices", None)


def is_numeric(distribution: BaseDistribution) -> bool:
    """Whether every value of a distribution is a finite number: a range, or a choice among numbers or booleans."""
    choices = choices_of(distribution)
    return choices is None or all(number_of(choice) is not None for choice in choices)


def lower_end(distribution: BaseDistribution) -> float:
    """The smallest value of a numeric distribution."""
    choices = choices_of(distribution)
    return float(getattr(distribution, "low", 0.0)) if choices is None else min(map(float, choices))


def middle_of(distribution: BaseDistribution) -> float:
    """The middle of a numeric distribution: of the logarithms for a logarithmic range, the mean of choices.

    Example:
        >>> from optuna.distributions import FloatDistribution
        >>> round(middle_of(FloatDistribution(1e-4, 1.0, log=True)), 6)
        0.01
    """
    choices = choices_of(distribution)
    if choices is not None:
        return sum(map(float, choices)) / len(choices)
    low, high = float(distribution.low), float(distribution.high)  # type: ignore[attr-defined]
    log: bool = distribution.log  # type: ignore[attr-defined]
    return math.sqrt(low) * math.sqrt(high) if log else low + (high - low) / 2


def place_of(value: Any, distribution: Any) -> float:
    """The place of a value in its range, 0 to 1, by logarithms for a logarithmic range; the index of a choice.

    In a range with one value, that value is at 0.
    """
    number = float(distribution.to_internal_repr(value))
    if choices_of(distribution) is not None:
        return number
    low, high = distribution.low, distribution.high
    if distribution.log:
        number, low, high = np.log((number, low, high))
    return float((number - low) / (high - low)) if high > low else 0.0


def params_in(config: Mapping[str, object], space: Mapping[str, BaseDistribution]) -> dict[str, Any]:
    """The part of a configuration that lies in a search space.

    Args:
        config: the configuration.
        space: a distribution of Optuna for each parameter name.

    Returns:
        Plain Python values by name, in the order of the space. A parameter is left out if the configuration lacks it,
        or has a value outside its distribution.

    Example:
        >>> from optuna.distributions import IntDistribution
        >>> params_in({"row": 3, "units": 16}, {"units": IntDistribution(8, 64), "depth": IntDistribution(1, 4)})
        {'units': 16}
    """
    found = {name: inside(config[name], distribution) for name, distribution in space.items() if name in config}
    return {name: value[0] for name, value in found.items() if value is not None}


def inside(value: object, distribution: Any) -> tuple[Any] | None:
    """A tuple with the distribution's own form of the value; None if the value is not in the distribution."""
    choices = choices_of(distribution)
    if choices is not None:
        return next(((choice,) for choice in choices if _is_same(value, choice)), None)
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not distribution.low <= value <= distribution.high:
        return None
    whole = isinstance(distribution.low, int)
    if whole and value != int(value):
        return None
    if distribution.step is not None:
        steps = (value - distribution.low) / distribution.step
        if abs(steps - round(steps)) > _STEP_NOISE:
            return None
    return (int(value) if whole else float(value),)


def _is_same(value: object, choice: object) -> bool:
    """Whether two choices are the same: True is not 1 here."""
    value = value.item() if isinstance(value, np.generic) else value
    return isinstance(choice, bool) == isinstance(value, bool) and (choice is value or bool(choice == value))
