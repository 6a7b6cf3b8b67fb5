"""How far a long command has come: a bar in a terminal, elsewhere a line every ten seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import Progress

from bandits.cli.output import say, stderr

__all__ = ["progress"]

_SECONDS = 10.0


@contextmanager
def progress(doing: str, things: str) -> Iterator[Callable[[int, int], None]]:
    """Show on stderr how much has been done; nothing of a bar remains.

    Args:
        doing: what is done, such as "replaying".
        things: what is counted, such as "trials".

    Yields:
        A function to call with how many are done, and how many there are.
    """
    if sys.stderr is not None and sys.stderr.isatty():
        with Progress(console=stderr(), transient=True) as bar:
            task = bar.add_task(doing)
            yield lambda done, total: bar.update(task, completed=done, total=total)
        return
    said = time.monotonic()

    def line(done: int, total: int) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said >= _SECONDS:
            said = now
            say(f"{doing}: {done:,} of {total:,} {things}")

    yield line
