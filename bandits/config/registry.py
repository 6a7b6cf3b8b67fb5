"""Find what a name stands for: a built-in, or what a plug-in adds.

Plug-ins are entry points of the groups `bandits.algorithms`, `bandits.predictors`, `bandits.rules`,
`bandits.objectives` and `bandits.samplers`; a plug-in with the name of a built-in is ignored.

Names are compared without case, hyphens and underscores: "last-seen-value" equals "LastSeenValue". The name of a class
finds the first entry with that class.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from bandits.config.built_in import BUILT_IN
from bandits.config.entry import Entry, Kind
from bandits.errors import UnknownPlugin

__all__ = ["entries", "find", "has", "load", "names"]


def entries(kind: Kind) -> tuple[Entry, ...]:
    """Everything of a kind, built-ins first."""
    built_in = BUILT_IN[kind]
    taken = {_key(entry.name) for entry in built_in}
    plugins = (_from_entry_point(point) for point in sorted(entry_points(group=f"bandits.{kind}")))
    return (*built_in, *(plugin for plugin in plugins if _key(plugin.name) not in taken))


def names(kind: Kind) -> list[str]:
    """The names of a kind."""
    return [entry.name for entry in entries(kind)]


def has(kind: Kind, name: str) -> bool:
    """Whether something has that name."""
    return _found(kind, name) is not None


def find(kind: Kind, name: str) -> Entry:
    """Find the entry of a name.

    Raises:
        UnknownPlugin: there is none; the message lists the names.
    """
    entry = _found(kind, name)
    if entry is None:
        raise UnknownPlugin(kind.removesuffix("s"), name, names(kind))
    return entry


def _found(kind: Kind, name: str) -> Entry | None:
    """The entry with that name or alias; else the first whose class has that name."""
    key, all_entries = _key(name), entries(kind)
    by_name = (entry for entry in all_entries if key in map(_key, (entry.name, *entry.aliases)))
    by_class = (entry for entry in all_entries if key == _key(entry.target.rpartition(":")[2]))
    return next(by_name, None) or next(by_class, None)


def load(kind: Kind, name: str) -> Callable[..., Any]:
    """Import what a name stands for.

    Raises:
        UnknownPlugin: nothing has that name; the message lists the names.
    """
    return find(kind, name).load()


def _key(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


def _from_entry_point(point: EntryPoint) -> Entry:
    origin = "" if point.dist is None else point.dist.name
    return Entry(point.name, point.value, f"plug-in from {origin or 'an unknown distribution'}", plugin=origin or "?")
