"""The first lines of a report: facts, each with its name before it."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

__all__ = ["facts_table"]


def facts_table(facts: Iterable[tuple[str, str]]) -> Table:
    """A table without a frame.

    Args:
        facts: names and texts; an empty name goes on with the fact before.
    """
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for name, text in facts:
        table.add_row(name, Text(text))
    return table
