"""`bandits import`: an Optuna study as a table of learning curves."""

from __future__ import annotations

from shlex import quote
from typing import Any

import click

from bandits.cli.output import show

__all__ = ["import_"]


@click.command("import")
@click.argument("study")
@click.option("--out", metavar="CURVES.csv", required=True, help="Where the curves go; a new file.")
@click.option("--goal", metavar="GOAL", help="maximize or minimize; needed if the source does not tell.")
@click.option(
    "--epochs", "longest", metavar="T", type=int, help="Leave later epochs out; in the unit of STUDY's own steps."
)
def import_(study: str, out: str, goal: Any, longest: int | None) -> None:
    """Write the curves of STUDY as a table: one row for each trial, one column for each epoch.

    STUDY is an Optuna storage (study.db, sqlite:///study.db, the file of a JournalStorage; with #NAME where it holds
    several studies), a journal, or any other source of --warm-start. The table is for --objective table:CURVES.csv,
    `bandits predict` and --warm-start.
    """
    from bandits.studies.writers import import_study  # takes half a second, which other commands need not wait for

    curves = import_study(study, out, goal=goal, longest=longest)
    way = f"{curves.metric.name}, {curves.metric.goal}"
    complete = f"{curves.complete:,} of them complete"
    show(f"wrote  {curves.path}: {curves.rows:,} curves ({way}) of up to {curves.epochs:,} epochs, {complete}")
    for sentence in curves.account.sentences():
        show(f"note   {sentence}")
    predicted, replayed = quote(str(curves.path)), quote(f"table:{curves.path}")
    show(f"next   bandits predict {predicted}   or   bandits run random --objective {replayed}")
