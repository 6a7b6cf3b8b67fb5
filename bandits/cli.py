"""The `bandits` command: arguments in, rows out.

Exit codes: 0 done, 1 the run failed or was interrupted, 2 wrong usage. Errors go to stderr in one line.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from typing import Any, NoReturn

import click
from rich.console import Console, RenderableType

from bandits import __version__, registry
from bandits.errors import BanditsError, JournalError, SettingError
from bandits.objectives.base import Objective
from bandits.report.forecast_plot import check_plot_file, save_plot
from bandits.report.forecast_report import ForecastReport, forecast_view
from bandits.report.listings import listing, predictor_listing
from bandits.report.live import LiveView
from bandits.report.summary import Summary
from bandits.report.terminal import story, summary_view
from bandits.runtime.journal import SqliteJournal
from bandits.runtime.loop import run as run_loop
from bandits.runtime.result import Result
from bandits.schedulers.base import Scheduler
from bandits.spec import DEFAULT_OBJECTIVE, PredictionSpec, RunSpec

__all__ = ["command", "main"]

_FAILED, _USAGE = 1, 2
_WIDTH_OF_FILES = 160


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="bandits")
def command() -> None:
    """Train many configurations under one budget; stop the ones that cannot win, early."""


@command.command()
@click.argument("algorithm")
@click.option("--predictor", metavar="NAME", help="Forecasts learning curves, to drop arms early.")
@click.option(
    "--objective",
    metavar="SPEC",
    default=DEFAULT_OBJECTIVE,
    show_default=True,
    help="What is trained: table:NAME, table:FILE.csv or your_module:your_function.",
)
@click.option("--max-epochs", metavar="R", type=int, help="Longest training of one arm. [default: the objective's]")
@click.option("--eta", metavar="N", type=int, help="One in N arms goes on at each rung. [default: 3]")
@click.option("--loops", metavar="N", type=int, help="Repeat Hyperband's brackets N times. [default: 1]")
@click.option(
    "--trials",
    metavar="N",
    type=int,
    help="How many configurations. [default: one bracket's for halving, asha and pasha, else all rows of a table]",
)
@click.option(
    "--risk", metavar="P", type=float, help="Probability of dropping an arm that would end as the best. [default: 0.1]"
)
@click.option(
    "--audit",
    metavar="P",
    type=float,
    help="Share of arms that go on whatever is forecast, as a check. [default: 0.02]",
)
@click.option("--confidence", metavar="P", type=float, help="Instead of --risk: drop an arm whenever P(it loses) >= P.")
@click.option("--margin", metavar="M", type=float, help="Keep arms that may end within M of the bar. [default: 0]")
@click.option("--keep", metavar="N", type=int, help="Protect the N best arms. [default: 1]")
@click.option(
    "--kappa",
    metavar="K",
    type=float,
    help="Share of a rung's arms that must finish before one may be dropped. [default: as many as are promoted]",
)
@click.option("--burn-in", metavar="N", type=int, help="Arms that random trains in full first. [default: 20]")
@click.option("--min-epochs", metavar="N", type=int, help="Epochs of asha's and pasha's lowest rung. [default: 1]")
@click.option(
    "--percentile", metavar="P", type=float, help="How much of the noise pasha's rankings tolerate. [default: 90]"
)
@click.option("--warm-up", metavar="N", type=int, help="Epochs before median's first test of an arm. [default: 0]")
@click.option("--min-arms", metavar="N", type=int, help="Arms that a median is taken of, at least. [default: 5]")
@click.option("--interval", metavar="N", type=int, help="Epochs from one of median's tests to the next. [default: 1]")
@click.option("--k", metavar="N", type=int, help="Arms that top-k trains to the end. [default: 3]")
@click.option("--first-epochs", metavar="N", type=int, help="Epochs that top-k gives every arm. [default: 1]")
@click.option(
    "--sizes", metavar="FORM", help="Hyperband's bracket sizes: ceil (Algorithm 1) or floor (Table 1). [default: ceil]"
)
@click.option(
    "--look-ahead",
    is_flag=True,
    default=None,
    help="At every rung of Hyperband, also drop arms that would not end as the run's best.",
)
@click.option("--goal", metavar="GOAL", help="maximize or minimize, for a file whose metric does not tell.")
@click.option(
    "--warm-start",
    metavar="SOURCE",
    multiple=True,
    help="An earlier study whose curves the predictor starts with: table:NAME, a .csv file, a journal, or an Optuna"
    " storage (file or URL, with #STUDY where it holds several). Repeatable.",
)
@click.option(
    "--workers",
    metavar="N",
    type=int,
    default=1,
    show_default=True,
    help="Arms that train at a time (simulated, for tables).",
)
@click.option("--seed", metavar="N", type=int, default=0, show_default=True, help="Of everything random.")
@click.option("--journal", metavar="FILE", help="Write every event to a new SQLite file, for `bandits explain`.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.pass_context
def run(context: click.Context, /, journal: str | None, as_json: bool, **options: Any) -> None:
    """Run ALGORITHM (see `bandits list algorithms`)."""
    spec = RunSpec(**options)
    objective = spec.build_objective()
    scheduler = spec.build_scheduler(objective)
    with ExitStack() as stack:
        records = None if journal is None else stack.enter_context(SqliteJournal.create(journal))
        view = None if as_json else stack.enter_context(LiveView(Console(stderr=True)))
        result = run_loop(scheduler, objective, seed=spec.seed, workers=spec.workers, journal=records, watch=view)
        summary = Summary(spec.objective, spec.predictor, result, _baseline(spec, scheduler, objective, result))
        shown = json.dumps(summary.as_json(), indent=2, default=_plain) if as_json else summary_view(summary)
    _show(shown)
    if result.interrupted:
        _say("interrupted; what was measured is above" + ("" if journal is None else f" and in {journal}"))
    elif result.best is None:
        _say(f"the run failed: none of {len(result.trials)} trials reached the end of a rung{_last_reason(result)}")
    context.exit(_FAILED if result.interrupted or result.best is None else 0)


def _baseline(spec: RunSpec, scheduler: Scheduler, objective: Objective, result: Result) -> Result | None:
    """The same run without its predictor, where a replay makes that possible."""
    if not objective.virtual_time or result.interrupted:
        return None
    if scheduler.stopper is None:
        return result
    return run_loop(scheduler.fresh(stopper=None), objective, seed=spec.seed, workers=spec.workers)


def _last_reason(result: Result) -> str:
    reason = next(reversed(result.reasons.values()), "")
    return f"; the last one: {reason}" if reason else ""


def _plain(value: object) -> object:
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)


@command.command()
@click.argument("curves")
@click.option("--predictor", metavar="NAME", default="srm", show_default=True, help="See `bandits list predictors`.")
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
    help="Probability with which a row ends inside its interval.",
)
@click.option(
    "--check",
    metavar="N",
    type=int,
    default=200,
    show_default=True,
    help="Complete rows, drawn at random, that the check with --at forecasts; 0 for no check.",
)
@click.option("--goal", metavar="GOAL", help="maximize or minimize, for a file whose metric does not tell.")
@click.option("--seed", metavar="N", type=int, default=0, show_default=True, help="Of everything random.")
@click.option("--plot", metavar="FILE", help="Draw curves, forecasts and intervals: .html, .png, .svg or .pdf.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def predict(*, coverage: float, plot: str | None, as_json: bool, **options: Any) -> None:
    """Forecast how the partial curves of CURVES will end, learning from its complete ones.

    CURVES is a csv file, a row a configuration, a column an epoch, empty where not measured yet; or table:NAME.
    """
    if not 0.0 < coverage < 1.0:
        raise SettingError.broken("`coverage`", "must be in (0, 1)", coverage)
    if plot is not None:
        check_plot_file(plot)
    spec = PredictionSpec(**options)
    report = ForecastReport(spec.curves, spec.predictor, spec.predict(), coverage)
    if plot is not None:
        save_plot(report, plot)
    _show(json.dumps(report.as_json(), indent=2, allow_nan=False) if as_json else forecast_view(report))


@command.command("list")
@click.argument("kind", required=False, type=click.Choice(registry.KINDS))
def list_(kind: registry.Kind | None) -> None:
    """Show what there is, plug-ins too: algorithms, predictors or objectives."""
    console = _console()
    for each in registry.KINDS if kind is None else (kind,):
        if kind == "predictors":
            console.print(predictor_listing(registry.entries(kind)))
            continue
        rows = [(entry.name, entry.purpose) for entry in registry.entries(each)]
        if each == "objectives":
            rows = [
                *_tables(),
                ("table:FILE.csv", "your own table: a row a configuration, a column an epoch"),
                *rows[1:],
            ]
            rows.append(("your_module:your_function", "your own training function, a value an epoch"))
        console.print(listing(each, rows), soft_wrap=True)


def _tables() -> list[tuple[str, str]]:
    from bandits.objectives import shipped_titles

    return [(f"table:{name}", title) for name, title in shipped_titles().items()]


@command.command()
@click.argument("journal")
@click.argument("trial", type=int)
def explain(journal: str, trial: int) -> None:
    """Show every verdict on TRIAL in JOURNAL, with forecasts and reasons."""
    with SqliteJournal.open(journal) as records:
        _console().print(story(records, trial))


def _show(shown: RenderableType) -> None:
    """JSON as it is; everything else laid out for the terminal."""
    if isinstance(shown, str):
        click.echo(shown)
    else:
        _console().print(shown)


def _console() -> Console:
    """Standard output; wide where it is no terminal, so that a file or a pipe gets whole lines."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDTH_OF_FILES)


def _say(message: str) -> None:
    """One line on stderr."""
    click.echo(f"bandits: {' '.join(message.split())}", err=True)


def main() -> NoReturn:
    """Run the command and exit with its code."""
    try:
        code = command.main(standalone_mode=False)
    except click.ClickException as error:
        _say(error.format_message())
        code = _USAGE
    except click.Abort:
        _say("interrupted")
        code = _FAILED
    except BanditsError as error:
        _say(str(error))
        code = _USAGE if isinstance(error, ValueError | LookupError | ImportError | JournalError) else _FAILED
    sys.exit(code or 0)
