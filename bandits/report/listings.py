"""The lists of names that `bandits list` shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from bandits.config import Setting
from bandits.config.entry import Entry

__all__ = ["listing", "predictor_listing", "settings_listing"]


def listing(kind: str, rows: Iterable[tuple[str, str]]) -> Table:
    """Names, each with a line on its purpose."""
    table = Table(title=kind, title_justify="left", title_style="bold", box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column()
    for name, purpose in rows:
        table.add_row(name, purpose)
    return table


def predictor_listing(entries: Iterable[Entry]) -> Table:
    """Predictors: what each is, needs and costs, and when to choose it; of plug-ins only what they are."""
    table = Table(
        title="predictors", title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False, show_edge=False
    )
    table.add_column("name", no_wrap=True)
    for column in ("what it is", "needs", "costs", "pick it"):
        table.add_column(column)
    for entry in entries:
        table.add_row(entry.name, entry.purpose, entry.needs, entry.cost, entry.when)
    return table


def settings_listing(entry: Entry, settings: Iterable[Setting], filled: Mapping[str, str]) -> Group:
    """The settings of an entry: name, type, default and meaning. Settings that only Python can give are left out.

    Args:
        entry: whose settings they are.
        settings: the settings, in order.
        filled: what the command line gives for settings without a default, in words, by name.
    """
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("setting", no_wrap=True)
    for column in ("type", "default", "meaning"):
        table.add_column(column)
    alone = ""
    for setting in settings:
        if setting.kind is None:
            continue
        default = filled.get(setting.name, "(must be given)") if setting.required else setting.default_text
        table.add_row(setting.name, setting.kind.name, default, setting.meaning)
        alone = setting.name if setting.alone else alone
    short = f"; {entry.name}:VALUE stands for {entry.name}:{alone}=VALUE" if alone else ""
    return Group(Text(f"{entry.name}: {entry.purpose}"), Text(f"written {entry.name}:setting=value,...{short}"), table)
