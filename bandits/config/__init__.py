"""Names and settings as text, `NAME:key=value,...`, and the objects that they stand for.

A setting is declared once, in the signature of its constructor: its type, its default, and its meaning (in the
docstring's section "Args") are read from there, by the command line as well.
"""

from bandits.config.building import build
from bandits.config.choice import Choice, choose, entry_settings
from bandits.config.description import Description, Quoted, parse, write
from bandits.config.objectives import DEFAULT_OBJECTIVE, build_objective, choose_objective
from bandits.config.rebuilding import rebuild, rebuild_stopper
from bandits.config.signature import Setting, settings_of
from bandits.config.values import text_of

__all__ = [
    "DEFAULT_OBJECTIVE",
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
