"""Infer a search space from configurations."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bandits.search_space.distributions import number_of, plain

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = ["infer_space"]

_LOG_RANGE = 100  # positive numbers with this ratio of largest to smallest are taken as logarithmic
_MOST_TEXTS = 50  # a parameter with more different texts is a name, not a choice


def infer_space(
    configs: Sequence[Mapping[str, object]], *, choices: Collection[str] = ()
) -> dict[str, BaseDistribution]:
    """Infer a search space of Optuna that contains all given configurations.

    Whole numbers become an `IntDistribution` and other numbers a `FloatDistribution` from the smallest to the largest
    value; logarithmic where all values are positive and the largest is at least 100 times the smallest. Booleans,
    texts, and mixtures become a `CategoricalDistribution` of the values, in the order in which they appear.

    Three kinds of names are left out: those whose value never changes, those with a value that is neither number,
    boolean nor text, and texts that name something (a network, a run) and are no choice. A text is taken as a name if
    it has more than 50 different values, or if more than half of its values are different. A name is still a parameter
    if some configurations lack it, or have None or NaN for it.

    Args:
        configs: the configurations, with Python or NumPy values.
        choices: names that are known to be parameters: their texts are choices, however many there are.

    Returns:
        A distribution for each parameter name, in the order in which names appear; empty if nothing varies.

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
    """The distribution of these values, none of which is None; None if they are no parameter."""
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
