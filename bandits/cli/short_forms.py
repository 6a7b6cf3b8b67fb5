"""Options that are short forms of one setting: `--eta 4` for `hyperband:eta=4`.

Constructors alone declare a setting's name, values, default and meaning. This file only lists which settings have an
option.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import click

from bandits.config import Setting, entry_settings, registry
from bandits.config.entry import KINDS, Kind

__all__ = ["SettingOption", "given_settings", "setting_options"]


class SettingOption(click.Option):
    """One setting as an option; its help comes from the constructors that have the setting.

    Args:
        words: the option's name, such as "--eta".
        kind: "algorithms", "rules", "samplers" or "objectives": what has the setting.
        setting: name of the setting; by default the option's.
        note: more text for the help, such as a default that the command chooses.
    """

    def __init__(self, words: list[str], *, kind: Kind, setting: str = "", note: str = "", **attributes: Any) -> None:
        super().__init__(words, default=None, **attributes)
        self.kind = kind
        self.setting = setting or str(self.name)
        self._note = note

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option, the meaning of its setting, what has this setting, and its default."""
        owners = dict(self._owners())
        if owners and self.help is None:
            setting = next(iter(owners.values()))
            all_names = [entry.name for entry in registry.entries(self.kind) if not entry.plugin]
            whose = "" if len(owners) == len(all_names) else f" ({', '.join(owners)})"
            note = self._note or _defaults(owners)
            self.help = f"{setting.meaning[:1].upper()}{setting.meaning[1:]}.{whose}{note and ' '}{note}"
        return super().get_help_record(ctx)

    def _owners(self) -> Iterator[tuple[str, Setting]]:
        for entry in registry.entries(self.kind):
            if not entry.plugin and not entry.options:
                setting = entry_settings(entry).get(self.setting)
                if setting is not None:
                    yield entry.name, setting


def _defaults(owners: Mapping[str, Setting]) -> str:
    """The most frequent default, and what has another one; empty if the default is None or False."""
    texts = {name: setting.default_text for name, setting in owners.items()}
    usual = next(iter(texts.values()))
    if usual in ("", "none", "false"):
        return ""
    others = "".join(f"; {text} for {name}" for name, text in texts.items() if text != usual)
    return f"[default: {usual}{others}]"


def setting_options(kind: Kind, *words: str, notes: Mapping[str, str] | None = None) -> list[Callable[[Any], Any]]:
    """Decorators for options of one kind.

    Args:
        kind: what has the settings; see `SettingOption`.
        words: each "--option METAVAR" or "--flag", or "--option METAVAR setting" where the names differ.
        notes: see `SettingOption`, by option.
    """
    options = []
    for text in words:
        option, metavar, setting = (*text.split(), "", "")[:3]
        shape: dict[str, Any] = {"metavar": metavar} if metavar else {"is_flag": True, "flag_value": "true"}
        note = (notes or {}).get(option, "")
        options.append(click.option(option, cls=SettingOption, kind=kind, setting=setting, note=note, **shape))
    return options


def given_settings(command: click.Command, values: dict[str, Any]) -> Mapping[Kind, dict[str, str]]:
    """Remove from a command's values the settings that were given as options, and return them.

    Args:
        command: whose options these are.
        values: by parameter; those of a `SettingOption` are removed.

    Returns:
        The text of each setting that was given, by kind and by the setting's name.
    """
    given: dict[Kind, dict[str, str]] = {kind: {} for kind in KINDS}
    for option in command.params:
        if isinstance(option, SettingOption):
            value = values.pop(str(option.name), None)
            if value is not None and value is not False:
                given[option.kind][option.setting] = "true" if value is True else str(value)
    return given
