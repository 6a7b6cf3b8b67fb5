"""The `bandits` command: arguments in, rows out.

Exit codes: 0 done, 1 the run failed or was interrupted, 2 wrong usage. Errors go to stderr in one line; where it is an
error of this library, the variable BANDITS_TRACEBACK=1 shows where it happened.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import NoReturn

import click

from bandits import __version__
from bandits.cli.output import abandon_output, flush_output, say, spell_out
from bandits.errors import BanditsError, JournalError, described, shown

__all__ = ["command", "main"]

_FAILED, _USAGE = 1, 2
_COMMANDS: Mapping[str, str] = {
    "run": "bandits.cli.run:run",
    "record": "bandits.cli.record:record",
    "predict": "bandits.cli.predict:predict",
    "list": "bandits.cli.listing:list_",
    "explain": "bandits.cli.explain:explain",
    "export": "bandits.cli.export:export",
    "import": "bandits.cli.import_:import_",
    "what-if": "bandits.cli.what_if:what_if",
}


class _Commands(click.Group):
    """Commands that are imported only when they are used, so that none waits for the libraries of another."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands, in alphabetical order."""
        del ctx
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None if there is none of that name."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[cmd_name].partition(":")
        found: click.Command = getattr(import_module(module), attribute)
        return found


@click.group(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="bandits")
@click.pass_context
def command(context: click.Context) -> None:
    """Train many configurations under one budget; stop the ones that cannot win, early."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main() -> NoReturn:
    """Run the command and exit with its code."""
    spell_out()
    try:
        code = command.main(standalone_mode=False)
        flush_output()
    except click.ClickException as error:
        say(error.format_message())
        code = _USAGE
    except (click.Abort, KeyboardInterrupt):
        say("interrupted")
        code = _FAILED
    except BanditsError as error:
        say(str(error))
        code = _USAGE if isinstance(error, ValueError | LookupError | ImportError | JournalError) else _FAILED
    except BrokenPipeError:  # who read the output has read enough, as in `bandits list | head -1`
        abandon_output()
        code = _FAILED
    except OSError as error:  # a name that is too long, a folder without permission, a full disk
        name = "the output" if error.filename is None else f"file {shown(error.filename)}"
        abandon_output()
        say(f"{name} cannot be used: {error.strerror or error}")
        code = _FAILED
    except Exception as error:
        if os.environ.get("BANDITS_TRACEBACK"):
            raise
        say(f"internal error: {described(error)} (BANDITS_TRACEBACK=1 shows where)")
        code = _FAILED
    sys.exit(code or 0)
