"""Search spaces as JSON values, for journals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = ["space_from_json", "space_to_json"]


def space_to_json(space: Mapping[str, BaseDistribution]) -> dict[str, Any]:
    """The distributions as Optuna writes them, by parameter name, without those whose choices JSON cannot hold.

    Example:
        >>> from optuna.distributions import IntDistribution
        >>> space_to_json({"units": IntDistribution(8, 64)})["units"]["attributes"]
        {'log': False, 'step': 1, 'low': 8, 'high': 64}
    """
    if not space:
        return {}
    from optuna.distributions import distribution_to_json

    saved = {}
    for name, distribution in space.items():
        try:
            saved[name] = json.loads(distribution_to_json(distribution))
        except (TypeError, ValueError):  # a class among the choices, say
            continue
    return saved


def space_from_json(saved: object) -> dict[str, BaseDistribution]:
    """Read what `space_to_json` wrote; distributions that the installed Optuna does not know are left out."""
    if not isinstance(saved, Mapping) or not saved:
        return {}
    from optuna.distributions import json_to_distribution

    space = {}
    for name, one in saved.items():
        try:
            space[str(name)] = json_to_distribution(json.dumps(one))
        except Exception:  # noqa: S112 - damaged, or of a newer Optuna, which raises what it likes
            continue
    return space
