"""`bandits explain`: every verdict on one trial."""

from __future__ import annotations

import click

from bandits.cli.output import say, show

__all__ = ["explain"]


@click.command()
@click.argument("journal")
@click.argument("trial", type=int)
def explain(journal: str, trial: int) -> None:
    """Show every verdict on TRIAL in JOURNAL, with forecasts and reasons."""
    from bandits.report.story import story
    from bandits.runtime.journal import SqliteJournal

    with SqliteJournal.open(journal) as records:
        show(story(records, trial))
        for note in records.notes():
            say(note)
