"""`python -m bandits` is the `bandits` command: an interrupt shows no traceback, from the first import to the end."""

from __future__ import annotations

import sys
from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Load the command line and run it."""
    try:
        from bandits.cli import main as command_line

        command_line()
    except KeyboardInterrupt:
        sys.exit("bandits: interrupted")
    finally:
        from signal import SIG_DFL, SIGINT, signal

        signal(SIGINT, SIG_DFL)  # only the interpreter's end is left, which an interrupt may cut short


if __name__ == "__main__":
    main()
