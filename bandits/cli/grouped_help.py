"""Commands whose `--help` lists options in groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

__all__ = ["GroupedCommand", "in_group"]

_REST = "Options"


class GroupedCommand(click.Command):
    """A command whose help lists its options group by group, under the titles given to `in_group`."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one list of options for each group."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record is not None:
                groups.setdefault(getattr(parameter, "group", _REST), []).append(record)
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)


def in_group(title: str, *options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Join several options in one decorator; the help lists them under a title.

    Args:
        title: title of the group.
        options: decorators as `click.option` makes them.
    """

    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
            function.__click_params__[-1].group = title
        return function

    return decorate
