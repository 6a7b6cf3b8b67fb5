"""`bandits record`: train a random sample in full, as a table of learning curves."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import click
from rich.console import Console

from bandits.cli.options import objective_options, objective_spec_option, running_options
from bandits.cli.output import say, show
from bandits.report.live import LiveView
from bandits.report.terminal import recording_view
from bandits.runtime.journal import SqliteJournal
from bandits.spec import RunSpec
from bandits.tools.record import record as record_table

__all__ = ["record"]

_FAILED = 1


@click.command()
@objective_spec_option
@click.option("--trials", metavar="N", type=int, required=True, help="How many configurations.")
@click.option("--epochs", "max_epochs", metavar="T", type=int, help="Epochs of each. [default: the objective's]")
@click.option("--out", metavar="FILE.csv", required=True, help="Where the curves go; settings go to FILE.json.")
@objective_options
@running_options
@click.pass_context
def record(context: click.Context, /, out: str, journal: str | None, **options: Any) -> None:
    """Train random configurations in full, and write their learning curves as a table.

    The table can be replayed, --objective table:FILE.csv, warm-start a run, or be the test of a predictor. What was
    measured is in the file also when the recording is interrupted.
    """
    spec = RunSpec("random", **options)
    objective = spec.build_objective()
    with ExitStack() as stack:
        records = None if journal is None else stack.enter_context(SqliteJournal.create(journal))
        view = stack.enter_context(LiveView(Console(stderr=True)))
        recording = record_table(
            objective,
            out,
            trials=options["trials"],
            max_epochs=spec.max_epochs,
            seed=spec.seed,
            executor=spec.build_executor(objective),
            journal=records,
            watch=view,
        )
    show(recording_view(recording))
    if recording.result.interrupted:
        say(f"interrupted; what was measured is in {out}")
    context.exit(_FAILED if recording.result.interrupted else 0)
