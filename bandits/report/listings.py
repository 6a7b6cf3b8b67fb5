"""What can be asked for by name, as `bandits list` shows it."""

from __future__ import annotations

from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from bandits.registry import Entry

__all__ = ["listing", "predictor_listing"]


def listing(kind: str, rows: Iterable[tuple[str, str]]) -> Table:
    """Names with a line on what each is for."""
    table = Table(title=kind, title_justify="left", title_style="bold", box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column()
    for name, purpose in rows:
        table.add_row(escape(name), escape(purpose))
    return table


def predictor_listing(entries: Iterable[Entry]) -> Table:
    """Predictors with what each is, needs and costs, and when to pick it; plug-ins say what they are."""
    table = Table(
        title="predictors", title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False, show_edge=False
    )
    table.add_column("name", no_wrap=True)
    for column in ("what it is", "needs", "costs", "pick it"):
        table.add_column(column)
    for entry in entries:
        table.add_row(*(escape(cell) for cell in (entry.name, entry.purpose, entry.needs, entry.cost, entry.when)))
    return table
