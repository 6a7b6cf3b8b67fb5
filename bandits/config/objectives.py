"""Objectives by name: one of the registry, or one that the user wrote in a module or a file."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from bandits.config import registry
from bandits.config.choice import Choice, choose
from bandits.config.description import Description, Value, parse
from bandits.config.values import untyped
from bandits.errors import SettingError, UnknownPlugin, described
from bandits.objectives.base import Objective

__all__ = ["build_objective", "choose_objective"]


def build_objective(description: str | Description, **offered: Any) -> Objective:
    """Build an objective from its description; see `choose_objective` and `Choice.build`.

    Raises:
        SettingError, UnknownPlugin, MissingDependency: there is no such objective, or a setting is wrong.
    """
    chosen = choose_objective(description)
    objective: Objective = chosen.build(**offered) if isinstance(chosen, Choice) else chosen
    return objective


def choose_objective(description: str | Description, short: Mapping[str, Value] | None = None) -> Choice | Objective:
    """Find the objective of a description.

    Args:
        description: a name of the registry with its settings, such as "table:FILE.csv" or "cnn:digits,batch_size=64";
            or "module:attribute" or "file.py:attribute", where the attribute is an `Objective` or a function decorated
            with `bandits.objectives.objective`. Modules in the current folder come first.
        short: further settings; see `choose`.

    Returns:
        The chosen class and its settings; or the user's own objective, which has no settings.

    Raises:
        SettingError, UnknownPlugin, MissingDependency: there is no such objective, or a setting is wrong.
    """
    described = parse(description, "objective") if isinstance(description, str) else description
    name, argument = described.name, described.argument
    if registry.has("objectives", name):
        if argument is None and not described.settings and not short:
            raise _unknown(name)
        return choose("objectives", described, short)
    if not isinstance(argument, str):
        raise _unknown(name)
    for setting, text in {**described.settings, **(short or {})}.items():
        rule = f"must be left out for {name}:{argument}, whose settings are in its own code"
        raise SettingError.broken(f"`{setting}`", rule, untyped.read(text))
    return _attribute(_module(name, argument), name, argument)


def _unknown(spec: str) -> UnknownPlugin:
    known = (f"{name}:..." for name in registry.names("objectives"))
    return UnknownPlugin("objective", spec, [*known, "your_module:your_function", "your_file.py:your_function"])


def _module(name: str, argument: str) -> ModuleType:
    """Import a module, or a file by its path; worker processes import it by name from the same folder."""
    file = Path(name) if name.endswith(".py") else None
    if file is not None and not file.is_file():
        raise SettingError.broken("`objective`", "must name a Python file that exists", f"{name}:{argument}")
    folder = Path.cwd() if file is None else file.resolve().parent
    module = name if file is None else file.stem
    if file is not None and "." in module:
        raise SettingError.broken("`objective`", "must be in a file whose name has no dot except in .py", name)
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        found = import_module(module)
    except ModuleNotFoundError as error:
        if file is None and error.name == module.partition(".")[0]:
            raise _unknown(f"{name}:{argument}") from None
        raise _broken(name, error) from error
    except (Exception, SystemExit) as error:  # whatever the user's code raises
        raise _broken(name, error) from error
    origin = getattr(found, "__file__", None)
    if file is not None and (origin is None or Path(origin).resolve() != file.resolve()):
        rule = f"must be in a file with another name: {module!r} is already the module {origin or 'of Python'}"
        raise SettingError.broken("`objective`", rule, name)
    return found


def _broken(name: str, error: BaseException) -> SettingError:
    return SettingError(f"`objective` must be importable, but {name} raised {described(error)}")


def _attribute(module: ModuleType, name: str, attribute: str) -> Objective:
    if not hasattr(module, attribute):
        raise SettingError.broken("`objective`", f"must name an attribute of {name}", attribute)
    found = getattr(module, attribute)
    if not isinstance(found, Objective):
        rule = "must be an Objective; decorate a function with bandits.objectives.objective(space=..., metric=...)"
        raise SettingError.broken("`objective`", rule, found)
    return found
