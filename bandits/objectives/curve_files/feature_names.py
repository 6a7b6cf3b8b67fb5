"""Names of columns that hold features of another column: `has momentum`, `optimizer=adam`."""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["belongs_to", "is_a_feature_of_another"]


def belongs_to(feature: str, name: str) -> bool:
    """Whether a feature has a name of a parameter's features.

    Example:
        >>> belongs_to("has momentum", "momentum"), belongs_to("optimizer=adam", "optimizer"), belongs_to("lr", "l")
        (True, True, False)
    """
    return feature in (name, f"has {name}") or feature.startswith(f"{name}=")


def is_a_feature_of_another(column: str, names: Collection[str]) -> bool:
    """Whether a column has the name of a feature of another column among `names`."""
    places = (place for place, letter in enumerate(column) if letter == "=")
    return (column.removeprefix("has ") != column and column[4:] in names) or any(column[:p] in names for p in places)
