"""The `bandits` command: arguments in, rows out.

Exit codes: 0 done, 1 the run failed or was interrupted, 2 wrong usage. Errors go to stderr in one line.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from bandits import __version__
from bandits.cli.explain import explain
from bandits.cli.export import export
from bandits.cli.import_ import import_
from bandits.cli.listing import list_
from bandits.cli.output import say
from bandits.cli.predict import predict
from bandits.cli.record import record
from bandits.cli.run import run
from bandits.cli.what_if import what_if
from bandits.errors import BanditsError, JournalError

__all__ = ["command", "main"]

_FAILED, _USAGE = 1, 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="bandits")
def command() -> None:
    """Train many configurations under one budget; stop the ones that cannot win, early."""


for _each in (run, predict, record, list_, explain, export, import_, what_if):
    command.add_command(_each)


def main() -> NoReturn:
    """Run the command and exit with its code."""
    try:
        code = command.main(standalone_mode=False)
    except click.ClickException as error:
        say(error.format_message())
        code = _USAGE
    except click.Abort:
        say("interrupted")
        code = _FAILED
    except BanditsError as error:
        say(str(error))
        code = _USAGE if isinstance(error, ValueError | LookupError | ImportError | JournalError) else _FAILED
    sys.exit(code or 0)
