"""`bandits run`: train configurations under one budget."""

from __future__ import annotations

from typing import Any

import click

from bandits.cli.completion import names_of
from bandits.cli.grouped_help import GroupedCommand, in_group
from bandits.cli.options import (
    objective_option,
    objective_options,
    predictor_option,
    rule_options,
    running_options,
    with_set,
)
from bandits.cli.short_forms import given_settings, setting_options

__all__ = ["run"]

_USUAL_ALGORITHM = "freeze-thaw"


@click.command(cls=GroupedCommand)
@click.argument("algorithm", default=_USUAL_ALGORITHM, shell_complete=names_of("algorithms"))
@predictor_option(
    None,
    "Forecasts learning curves, to drop arms early or, with freeze-thaw, to choose who trains; see `bandits list"
    " predictors`. [default: curve-process for freeze-thaw, else none]",
)
@click.option(
    "--sampler",
    metavar="NAME",
    shell_complete=names_of("samplers"),
    help="Chooses the configurations; see `bandits list samplers`. [default: random, or the algorithm's own]",
)
@objective_option
@click.option("--max-epochs", metavar="R", type=int, help="Longest training of one arm. [default: the objective's]")
@click.option(
    "--budget",
    metavar="B",
    help="What the run may spend: full trainings (20), or epochs (1600epochs). Loops go on until it is spent, and no"
    " stretch is begun that cannot be finished. [default: 20 for freeze-thaw, else no limit]",
)
@click.option(
    "--warm-start",
    metavar="SOURCE",
    multiple=True,
    help="An earlier study whose curves the predictor starts with: table:NAME, a .csv file, a journal, or an Optuna"
    " storage (file or URL, with #STUDY where it holds several). Repeatable.",
)
@in_group(
    "Settings of the algorithm",
    *setting_options(
        "algorithms",
        "--trials N",
        "--eta N",
        "--loops N",
        "--kappa K",
        "--sizes FORM",
        "--look-ahead",
        "--burn-in N",
        "--min-epochs N",
        "--percentile P",
        "--warm-up N",
        "--min-arms N",
        "--interval N",
        "--k N",
        "--first-epochs N",
        notes={
            "--trials": "[default: one bracket's for halving, asha and pasha; else all rows of a table, or 100]",
            "--min-epochs": "No forecast drops an arm earlier, unless --from-epoch allows it. [default: 1]",
        },
    ),
)
@rule_options
@in_group(
    "Settings of the sampler of metaqnn",
    *setting_options(
        "samplers",
        "--epsilon STAGES",
        "--q-learning-rate A learning_rate",
        "--discount G",
        "--initial-value Q",
        "--replay N",
        notes={"--epsilon": "[default: the paper's, scaled to --trials]"},
    ),
)
@objective_options
@running_options
@in_group("Running", click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."))
@click.pass_context
def run(
    context: click.Context,
    /,
    algorithm: str,
    objective: str,
    max_epochs: int | None,
    assignments: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> None:
    """Run ALGORITHM (see `bandits list algorithms`); without one, freeze-thaw.

    Settings may follow the names of ALGORITHM, --predictor, --rule, --sampler and --objective, as in
    hyperband:eta=4,loops=2 or srm:min_curves=20. `bandits list algorithms hyperband` shows the settings of hyperband.
    Many options are short forms of such settings.
    """
    from bandits.cli.running import run_and_show  # it takes a second to load, which `--help` need not wait for

    short = given_settings(context.command, options)
    with_set(assignments, short["objectives"])
    asked: dict[str, Any] = {**options, "algorithm": algorithm, "objective": objective, "max_epochs": max_epochs}
    context.exit(run_and_show(short, quiet=as_json, **asked))
