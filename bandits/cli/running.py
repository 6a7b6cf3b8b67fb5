"""Build the run of a command line, run it, replay it without its predictor, and show both."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack

from bandits.cli.assembly import AskedRun, Short, Training, assemble, training
from bandits.cli.output import say, show, stderr
from bandits.config import choose
from bandits.report.live import LiveView
from bandits.report.summary import Summary
from bandits.report.terminal import summary_view
from bandits.runtime.journal import SqliteJournal
from bandits.runtime.loop import run as run_loop
from bandits.runtime.result import Result
from bandits.samplers.q_learning import QLearning

__all__ = ["run_and_show"]

_FAILED = 1


def run_and_show(
    short: Short,
    *,
    algorithm: str,
    objective: str,
    max_epochs: int | None,
    predictor: str | None,
    rule: str | None,
    sampler: str | None,
    warm_start: Sequence[str],
    workers: int,
    fixed_order: bool,
    checkpoints: str | None,
    seed: int,
    journal: str | None,
    budget: str | None,
    quiet: bool,
) -> int:
    """Run an algorithm and show its result.

    Args:
        short: settings that were given as options.
        algorithm, objective, predictor, rule, sampler: names with settings, as the user wrote them.
        max_epochs, warm_start, workers, fixed_order, checkpoints, seed, journal, budget: as the
            options of `bandits run`.
        quiet: whether to print one JSON object and nothing else.

    Returns:
        The exit code.

    Raises:
        SettingError, UnknownPlugin, MissingDependency, JournalError: an argument is wrong, or contradicts another.
    """
    chosen = choose("algorithms", algorithm, short["algorithms"])
    longest = chosen.settings.get("max_epochs", max_epochs)
    trained = training(objective, short, longest, chosen.entry.objective)
    asked = assemble(
        chosen,
        trained.objective,
        short,
        predictor=predictor,
        rule=rule,
        sampler=sampler,
        max_epochs=max_epochs,
        warm_start=warm_start,
        seed=seed,
        budget=budget,
    )
    executor = trained.executor(workers, fixed_order=fixed_order, checkpoints=checkpoints)
    with ExitStack() as stack:
        records = None if journal is None else stack.enter_context(SqliteJournal.create(journal))
        view = None if quiet else stack.enter_context(LiveView(stderr()))
        proposing = asked.sampler()
        result = run_loop(
            asked.scheduler,
            trained.objective,
            sampler=proposing,
            seed=seed,
            executor=executor,
            journal=records,
            watch=view,
            budget=asked.budget,
        )
        stages = proposing.stages() if isinstance(proposing, QLearning) else ()
        baseline = _baseline(asked, trained, result)
        notes = trained.objective.notes
        summary = Summary(objective, predictor, result, baseline, stages, asked.sampler_name, notes)
        shown = json.dumps(summary.as_json(), indent=2, default=_plain) if quiet else summary_view(summary)
    show(shown)
    if result.interrupted:
        say("interrupted; what was measured is above" + ("" if journal is None else f" and in {journal}"))
    elif result.best is None:
        say(f"the run failed: none of {len(result.trials)} trials reached the end of a rung{_last_reason(result)}")
    return _FAILED if result.interrupted or result.best is None else 0


def _baseline(asked: AskedRun, trained: Training, result: Result) -> Result | None:
    """The same run without its predictor; None if the objective is not a replay."""
    if not trained.objective.virtual_time or result.interrupted:
        return None
    if asked.scheduler.stopper is None:
        return result
    plain = asked.scheduler.fresh(stopper=None)
    return run_loop(
        plain,
        trained.objective,
        sampler=asked.sampler(),
        seed=result.seed,
        workers=result.workers,
        budget=asked.budget,
    )


def _last_reason(result: Result) -> str:
    reason = next(reversed(result.reasons.values()), "")
    return f"; the last one: {reason}" if reason else ""


def _plain(value: object) -> object:
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)
