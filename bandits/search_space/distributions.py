"""What a distribution of Optuna is: its kind, its ends, its middle, and where in it a value lies.

Optuna takes half a second to load, so nothing here imports it before a distribution is at hand: a `choices` is what
tells a categorical distribution from those of numbers, which have `low`, `high`, `log` and `step`.
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

_STEP_NOISE = 1e-8  # of a step, by which a value on the grid may be off it


def check_space(space: Mapping[str, BaseDistribution]) -> None:
    """Check that a search space is one.

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
    """A value as a finite number, False and True being 0 and 1; None where it is none."""
    try:
        if isinstance(value, Real | np.bool_) and math.isfinite(number := float(value)):
            return number
    except OverflowError:  # an integer that no float can hold
        pass
    return None


def plain(value: object) -> object:
    """A value as Python writes it; None for NaN and infinities."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def choices_of(distribution: BaseDistribution) -> tuple[Any, ...] | None:
    """The choices of a categorical distribution; None for a range of numbers."""
    return getattr(distribution, "choices", None)


def is_numeric(distribution: BaseDistribution) -> bool:
    """Whether every value is a finite number: a range, or a choice among numbers or booleans."""
    choices = choices_of(distribution)
    return choices is None or all(number_of(choice) is not None for choice in choices)


def lower_end(distribution: BaseDistribution) -> float:
    """The smallest value of a numeric distribution."""
    choices = choices_of(distribution)
    return float(getattr(distribution, "low", 0.0)) if choices is None else min(map(float, choices))


def middle_of(distribution: BaseDistribution) -> float:
    """The middle of a numeric distribution: of the logarithms, where it is drawn so; the mean of choices.

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
    """Where a value lies in its range, 0 to 1, by its logarithm where it is drawn so; the number of a choice.

    A range of one value has its place at 0.
    """
    number = float(distribution.to_internal_repr(value))
    if choices_of(distribution) is not None:
        return number
    low, high = distribution.low, distribution.high
    if distribution.log:
        number, low, high = np.log((number, low, high))
    return float((number - low) / (high - low)) if high > low else 0.0


def params_in(config: Mapping[str, object], space: Mapping[str, BaseDistribution]) -> dict[str, Any]:
    """The part of a configuration that a search space knows.

    Args:
        config: what was trained.
        space: a distribution of Optuna by parameter name.

    Returns:
        Plain Python values by name, in the order of the space, each of them within its distribution; a parameter that
        the configuration lacks, or has outside of the distribution, is left out.

    Example:
        >>> from optuna.distributions import IntDistribution
        >>> params_in({"row": 3, "units": 16}, {"units": IntDistribution(8, 64), "depth": IntDistribution(1, 4)})
        {'units': 16}
    """
    found = {name: inside(config[name], distribution) for name, distribution in space.items() if name in config}
    return {name: value[0] for name, value in found.items() if value is not None}


def inside(value: object, distribution: Any) -> tuple[Any] | None:
    """The value as the distribution has it, alone in a tuple; None where the distribution has none such."""
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
