"""The search space that configurations were drawn from, read off the configurations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = ["infer_space", "params_in"]

_LOG_RANGE = 100  # positive numbers that span as much were chosen by magnitude
_MOST_TEXTS = 50  # with more than that, a text names something rather than being a choice


def infer_space(configs: Sequence[Mapping[str, object]]) -> dict[str, BaseDistribution]:
    """Infer a search space of Optuna from configurations, so that all of them lie in it.

    Whole numbers become an `IntDistribution` and other numbers a `FloatDistribution` from the smallest to the largest
    value; logarithmic where all values are positive and the largest is at least 100 times the smallest. Booleans,
    texts, and mixtures become a `CategoricalDistribution` of the values, in the order in which they appear.

    Left out are names whose value never changes, those with a value that is neither number, boolean nor text, and texts
    that name something (a network, a run) rather than being a choice: those with more than 50 different values, or with
    more different values than half as many as there are configurations that have one. A name that some configurations
    lack, or for which they have None or NaN, is a parameter all the same.

    Args:
        configs: what was trained; values may be Python's or NumPy's.

    Returns:
        A distribution by parameter name, in the order in which names appear; empty where nothing varies.

    Example:
        >>> infer_space([{"lr": 1e-4, "units": 16}, {"lr": 1e-1, "units": 16}])
        {'lr': FloatDistribution(high=0.1, log=True, low=0.0001, step=None)}
    """
    names = dict.fromkeys(name for config in configs for name in config)
    space = {}
    for name in names:
        values = [value for config in configs if (value := _plain(config.get(name))) is not None]
        distribution = _distribution(values)
        if distribution is not None:
            space[name] = distribution
    return space


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
    params = {}
    for name, distribution in space.items():
        value = _plain(config.get(name))
        inside = _inside(value, distribution)
        if inside is not None:
            params[name] = inside[0]
    return params


def _plain(value: object) -> object:
    """A value as Python writes it; None for what is no number."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _distribution(values: Sequence[Any]) -> BaseDistribution | None:
    """What these values, none of them None, were drawn from; None where that is no parameter."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not all(isinstance(value, bool | int | float | str) for value in values):
        return None
    different = list({(type(value) is bool, value): value for value in values}.values())  # True is not 1 here
    if len(different) < 2:
        return None
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        low, high = min(values), max(values)
        log = low > 0 and high / low >= _LOG_RANGE
        if all(isinstance(value, int) for value in values):
            return IntDistribution(low, high, log=log)
        return FloatDistribution(low, high, log=log)
    named = any(isinstance(value, str) for value in values)
    if named and (len(different) > _MOST_TEXTS or 2 * len(different) > len(values)):
        return None
    return CategoricalDistribution(different)


def _inside(value: Any, distribution: Any) -> tuple[Any] | None:
    """The value as the distribution has it; None where it has none such."""
    choices: Sequence[object] | None = getattr(distribution, "choices", None)
    if choices is not None:
        for choice in choices:
            if choice == value and isinstance(choice, bool) == isinstance(value, bool):
                return (choice,)
        return None
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not distribution.low <= value <= distribution.high
    ):
        return None
    whole = type(distribution).__name__ == "IntDistribution"
    if whole and value != int(value):
        return None
    if distribution.step is not None:
        steps = (value - distribution.low) / distribution.step
        if abs(steps - round(steps)) > 1e-8:
            return None
    return (int(value) if whole else float(value),)
