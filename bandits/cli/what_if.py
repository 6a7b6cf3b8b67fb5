"""`bandits what-if`: what early stopping would have saved in a search that is over."""

from __future__ import annotations

import json
import sys
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from bandits.cli.output import show
from bandits.curves import Goal
from bandits.spec.what_ifs import WhatIfSpec

__all__ = ["what_if"]


@click.command("what-if")
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.option("--predictor", metavar="NAME", default="srm", show_default=True, help="See `bandits list predictors`.")
@click.option(
    "--risk",
    metavar="P",
    type=float,
    default=0.1,
    show_default=True,
    help="Probability with which a trial that would end above the bar is dropped at some time.",
)
@click.option("--audit", metavar="P", type=float, default=0.02, show_default=True, help="Share that is never dropped.")
@click.option("--confidence", metavar="P", type=float, help="The rule of the paper instead of --risk and --audit.")
@click.option("--keep", metavar="N", type=int, default=1, show_default=True, help="Protect each of the n best trials.")
@click.option(
    "--margin", metavar="M", type=float, default=0.0, show_default=True, help="Protect what ends this close below."
)
@click.option("--top", metavar="N", type=int, default=5, show_default=True, help="How many of the best are followed.")
@click.option("--max-epochs", metavar="T", type=int, help="A full training. [default: the longest completed curve]")
@click.option("--orders", metavar="N", type=int, default=20, show_default=True, help="Random orders, replayed as well.")
@click.option("--goal", metavar="GOAL", help="maximize or minimize, for a source that does not tell.")
@click.option("--seed", metavar="N", type=int, default=0, show_default=True, help="Of everything random.")
@click.option(
    "--plot", metavar="FILE", help="Draw the curves, and what would not have been trained: .png, .svg or .pdf."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def what_if(
    *,
    sources: tuple[str, ...],
    predictor: str,
    goal: Goal | None,
    plot: str | None,
    as_json: bool,
    **settings: Any,
) -> None:
    """Replay finished runs: what would early stopping have saved, and what lost?

    SOURCE is an Optuna storage (a file, or a URL, with #STUDY where it holds several), a journal of `bandits run`, a
    table of curves (.csv, or table:NAME), or the csv that TensorBoard (a file a run, or a folder of them), Weights &
    Biases (a chart) or MLflow (run, step, value) exports, with #METRIC where it holds several.
    """
    from bandits.tools.what_if.plot import check_plot_file, save_plot  # these load Optuna, which takes half a second
    from bandits.tools.what_if.report import WhatIfReport, what_if_view

    if plot is not None:
        check_plot_file(plot)
    spec = WhatIfSpec(sources, predictor, goal, settings)
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("replaying", total=settings["orders"] + 1)
        answer = spec.ask(watch=lambda done: progress.update(task, completed=done))
    report = WhatIfReport(spec.predictor, answer)
    if plot is not None:
        save_plot(answer, plot)
    show(json.dumps(report.as_json(), indent=2, allow_nan=False) if as_json else what_if_view(report))
