"""Which objective a command line means."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from bandits import registry
from bandits.errors import SettingError, UnknownPlugin
from bandits.objectives.base import Objective

__all__ = ["DEFAULT_OBJECTIVE", "ObjectiveSpec"]

DEFAULT_OBJECTIVE = "table:metaqnn_cifar10"


@dataclass(frozen=True, slots=True)
class ObjectiveSpec:
    """What trains, or is replayed. None stands for the objective's default.

    Args:
        objective: "table:NAME", "table:FILE.csv", "cnn:DATASET", "lstm:CORPUS", "NAME:ARGUMENT" of a plug-in, or
            "module:attribute", where the attribute is an Objective or a function made one by
            `bandits.objectives.objective`. The current folder is searched for the module first.
        max_epochs: T of a training that can be as long as one likes.
        goal: "maximize" or "minimize", for a file whose metric does not tell.
        space: name of the search space.
        device: "cpu", "cuda", "cuda:0,1" or "auto".
        data_dir: folder where data sets lie.
        threads: CPU threads of a training.
        restarts: how often a dead net begins anew.
        arguments: any others of the objective, as "name=value" each.
    """

    objective: str = DEFAULT_OBJECTIVE
    max_epochs: int | None = None
    goal: str | None = None
    space: str | None = None
    device: str | None = None
    data_dir: str | None = None
    threads: int | None = None
    restarts: int | None = None
    arguments: tuple[str, ...] = ()

    def build(self) -> Objective:
        """Find the objective that is meant.

        Raises:
            SettingError, UnknownPlugin: there is no such objective, or a setting is none of its own.
        """
        kind, colon, argument = self.objective.partition(":")
        kinds = registry.names("objectives")
        if kind in kinds and argument:
            make = registry.load("objectives", kind)
            objective: Objective = make(argument, **self._settings(kind, inspect.signature(make).parameters))
            return objective
        if not colon or not argument or kind in kinds:
            raise UnknownPlugin(
                "objective", self.objective, [*(f"{name}:..." for name in kinds), "your_module:your_function"]
            )
        self._settings(self.objective, {})
        return _imported(self.objective, kind, argument)

    def accepts(self, setting: str) -> bool:
        """Whether objectives of this kind have a setting of that name."""
        kind, _, argument = self.objective.partition(":")
        if kind not in registry.names("objectives") or not argument:
            return False
        return setting in inspect.signature(registry.load("objectives", kind)).parameters

    def _settings(self, kind: str, accepted: Mapping[str, object]) -> dict[str, Any]:
        """The settings that were given, all of which the objective must know; the length where it can be chosen."""
        given = {name: getattr(self, name) for name in ("goal", "space", "device", "data_dir", "threads", "restarts")}
        settings = {name: value for name, value in given.items() if value is not None}
        settings |= dict(_assignment(text) for text in self.arguments)
        for name, value in settings.items():
            if name not in accepted:
                raise SettingError.broken(f"`{name}`", f"must be left out for {kind}, which has no such setting", value)
        if self.max_epochs is not None and "max_epochs" in accepted:
            settings["max_epochs"] = self.max_epochs
        return settings


def _assignment(text: str) -> tuple[str, object]:
    """An argument as a command line gives it: a number where it reads as one, else text."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise SettingError.broken("`set`", "must be NAME=VALUE, such as batch_size=64", text)
    for read in (int, float):
        try:
            return name.strip(), read(value)
        except ValueError:
            pass
    return name.strip(), value.strip()


def _imported(spec: str, module_name: str, attribute: str) -> Objective:
    """Import an objective that the user wrote."""
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        known = [*(f"{name}:..." for name in registry.names("objectives")), "your_module:your_function"]
        if error.name != module_name.partition(".")[0]:
            raise
        raise UnknownPlugin("objective", spec, known) from None
    if not hasattr(module, attribute):
        raise SettingError.broken("objective", f"must name an attribute of {module_name}", attribute)
    objective = getattr(module, attribute)
    if not isinstance(objective, Objective):
        rule = "must be an Objective; decorate a function with bandits.objectives.objective(space=..., metric=...)"
        raise SettingError.broken("objective", rule, objective)
    return objective
