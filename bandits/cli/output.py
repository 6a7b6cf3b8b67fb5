"""What commands print: rows and JSON on standard output, one line of trouble on stderr."""

from __future__ import annotations

import codecs
import io
import sys

import click
from rich.console import Console, RenderableType

__all__ = ["say", "show", "spell_out", "stdout"]

_WIDTH_OF_FILES = 160
_SPELLED = {"±": "+-", "…": "...", "–": "-", "—": "-", "×": "x", "≤": "<=", "≥": ">="}


def spell_out() -> None:
    """Let streams that cannot hold a character, such as ASCII ones, hold the nearest that they can."""

    def nearest(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeEncodeError)  # noqa: S101 - streams are written
        return "".join(_SPELLED.get(letter, "?") for letter in error.object[error.start : error.end]), error.end

    codecs.register_error("bandits-spelled", nearest)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="bandits-spelled")


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
