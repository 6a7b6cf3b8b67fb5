"""Build an object from its name and settings in one call."""

from __future__ import annotations

from typing import Any

from bandits.config.choice import choose
from bandits.config.description import Description
from bandits.config.entry import Kind
from bandits.config.objectives import build_objective

__all__ = ["build"]


def build(kind: Kind, description: str | Description, /, **offered: Any) -> Any:
    """Build an object from its name and settings, as the command line does.

    Args:
        kind: "algorithms", "predictors", "rules", "samplers" or "objectives".
        description: "NAME" or "NAME:key=value,..."; see `bandits.config.description` for quotes and lists.
        offered: further arguments, as Python values. Each is used if the constructor has such an argument and the
            description does not give it.

    Raises:
        UnknownPlugin: nothing has that name; the message lists the names.
        SettingError: the description or a setting is wrong.
        MissingDependency: an optional library is not installed.

    Example:
        >>> build("predictors", "srm:min_curves=5,model=ridge").min_curves
        5
        >>> build("algorithms", "hyperband:eta=4", max_epochs=64).total_trials
        98
    """
    if kind == "objectives":
        return build_objective(description, **offered)
    return choose(kind, description).build(**offered)
