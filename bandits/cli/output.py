"""What commands print: rows and JSON on standard output, one line of trouble on stderr."""

from __future__ import annotations

import click
from rich.console import Console, RenderableType

__all__ = ["say", "show", "stdout"]

_WIDTH_OF_FILES = 160


def show(shown: RenderableType) -> None:
    """JSON as it is; everything else laid out for the terminal."""
    if isinstance(shown, str):
        click.echo(shown)
    else:
        stdout().print(shown)


def stdout() -> Console:
    """Standard output; wide where it is no terminal, so that a file or a pipe gets whole lines."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDTH_OF_FILES)


def say(message: str) -> None:
    """One line on stderr."""
    click.echo(f"bandits: {' '.join(message.split())}", err=True)
