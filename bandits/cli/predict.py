"""`bandits predict`: forecast how partial curves will end."""

from __future__ import annotations

import json
from typing import Any

import click

from bandits.cli.epochs import epoch_from
from bandits.cli.options import predictor_option
from bandits.cli.output import show
from bandits.errors.checks import check_number

__all__ = ["predict"]


@click.command()
@click.argument("curves")
@predictor_option("srm", "See `bandits list predictors`.")
@click.option(
    "--at",
    metavar="TAU",
    help="Cut rows after this epoch (or share of the horizon, such as 25%), and check the predictor on complete rows.",
)
@click.option("--horizon", metavar="T", type=int, help="The epoch to forecast. [default: the last column]")
@click.option(
    "--coverage",
    metavar="P",
    type=float,
    default=0.9,
    show_default=True,
    help="Probability that a row ends inside its interval.",
)
@click.option(
    "--check",
    metavar="N",
    type=int,
    default=200,
    show_default=True,
    help="How many complete rows, drawn at random, the check with --at forecasts; 0 for no check.",
)
@click.option("--goal", metavar="GOAL", help="maximize or minimize; needed if the metric's name does not tell.")
@click.option("--seed", metavar="N", type=int, default=0, show_default=True, help="Seed of all random choices.")
@click.option("--plot", metavar="FILE", help="Draw curves, forecasts and intervals: .html, .png, .svg or .pdf.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def predict(
    *,
    curves: str,
    predictor: str,
    at: str | None,
    horizon: int | None,
    coverage: float,
    check: int,
    goal: Any,
    seed: int,
    plot: str | None,
    as_json: bool,
) -> None:
    """Forecast how the partial curves of CURVES will end, learning from its complete ones.

    CURVES is a csv file with one row for each configuration and one column for each epoch; cells are empty where
    nothing has been measured yet. Or it is table:NAME.
    """
    # These take a second to load, which `--help` need not wait for.
    from bandits.config import build
    from bandits.objectives.curve_table import CurveTable
    from bandits.tools.plots.files import check_plot_file
    from bandits.tools.predict import predict_table
    from bandits.tools.predict.plot import LIBRARIES, save_plot
    from bandits.tools.predict.report import ForecastReport, forecast_view

    check_number("coverage", coverage, above=0, below=1)
    if plot is not None:
        check_plot_file(plot, LIBRARIES)
    forecasting = build("predictors", predictor)
    kind, _, name = curves.partition(":")
    table = CurveTable(name if kind == "table" and name else curves, goal=goal, duplicates="keep")
    cut = None if at is None else epoch_from(at, horizon or table.max_epochs)
    predictions = predict_table(table, forecasting, at=cut, horizon=horizon, check=check, seed=seed)
    report = ForecastReport(curves, predictor, predictions, coverage)
    if plot is not None:
        save_plot(report, plot)
    show(json.dumps(report.as_json(), indent=2, allow_nan=False) if as_json else forecast_view(report))
