"""`bandits record`: train random configurations in full, and write a table of learning curves."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import click

from bandits.cli.grouped_help import GroupedCommand
from bandits.cli.options import objective_option, objective_options, running_options, with_set
from bandits.cli.output import say, show, stderr
from bandits.cli.short_forms import given_settings

__all__ = ["record"]

_FAILED = 1


@click.command(cls=GroupedCommand)
@objective_option
@click.option("--trials", metavar="N", type=int, required=True, help="How many configurations.")
@click.option("--epochs", "max_epochs", metavar="T", type=int, help="Epochs of each. [default: the objective's]")
@click.option("--out", metavar="FILE.csv", required=True, help="File for the curves; settings go to FILE.json.")
@objective_options
@running_options
@click.pass_context
def record(
    context: click.Context,
    /,
    objective: str,
    trials: int,
    max_epochs: int | None,
    out: str,
    assignments: tuple[str, ...],
    **options: Any,
) -> None:
    """Train random configurations in full, and write their learning curves as a table.

    The table can be replayed (--objective table:FILE.csv), can warm-start a run, and can test a predictor. If the
    recording is interrupted, the file holds what was measured until then.
    """
    # These take a second to load, which `--help` need not wait for.
    from bandits.cli.assembly import training
    from bandits.report.live import LiveView
    from bandits.runtime.journal import SqliteJournal
    from bandits.tools.record import record as record_table
    from bandits.tools.record.report import recording_view

    short = given_settings(context.command, options)
    with_set(assignments, short["objectives"])
    trained = training(objective, short, max_epochs)
    executor = trained.executor(
        options["workers"], fixed_order=options["fixed_order"], checkpoints=options["checkpoints"]
    )
    journal: str | None = options["journal"]
    with ExitStack() as stack:
        records = None if journal is None else stack.enter_context(SqliteJournal.create(journal))
        view = stack.enter_context(LiveView(stderr()))
        recording = record_table(
            trained.objective,
            out,
            trials=trials,
            max_epochs=max_epochs,
            seed=options["seed"],
            executor=executor,
            journal=records,
            watch=view,
        )
    show(recording_view(recording))
    if recording.result.interrupted:
        say(f"interrupted; what was measured is in {out}")
    context.exit(_FAILED if recording.result.interrupted else 0)
