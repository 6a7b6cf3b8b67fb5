"""A name with its settings: find the class, read the settings, build the object."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bandits.config import registry
from bandits.config.description import Description, Value, parse
from bandits.config.entry import Entry, Kind
from bandits.config.signature import Setting, settings_of
from bandits.config.values import untyped
from bandits.errors import BanditsError, SettingError, described, shown
from bandits.errors.checks import did_you_mean

__all__ = ["Choice", "choose", "entry_settings", "unknown_setting"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A class that was chosen by its name, with settings.

    Args:
        entry: the registry's entry of that name.
        settings: the values that were given, by the name of the setting.
    """

    entry: Entry
    settings: Mapping[str, Any] = field(default_factory=dict)

    def accepts(self, setting: str) -> bool:
        """Whether the class has a setting of that name."""
        return setting in inspect.signature(self.entry.load()).parameters

    def unless_given(self, **values: Any) -> Choice:
        """A copy with more settings: those that the class has and that were not given. None means no value."""
        new = {
            name: value
            for name, value in values.items()
            if value is not None and name not in self.settings and self.accepts(name)
        }
        return replace(self, settings={**new, **self.settings})

    def build(self, **offered: Any) -> Any:
        """Call the constructor.

        Args:
            offered: further arguments, such as `seed`. Each is used if the constructor has such an argument and it was
                not given.

        Raises:
            SettingError: a setting is missing or breaks its rule.
            MissingDependency: an optional library is not installed.
        """
        entry = self.entry
        make = entry.load()
        parameters = inspect.signature(make).parameters
        outer = {name: value for name, value in self.settings.items() if not entry.options or name in parameters}
        passed_on = {name: value for name, value in self.settings.items() if name not in outer}
        if passed_on:
            outer["options"] = passed_on
        outer = {**{name: value for name, value in offered.items() if name in parameters}, **outer}
        for parameter in parameters.values():
            named = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
            if named and parameter.default is parameter.empty and parameter.name not in outer:
                rule = f"must be given, as in {entry.name}:{parameter.name}=..."
                raise SettingError(f"`{parameter.name}` of {entry.name} {rule}")
        try:
            return make(**outer)
        except BanditsError:
            raise
        except (TypeError, ValueError, LookupError) as error:
            given = ", ".join(f"{name}={value!r}" for name, value in self.settings.items()) or "no setting"
            raise SettingError(f"{entry.name} cannot be made with {given}: {described(error)}") from error


def choose(kind: Kind, description: str | Description, short: Mapping[str, Value] | None = None) -> Choice:
    """Find the class of a name, and read its settings as values of the types that its signature declares.

    Args:
        kind: as for `bandits.config.build`.
        description: likewise.
        short: settings that were given otherwise, such as by options of a command; texts.

    Raises:
        UnknownPlugin: nothing has that name.
        SettingError: a setting is unknown, given twice, or of the wrong type.
    """
    described = parse(description, kind.removesuffix("s")) if isinstance(description, str) else description
    entry = registry.find(kind, described.name)
    known = entry_settings(entry)
    texts = dict(described.settings)
    if described.argument is not None:
        alone = next((setting.name for setting in known.values() if setting.alone), None)
        if alone is None:
            rule = f"must be given as key=value, since {entry.name} takes no argument without a name"
            raise SettingError(f"settings of {entry.name} {rule}, got {shown(described.argument)}")
        texts = {alone: described.argument, **_once(entry, texts, {alone: described.argument})}
    texts = {**texts, **_once(entry, short or {}, texts)}
    return Choice(entry, {name: _value(entry, known, name, text) for name, text in texts.items()})


def entry_settings(entry: Entry) -> dict[str, Setting]:
    """The settings of an entry: those of its constructor, and those that it passes on.

    Raises:
        MissingDependency, SettingError: the entry cannot be imported.
    """
    own = settings_of(entry.load_target(), without={"stopper", *entry.arguments})
    if not entry.options:
        return own
    handed_on = settings_of(entry.load_options(), without=own)
    return {**own, **{name: replace(setting, alone=False) for name, setting in handed_on.items()}}


def unknown_setting(entry: Entry, name: str, value: object) -> SettingError:
    """The error for a setting that the entry does not have."""
    own = [setting.name for setting in entry_settings(entry).values() if setting.kind is not None]
    listed = ", ".join(own) or "it has none"
    rule = f"must be a setting of {entry.name} ({listed})"
    return SettingError(f"`{name}` {rule}, got {shown(value)}{did_you_mean(name, own)}")


def _once(entry: Entry, new: Mapping[str, Value], before: Mapping[str, Value]) -> Mapping[str, Value]:
    for name, text in new.items():
        if name in before:
            raise SettingError.broken(f"`{name}` of {entry.name}", "must be given once", [str(before[name]), str(text)])
    return new


def _value(entry: Entry, known: Mapping[str, Setting], name: str, text: Value) -> Any:
    setting = known.get(name)
    if setting is None:
        raise unknown_setting(entry, name, untyped.read(text))
    if setting.kind is None:
        rule = "must be given in Python, since it cannot be written as text"
        raise SettingError.broken(f"`{name}` of {entry.name}", rule, text)
    return setting.kind.value(text, f"`{name}` of {entry.name}")
