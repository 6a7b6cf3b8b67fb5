"""The summary of a run as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bandits.report.summary import Summary
from bandits.report.values import value_text
from bandits.schedulers.lifecycle import State
from bandits.tools.facts import facts_table

__all__ = ["summary_view"]

_CONFIG_WIDTH = 240
_CUT_BY = {"median": "cut by the median", "freeze-thaw": "never resumed"}


def summary_view(summary: Summary) -> RenderableType:
    """The summary of a run: best configuration, cost, and what happened in each bracket."""
    facts = facts_table(_facts(summary))
    parts: list[RenderableType] = [facts, Text(), _brackets(summary)]
    if summary.stages:
        parts += [Text(), _stages(summary)]
    return Group(*parts)


def _stages(summary: Summary) -> Table:
    """How the nets of a learning sampler improved, stage by stage."""
    restore = summary.result.metric.restore
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("epsilon", "nets", "mean value", "trained in full", "their mean", "their best", "dropped", "failed"):
        table.add_column(column, justify="right")
    for stage in summary.stages:
        values = (stage.mean_reward, stage.mean_completed, stage.best)
        mean, mean_in_full, best = ("-" if value is None else f"{restore(value):.4g}" for value in values)
        counts = (f"{stage.epsilon:g}", f"{stage.nets:,}", mean, f"{stage.completed:,}", mean_in_full, best)
        table.add_row(*counts, f"{stage.dropped:,}", f"{stage.failed:,}")
    return table


def _facts(summary: Summary) -> Iterable[tuple[str, str]]:
    result, metric = summary.result, summary.result.metric
    parts = [name for name in (summary.predictor, summary.sampler) if name is not None]
    helped = f" with {' and '.join(parts)}" if parts else ""
    settings = ", ".join(
        f"{name} {_setting(value)}"
        for name, value in result.scheduler.settings().items()
        if value is not None and name != "seed"  # which stands behind them
    )
    yield "run", f"{result.scheduler.name}{helped} on {summary.spec} ({settings}, seed {result.seed})"
    if result.interrupted:
        yield "", "interrupted: the figures below were measured before"
    if result.best is None or result.best_value is None:
        yield "best", "none: no arm reached the end of a rung"
    else:
        where = f"trial {result.best.trial.id}, epoch {result.best.epoch}"
        yield "best", f"{metric.name} {result.best_value:.6g} ({where}){_regret(summary)}"
        yield (
            "",
            _shortened(", ".join(f"{name}={value_text(value)}" for name, value in result.best.trial.config.items())),
        )
    yield "cost", _cost(summary)
    states = (State.COMPLETED, State.DROPPED, State.CUT, State.FAILED)
    cut = _CUT_BY.get(result.scheduler.name, "cut by halving")
    words = ("completed", "dropped by a forecast", cut, "failed")
    counts = ", ".join(f"{result.count(state):,} {word}" for state, word in zip(states, words, strict=True))
    yield "arms", f"{len(result.trials):,} tried: {counts}"
    if summary.baseline is None or result.scheduler.name == "freeze-thaw":
        yield "models", f"at most {result.models_alive:,} of arms that train or may train on"
    yield from _failures(summary)
    audits = result.audits
    if audits.spared:
        beat = f"{audits.wrong:,} beat the bar" if audits.wrong else "none beat the bar"
        arms = "arm" if audits.spared == 1 else "arms"
        spared = f"{audits.spared:,} {arms} that would have been dropped went on as a check"
        yield "audit", f"{spared}; of {audits.ended:,} that reached their horizon, {beat}"
    earlier = summary.warm_start()
    if earlier is not None:
        yield "warm", earlier.sentence()
        yield from (("warm", note) for note in earlier.notes)
    yield from (("note", f"{summary.spec}: {note}") for note in summary.notes)
    reasons = summary.why_nothing_was_dropped()
    if reasons:
        yield "note", "nothing was dropped: " + "; ".join(reasons)
        if result.scheduler.name == "hyperband":
            yield "", "more loops give the predictor more curves to learn from: --loops N"


def _failures(summary: Summary) -> Iterable[tuple[str, str]]:
    """The most frequent reason why arms failed."""
    reasons = summary.why_arms_failed()
    if reasons:
        reason, arms = reasons[0]
        more = "; others for other reasons, see `bandits explain`" if len(reasons) > 1 else ""
        yield "failed", f"{arms:,}: {_shortened(reason)}{more}"


def _regret(summary: Summary) -> str:
    result = summary.result
    if result.table_best is None or result.regret is None:
        return ""
    return f"; the table's best is {result.table_best:.6g}, regret {result.regret:.3g}"


def _cost(summary: Summary) -> str:
    result, baseline = summary.result, summary.baseline
    spent = f"{result.epochs_trained:,} epochs"
    if result.epochs_again:
        spent += f", {result.epochs_again:,} more trained again"
    if baseline is None or result.scheduler.stopper is None:
        return f"{spent}, {result.seconds:,.0f} s"
    saved = 1 - result.epochs_trained / baseline.epochs_trained if baseline.epochs_trained else 0.0
    if result.best_value == baseline.best_value:
        same = "the same best value"
    else:
        same = "no best value" if baseline.best_value is None else f"best value {baseline.best_value:.6g}"
    return (
        f"{spent} ({result.seconds:,.0f} s); without the predictor {baseline.epochs_trained:,} epochs"
        f" ({baseline.seconds:,.0f} s) and {same}: {saved:.1%} of the epochs saved"
    )


def _brackets(summary: Summary) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("bracket", "loops", "to epoch", "started", "finished", "dropped", "failed", "promoted", "cut"):
        table.add_column(column, justify="left" if column == "bracket" else "right", no_wrap=True)
    previous = ""
    last_epoch = summary.result.scheduler.max_epochs
    for row in summary.rows():
        rung = row.rung
        first = row.bracket != previous
        cut = 0 if rung.epochs == last_epoch else rung.finished - rung.promoted
        counts = (rung.epochs, rung.started, rung.finished, rung.dropped, rung.failed, rung.promoted, cut)
        table.add_row(
            row.bracket if first else "",
            f"{row.loops:,}" if first else "",
            *(f"{count:,}" if count or column == 0 else "-" for column, count in enumerate(counts)),
        )
        previous = row.bracket
    return table


def _setting(value: object) -> str:
    """A setting in a word: a predictor, which is a name with settings, by its name."""
    return str(value["name"]) if isinstance(value, dict) and "name" in value else value_text(value)


def _shortened(text: str) -> str:
    return text if len(text) <= _CONFIG_WIDTH else text[: _CONFIG_WIDTH - 1] + "…"
