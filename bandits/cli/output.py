"""What commands print: rows and JSON on standard output, one line of trouble on stderr."""

from __future__ import annotations

import codecs
import io
import os
import sys
from contextlib import suppress
from typing import Any

import click
from rich.console import Console, RenderableType

__all__ = ["abandon_output", "flush_output", "say", "show", "spell_out", "stderr"]

_WIDTH_OF_FILES = 160
_PLAIN: dict[str, Any] = {"highlight": False, "markup": False, "emoji": False}  # names may hold [/b] and :x:
_SPELLED = {"±": "+-", "…": "...", "–": "-", "—": "-", "×": "x", "≤": "<=", "≥": ">="}


def spell_out() -> None:
    """Replace characters that a stream, such as an ASCII one, cannot hold by similar ones, or by their number."""

    def nearest(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeEncodeError)  # noqa: S101 - streams are written
        missing = error.object[error.start : error.end]
        return "".join(_SPELLED.get(each) or ascii(each)[1:-1] for each in missing), error.end

    codecs.register_error("bandits-spelled", nearest)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="bandits-spelled")


def show(shown: RenderableType, *, soft_wrap: bool = False) -> None:
    """Print JSON as it is, and everything else with the terminal's layout.

    Files and pipes get very wide lines, which are not broken, without blanks at their ends.

    Args:
        shown: what to print.
        soft_wrap: whether the terminal breaks long lines.
    """
    console = Console(**_PLAIN)
    if not isinstance(shown, str):
        if console.is_terminal:
            console.print(shown, soft_wrap=soft_wrap)
            return
        console = Console(**_PLAIN, width=_WIDTH_OF_FILES)
        with console.capture() as written:
            console.print(shown, soft_wrap=soft_wrap)
        shown = "\n".join(line.rstrip() for line in written.get().removesuffix("\n").split("\n"))
    click.echo(shown, file=sys.stdout)  # named, as click would write UTF-8 where a terminal takes ASCII alone


def stderr() -> Console:
    """Standard error, for progress."""
    return Console(**_PLAIN, stderr=True)


def say(message: str) -> None:
    """Print one line on stderr; nothing if it is closed."""
    with suppress(OSError):
        click.echo(f"bandits: {' '.join(message.split())}", file=sys.stderr)


def flush_output() -> None:
    """Write buffered output.

    Raises:
        OSError: it cannot be written, because the reader has gone or the disk is full.
    """
    if sys.stdout is not None:  # it is None if the shell has closed it
        sys.stdout.flush()


def abandon_output() -> None:
    """Discard buffered output, so that the interpreter does not try to write it when it ends."""
    with suppress(OSError, ValueError, AttributeError):  # a stream without a file, or none
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
