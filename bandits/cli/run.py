"""`bandits run`: spend epochs on configurations."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any

import click
from rich.console import Console

from bandits.cli.assembly import AskedRun, Training, assemble, training
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
from bandits.cli.output import say, show
from bandits.cli.short_forms import given_settings, setting_options
from bandits.config import choose
from bandits.report.live import LiveView
from bandits.report.summary import Summary
from bandits.report.terminal import summary_view
from bandits.runtime.executor_choice import executor_for
from bandits.runtime.journal import SqliteJournal
from bandits.runtime.loop import run as run_loop
from bandits.runtime.result import Result
from bandits.samplers.q_learning import QLearning

__all__ = ["run"]

_FAILED = 1


@click.command(cls=GroupedCommand)
@click.argument("algorithm", shell_complete=names_of("algorithms"))
@predictor_option(None, "Forecasts learning curves, to drop arms early; see `bandits list predictors`.")
@click.option(
    "--sampler",
    metavar="NAME",
    shell_complete=names_of("samplers"),
    help="Chooses the configurations; see `bandits list samplers`. [default: random, or the algorithm's own]",
)
@objective_option
@click.option("--max-epochs", metavar="R", type=int, help="Longest training of one arm. [default: the objective's]")
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
            "--min-epochs": "Forecasts may drop an arm before: see --from-epoch. [default: 1]",
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
    """Run ALGORITHM (see `bandits list algorithms`).

    ALGORITHM, and what --predictor, --rule, --sampler and --objective name, may be followed by settings, such as
    hyperband:eta=4,loops=2 or srm:min_curves=20. `bandits list algorithms hyperband` shows which there are. Options
    are short forms of the settings that are used most.
    """
    short = given_settings(context.command, options)
    with_set(assignments, short["objectives"])
    chosen = choose("algorithms", algorithm, short["algorithms"])
    longest = chosen.settings.get("max_epochs", max_epochs)
    trained = training(objective, short, longest, chosen.entry.objective)
    asked = assemble(
        chosen,
        trained.objective,
        short,
        max_epochs=max_epochs,
        **{name: options[name] for name in ("predictor", "rule", "sampler", "warm_start", "seed")},
    )
    executor = executor_for(
        trained.objective,
        options["workers"],
        order="fixed" if options["fixed_order"] else "arrival",
        checkpoints=options["checkpoints"],
        threads=trained.threads,
    )
    journal: str | None = options["journal"]
    with ExitStack() as stack:
        records = None if journal is None else stack.enter_context(SqliteJournal.create(journal))
        view = None if as_json else stack.enter_context(LiveView(Console(stderr=True)))
        sampler = asked.sampler()
        result = run_loop(
            asked.scheduler,
            trained.objective,
            sampler=sampler,
            seed=options["seed"],
            executor=executor,
            journal=records,
            watch=view,
        )
        stages = sampler.stages() if isinstance(sampler, QLearning) else ()
        baseline = _baseline(asked, trained, result)
        notes = trained.objective.notes
        summary = Summary(objective, options["predictor"], result, baseline, stages, asked.sampler_name, notes)
        shown = json.dumps(summary.as_json(), indent=2, default=_plain) if as_json else summary_view(summary)
    show(shown)
    if result.interrupted:
        say("interrupted; what was measured is above" + ("" if journal is None else f" and in {journal}"))
    elif result.best is None:
        say(f"the run failed: none of {len(result.trials)} trials reached the end of a rung{_last_reason(result)}")
    context.exit(_FAILED if result.interrupted or result.best is None else 0)


def _baseline(asked: AskedRun, trained: Training, result: Result) -> Result | None:
    """The same run without its predictor, where a replay makes that possible."""
    if not trained.objective.virtual_time or result.interrupted:
        return None
    if asked.scheduler.stopper is None:
        return result
    plain = asked.scheduler.fresh(stopper=None)
    return run_loop(plain, trained.objective, sampler=asked.sampler(), seed=result.seed, workers=result.workers)


def _last_reason(result: Result) -> str:
    reason = next(reversed(result.reasons.values()), "")
    return f"; the last one: {reason}" if reason else ""


def _plain(value: object) -> object:
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)
