"""The search space that configurations were drawn from, read off the configurations."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bandits.search_space.distributions import number_of, plain

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = ["infer_space"]

_LOG_RANGE = 100  # positive numbers that span as much were chosen by magnitude
_MOST_TEXTS = 50  # with more than that, a text names something rather than being a choice


def infer_space(
    configs: Sequence[Mapping[str, object]], *, choices: Collection[str] = ()
) -> dict[str, BaseDistribution]:
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
        choices: names of which it is known that they are parameters: their texts are choices, however many.

    Returns:
        A distribution by parameter name, in the order in which names appear; empty where nothing varies.

    Example:
        >>> infer_space([{"lr": 1e-4, "units": 16}, {"lr": 1e-1, "units": 16}])
        {'lr': FloatDistribution(high=0.1, log=True, low=0.0001, step=None)}
    """
    names = dict.fromkeys(name for config in configs for name in config)
    space = {}
    for name in names:
        values = [value for config in configs if (value := plain(config.get(name))) is not None]
        distribution = _distribution(values, is_choice=name in choices)
        if distribution is not None:
            space[name] = distribution
    return space


def _distribution(values: Sequence[Any], *, is_choice: bool) -> BaseDistribution | None:
    """What these values, none of them None, were drawn from; None where that is no parameter."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not all(isinstance(value, str) or number_of(value) is not None for value in values):
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
    named = not is_choice and any(isinstance(value, str) for value in values)
    if named and (len(different) > _MOST_TEXTS or 2 * len(different) > len(values)):
        return None
    return CategoricalDistribution(different)
