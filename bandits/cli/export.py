"""`bandits export`: a journal as an Optuna study."""

from __future__ import annotations

from collections import Counter
from shlex import quote

import click

from bandits.cli.output import show
from bandits.cli.progress import progress

__all__ = ["export"]


@click.command()
@click.argument("journal")
@click.option(
    "--optuna",
    "storage",
    metavar="URL",
    required=True,
    help="Where the study goes: sqlite:///study.db, postgresql://..., or a file, study.db or study.log.",
)
@click.option("--study", "name", metavar="NAME", help="Its name. [default: the journal's, without its ending]")
@click.option("--replace", is_flag=True, help="Delete an earlier export of that name first.")
def export(journal: str, storage: str, name: str | None, replace: bool) -> None:
    """Write JOURNAL as an Optuna study, for optuna-dashboard and optuna.visualization.

    The run may still go on: export it again, with --replace, to see more.
    """
    import optuna  # takes half a second, which other commands need not wait for

    from bandits.studies.readers.recorded_run import read_run
    from bandits.studies.writers import export_journal
    from bandits.studies.writers.storages import shown_address

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with progress("writing", "trials") as watch:
        study = export_journal(journal, storage, name=name, replace=replace, watch=watch)
    trials = study.get_trials(deepcopy=False)
    states = Counter(trial.state.name for trial in trials)
    epochs = sum(len(trial.intermediate_values) for trial in trials)
    counted = ", ".join(f"{count:,} {state}" for state, count in states.most_common())
    address = shown_address(storage)
    show(f"wrote  study {study.study_name!r} in {address}: {len(trials):,} trials ({counted}), {epochs:,} epochs")
    for note in read_run(journal).notes:
        show(f"note   {note}")
    show(f"look   optuna-dashboard {quote(address)}")
