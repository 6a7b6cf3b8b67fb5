"""`bandits what-if`: what early stopping would have saved in a search that is over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from bandits.cli.grouped_help import GroupedCommand
from bandits.cli.options import predictor_option, rule_options
from bandits.cli.output import show
from bandits.cli.progress import progress
from bandits.cli.short_forms import given_settings
from bandits.errors import SettingError
from bandits.errors.checks import check_choice

if TYPE_CHECKING:
    from bandits.studies.study import Study

__all__ = ["what_if"]


@click.command("what-if", cls=GroupedCommand)
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@predictor_option("srm", "See `bandits list predictors`.")
@click.option(
    "--top", metavar="N", type=int, default=5, show_default=True, help="How many of the best trials the report follows."
)
@click.option(
    "--max-epochs", metavar="T", type=int, help="Epochs of a full training. [default: the longest completed curve]"
)
@click.option(
    "--orders", metavar="N", type=int, default=20, show_default=True, help="How many random orders to replay as well."
)
@click.option("--goal", metavar="GOAL", help="maximize or minimize; needed if the source does not tell.")
@click.option("--seed", metavar="N", type=int, default=0, show_default=True, help="Seed of all random choices.")
@click.option(
    "--plot", metavar="FILE", help="Draw the curves, and mark the epochs that would be saved: .png, .svg or .pdf."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@rule_options
@click.pass_context
def what_if(
    context: click.Context,
    /,
    sources: tuple[str, ...],
    predictor: str,
    rule: str | None,
    goal: str | None,
    plot: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Replay finished trials: how many epochs would early stopping have saved, and which good trials lost?

    SOURCE is an Optuna storage (a file, or a URL, with #STUDY where it holds several), a journal of `bandits run`, a
    table of curves (.csv, or table:NAME), or the csv that TensorBoard (a file a run, or a folder of them), Weights &
    Biases (a chart) or MLflow (run, step, value) exports, with #METRIC where it holds several.
    """
    from bandits.cli.assembly import chosen_rule
    from bandits.config import build
    from bandits.studies import read_studies
    from bandits.tools.plots.files import IMAGES, check_plot_file
    from bandits.tools.what_if import what_if as replay_study  # it loads Optuna, which takes half a second
    from bandits.tools.what_if.plot import save_plot
    from bandits.tools.what_if.report import WhatIfReport, what_if_view

    if plot is not None:
        check_plot_file(plot, IMAGES)
    check_choice("goal", goal, ("maximize", "minimize"), or_none=True)
    short = given_settings(context.command, options)
    judging = chosen_rule(rule, short).build()
    forecasting = build("predictors", predictor)
    study = _reported(read_studies(sources, goal=goal, argument="`SOURCE`"), goal)  # type: ignore[arg-type]  # checked
    with progress("replaying", "trials") as watch:
        answer = replay_study(study, forecasting, judging, **options, watch=watch)
    report = WhatIfReport(predictor, answer)
    if plot is not None:
        save_plot(answer, plot)
    show(json.dumps(report.as_json(), indent=2, allow_nan=False) if as_json else what_if_view(report))


def _reported(study: Study, goal: str | None) -> Study:
    """Check that a study holds reports, and that its goal is the given one."""
    metric = study.returned or study.metric
    if goal not in (None, metric.goal):
        raise SettingError.broken("`goal`", f"must be {metric.goal!r} or left out, as {study.source} says", goal)
    if not any(len(trial.reports) for trial in study.trials):
        rule = "must hold a trial that reported values (trial.report in Optuna) during training"
        raise SettingError.broken("`SOURCE`", rule, study.source)
    return study
