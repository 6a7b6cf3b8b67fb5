"""Build objects from names and settings in text, `NAME:key=value,...`.

A setting is declared once, in the signature of its constructor: its type, its default, and its meaning (in the
docstring's section "Args") are read from there, by the command line as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bandits.config.choice import Choice, choose, entry_settings
from bandits.config.description import Description, Quoted, parse, write
from bandits.config.signature import Setting, settings_of
from bandits.config.values import text_of
from bandits.lazy import lazily

if TYPE_CHECKING:
    from bandits.config.building import build
    from bandits.config.objectives import build_objective, choose_objective
    from bandits.config.rebuilding import rebuild, rebuild_stopper

__all__ = [
    "Choice",
    "Description",
    "Quoted",
    "Setting",
    "build",
    "build_objective",
    "choose",
    "choose_objective",
    "entry_settings",
    "parse",
    "rebuild",
    "rebuild_stopper",
    "settings_of",
    "text_of",
    "write",
]

_HOMES = {
    "build": "bandits.config.building",
    "build_objective": "bandits.config.objectives",
    "choose_objective": "bandits.config.objectives",
    "rebuild": "bandits.config.rebuilding",
    "rebuild_stopper": "bandits.config.rebuilding",
}

__getattr__ = lazily(__name__, _HOMES)
