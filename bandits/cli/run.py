"""`bandits run`: spend epochs on configurations."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any

import click
from rich.console import Console

from bandits.cli.options import objective_options, objective_spec_option, running_options
from bandits.cli.output import say, show
from bandits.objectives.base import Objective
from bandits.report.live import LiveView
from bandits.report.summary import Summary
from bandits.report.terminal import summary_view
from bandits.runtime.journal import SqliteJournal
from bandits.runtime.loop import run as run_loop
from bandits.runtime.result import Result
from bandits.samplers.q_learning import QLearning
from bandits.schedulers.base import Scheduler
from bandits.spec import RunSpec

__all__ = ["run"]

_FAILED = 1


@click.command()
@click.argument("algorithm")
@click.option("--predictor", metavar="NAME", help="Forecasts learning curves, to drop arms early.")
@click.option(
    "--sampler",
    metavar="NAME",
    help="Chooses the configurations (see `bandits list samplers`). [default: random, or the algorithm's own]",
)
@objective_spec_option
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
@click.option(
    "--epsilon",
    metavar="STAGES",
    help="metaqnn's exploration, EPSILON:NETS,... [default: the paper's, scaled to --trials]",
)
@click.option("--q-learning-rate", metavar="A", type=float, help="metaqnn's alpha. [default: 0.01]")
@click.option("--discount", metavar="G", type=float, help="metaqnn's gamma. [default: 1]")
@click.option("--initial-value", metavar="Q", type=float, help="metaqnn's value of the untried. [default: 0.5]")
@click.option("--replay", metavar="N", type=int, help="Nets that metaqnn learns from again after each. [default: 128]")
@objective_options
@click.option(
    "--warm-start",
    metavar="SOURCE",
    multiple=True,
    help="An earlier study whose curves the predictor starts with: table:NAME, a .csv file, a journal, or an Optuna"
    " storage (file or URL, with #STUDY where it holds several). Repeatable.",
)
@running_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.pass_context
def run(context: click.Context, /, journal: str | None, as_json: bool, **options: Any) -> None:
    """Run ALGORITHM (see `bandits list algorithms`)."""
    spec = RunSpec(**options)
    objective = spec.build_objective()
    sampler = spec.build_sampler(objective)
    scheduler = spec.build_scheduler(objective)
    with ExitStack() as stack:
        records = None if journal is None else stack.enter_context(SqliteJournal.create(journal))
        view = None if as_json else stack.enter_context(LiveView(Console(stderr=True)))
        result = run_loop(
            scheduler,
            objective,
            sampler=sampler,
            seed=spec.seed,
            executor=spec.build_executor(objective),
            journal=records,
            watch=view,
        )
        stages = sampler.stages() if isinstance(sampler, QLearning) else ()
        baseline = _baseline(spec, scheduler, objective, result)
        summary = Summary(spec.objective, spec.predictor, result, baseline, stages, spec.sampler_name, objective.notes)
        shown = json.dumps(summary.as_json(), indent=2, default=_plain) if as_json else summary_view(summary)
    show(shown)
    if result.interrupted:
        say("interrupted; what was measured is above" + ("" if journal is None else f" and in {journal}"))
    elif result.best is None:
        say(f"the run failed: none of {len(result.trials)} trials reached the end of a rung{_last_reason(result)}")
    context.exit(_FAILED if result.interrupted or result.best is None else 0)


def _baseline(spec: RunSpec, scheduler: Scheduler, objective: Objective, result: Result) -> Result | None:
    """The same run without its predictor, where a replay makes that possible."""
    if not objective.virtual_time or result.interrupted:
        return None
    if scheduler.stopper is None:
        return result
    sampler = spec.build_sampler(objective)  # one that learns is used up by a run
    return run_loop(scheduler.fresh(stopper=None), objective, sampler=sampler, seed=spec.seed, workers=spec.workers)


def _last_reason(result: Result) -> str:
    reason = next(reversed(result.reasons.values()), "")
    return f"; the last one: {reason}" if reason else ""


def _plain(value: object) -> object:
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)
