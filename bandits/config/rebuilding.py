"""Rebuild an object from its `settings()`, which journals store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bandits.config import registry
from bandits.config.choice import Choice, entry_settings
from bandits.config.description import Quoted
from bandits.config.entry import Kind
from bandits.errors import SettingError
from bandits.stopping import EarlyStopper
from bandits.stopping.rule_choice import rule_with

__all__ = ["rebuild", "rebuild_stopper"]


def rebuild(kind: Kind, name: str, settings: Mapping[str, Any], **offered: Any) -> Any:
    """Build an object that equals the one which gave these settings.

    Args:
        kind: as for `bandits.config.build`.
        name: its name in the registry, or the name of its class.
        settings: what its `settings()` returned, possibly read back from JSON.
        offered: arguments that are not among settings, such as an objective's `space` or a scheduler's `stopper`; each
            is used if the constructor has such an argument.

    Raises:
        UnknownPlugin: nothing has that name.
        SettingError: a setting is wrong.

    Example:
        >>> from bandits.predictors import SRM
        >>> rebuild("predictors", "SRM", SRM("ridge", min_curves=5).settings()) == SRM("ridge", min_curves=5)
        True
    """
    entry = registry.find(kind, name)
    known = entry_settings(entry)

    def restored(setting: str, value: Any) -> Any:
        if setting == "predictor" and isinstance(value, Mapping):
            return rebuild("predictors", value["name"], value["settings"])
        kind_of_value = known[setting].kind if setting in known else None
        if isinstance(value, str) and kind_of_value is not None:
            return kind_of_value.value(Quoted(value), f"`{setting}` of {entry.name}")
        return tuple(value) if isinstance(value, list) else value

    chosen = Choice(entry)
    own = {key: value for key, value in settings.items() if key != "sampler" or chosen.accepts(key)}  # its own name
    return Choice(entry, {key: restored(key, value) for key, value in own.items()}).build(**offered)


def rebuild_stopper(settings: Mapping[str, Any], **offered: Any) -> EarlyStopper:
    """Build the stopper that gave these settings; settings of old journals are read as well.

    Args:
        settings: what `EarlyStopper.settings` returned.
        offered: `earlier`, if the stopper had curves of earlier studies: they are not among its settings.

    Raises:
        UnknownPlugin, SettingError: a predictor or rule has no such name or setting; or earlier curves are missing.
    """
    if "earlier" in settings and "earlier" not in offered:
        raise SettingError.broken("`earlier`", "must be given, since settings hold no curves", settings["earlier"])
    predictor = rebuild("predictors", settings["predictor"], settings.get("predictor_settings", {}))
    name = settings.get("rule_name") or rule_with(settings["rule"]).__name__
    rule = rebuild("rules", name, settings["rule"])
    rest = {key: settings[key] for key in ("refit_growth", "scratch_growth", "seed") if key in settings}
    return EarlyStopper(predictor, rule, **rest, **offered)
