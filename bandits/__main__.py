"""`python -m bandits` is the `bandits` command."""

from __future__ import annotations

import sys
from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Load the command line and run it; an interrupt while it loads is no traceback either."""
    try:
        from bandits.cli import main as command_line
    except KeyboardInterrupt:
        sys.exit("bandits: interrupted")
    command_line()


if __name__ == "__main__":
    main()
