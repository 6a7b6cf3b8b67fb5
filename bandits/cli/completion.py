"""Shell completion of names."""

from __future__ import annotations

from collections.abc import Callable

import click
from click.shell_completion import CompletionItem

from bandits.cli.built_in_objectives import built_in_objectives
from bandits.config import registry
from bandits.config.entry import Kind

__all__ = ["complete_objectives", "names_of"]

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def names_of(kind: Kind) -> Completer:
    """Complete the names of a kind, each with its purpose."""

    def complete(ctx: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
        del ctx, parameter
        entries = registry.entries(kind)
        return [CompletionItem(entry.name, help=entry.purpose) for entry in entries if entry.name.startswith(begun)]

    return complete


def complete_objectives(ctx: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Complete what `bandits list objectives` shows: kinds, and the tables and data sets of the built-in ones."""
    del ctx, parameter
    named = [*built_in_objectives(), *((f"{name}:", "") for name in registry.names("objectives"))]
    return [CompletionItem(name, help=purpose) for name, purpose in named if name.startswith(begun)]
