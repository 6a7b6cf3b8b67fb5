"""What a name stands for: a class by its address, and what a list says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import Any, Literal

from bandits.errors import SettingError, described

__all__ = ["KINDS", "Entry", "Kind"]

Kind = Literal["algorithms", "predictors", "rules", "objectives", "samplers"]
KINDS: tuple[Kind, ...] = ("algorithms", "predictors", "rules", "objectives", "samplers")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a name stands for: an algorithm, a predictor, a rule, an objective or a sampler.

    Args:
        name: its name on the command line.
        target: "module:attribute".
        purpose: what it is for, in a line.
        arguments: fixed arguments of the target.
        plugin: the distribution that it comes from; empty for a built-in.
        needs: what a predictor needs before it forecasts; empty for plug-ins and for other kinds.
        cost: its CPU time in words; likewise.
        when: when to choose it; likewise.
        aliases: other names for it.
        sampler: name of the sampler that an algorithm requires; empty if any sampler fits.
        predictor: name of the default predictor of an algorithm that forecasts itself, or of a rule; empty if it drops
            arms by a stopper's forecasts, or by none, and if a rule takes any predictor.
        rule: name of the default rule of an algorithm; empty for the general default.
        objective: default settings that an algorithm gives to objectives.
        options: "module:attribute" of the class to which the target passes settings on; the target receives these
            settings as `options`.
    """

    name: str
    target: str
    purpose: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    plugin: str = ""
    needs: str = ""
    cost: str = ""
    when: str = ""
    aliases: tuple[str, ...] = ()
    sampler: str = ""
    predictor: str = ""
    rule: str = ""
    objective: Mapping[str, Any] = field(default_factory=dict)
    options: str = ""

    def load(self) -> Callable[..., Any]:
        """Import the target, and fix the arguments of this entry.

        Raises:
            SettingError: it is a plug-in that cannot be imported.
        """
        target = self.load_target()
        return partial(target, **self.arguments) if self.arguments else target

    def load_target(self) -> Callable[..., Any]:
        """Import the target itself; see `load`."""
        try:
            return _imported(self.target)
        except Exception as error:
            if not self.plugin:
                raise
            rule = f"must be importable, but {self.target} raised {described(error)}"
            raise SettingError(f"plug-in {self.name} from {self.plugin} {rule}") from error

    def load_options(self) -> Callable[..., Any]:
        """Import the class to which the target passes settings on."""
        return _imported(self.options)


def _imported(target: str) -> Callable[..., Any]:
    module, _, attribute = target.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), attribute)
    return found
