"""What early stopping would have saved, as one JSON object or in a terminal."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bandits.tools.facts import facts_table
from bandits.tools.what_if import Dropped, Replay, WhatIf
from bandits.tools.what_if.code import lines_of_code
from bandits.tools.what_if.words import amount, metric_name, notes, percent, verdict

__all__ = ["WhatIfReport", "what_if_view"]

_SHOWN = 10
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class WhatIfReport:
    """A what-if, with its predictor as the user wrote it.

    Args:
        predictor: name and settings of the predictor, as the user wrote them.
        answer: the what-if.
    """

    predictor: str
    answer: WhatIf

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints; values in the metric's units, null where there is none."""
        answer, settings = self.answer, self.answer.settings
        study, rule = answer.study, settings.rule.settings()
        return {
            "source": study.source,
            "kind": study.kind,
            "metric": answer.metric.name,
            "goal": answer.metric.goal,
            "predictor": self.predictor,
            "settings": {
                "max_epochs": settings.max_epochs,
                **{name: rule.get(name) for name in ("risk", "audit", "confidence", "margin", "keep")},
                **{name: value for name, value in rule.items() if name == "from_epoch"},
                "top": settings.top,
                "orders": settings.orders,
                "seed": settings.seed,
            },
            "verdict": verdict(answer),
            "notes": notes(answer),
            "enough": bool(answer.replays),
            "completed": sum(trial.end == "completed" for trial in answer.trials),
            "completed_to_max_epochs": answer.teachers,
            "needed": settings.needed,
            "trials": [self._trial(place) for place in range(len(answer.trials))],
            "top": [answer.trials[place].called for place in answer.top()],
            "epochs": answer.epochs,
            "hours": _hours(answer.seconds),
            "timed_trials": answer.timed,
            "own_order": None if not answer.replays else self._replay(answer.own),
            "random_orders": None if not answer.others else self._others(answer.others),
            "switch_on": lines_of_code(answer, self.predictor),
        }

    def _trial(self, place: int) -> dict[str, Any]:
        trial, metric = self.answer.trials[place], self.answer.metric
        return {
            "trial": trial.called,
            "end": trial.end,
            "epochs": trial.epochs,
            "value": None if trial.value is None else metric.restore(trial.value),
            "hours": _hours(trial.seconds),
        }

    def _replay(self, replay: Replay) -> dict[str, Any]:
        answer = self.answer
        return {
            "order": [answer.trials[place].called for place in replay.order],
            "epochs_trained": sum(replay.epochs),
            "epochs_saved": answer.saved_epochs(replay),
            "share_saved": answer.saved_share(replay),
            "hours_saved": _hours(answer.saved_seconds(replay)),
            "best_survives": answer.best_survives(replay),
            "top_surviving": answer.surviving(replay),
            "regret": answer.regret(replay),
            "dropped": [self._dropped(dropped) for dropped in replay.dropped],
        }

    def _dropped(self, dropped: Dropped) -> dict[str, Any]:
        when = {"dropped_after": dropped.epoch, "rank": self.rank(dropped.trial)}
        return {**self._trial(dropped.trial), **when, "reason": dropped.reason, "cause": dropped.cause}

    def _others(self, replays: Sequence[Replay]) -> dict[str, Any]:
        answer = self.answer
        shares = [answer.saved_share(replay) for replay in replays]
        kept = sum(map(answer.best_survives, replays))
        regrets = [answer.regret(replay) for replay in replays]
        return {
            "orders": len(replays),
            "share_saved_mean": statistics.fmean(shares),
            "share_saved_range": [min(shares), max(shares)],
            "best_survives": kept,
            "best_survives_interval": list(answer.interval(kept)),
            "top_surviving_mean": statistics.fmean(map(answer.surviving, replays)),
            "regret_mean": statistics.fmean(regrets),
            "regret_largest": max(regrets),
            "replays": [self._replay(replay) for replay in replays],
        }

    def rank(self, place: int) -> int | None:
        """The rank of a trial among the completed ones, 1 for the best; None for a trial that is not completed."""
        ranked = self.answer.ranked()
        return ranked.index(place) + 1 if place in ranked else None


def what_if_view(report: WhatIfReport) -> RenderableType:
    """The verdict, the numbers behind it, the trials that would have been dropped, and how to switch it on."""
    answer = report.answer
    facts = facts_table(_facts(report))
    parts: list[RenderableType] = [facts]
    if answer.replays:
        parts += [Text(), _numbers(answer), Text()]
        if answer.own.dropped:
            parts += [_dropped(report), Text()]
        parts += [Text("To switch it on:", style="bold"), Text()]
        parts += [
            Text(f"    {line}", no_wrap=True, overflow="ignore") for line in lines_of_code(answer, report.predictor)
        ]
    return Group(*parts)


def _facts(report: WhatIfReport) -> Iterable[tuple[str, str]]:
    answer, settings = report.answer, report.answer.settings
    ends = [trial.end for trial in answer.trials]
    words = (("completed", "completed"), ("stopped", "stopped early"), ("failed", "failed"))
    counts = ", ".join(f"{ends.count(end):,} {word}" for end, word in words if end in ends)
    goal = "larger" if answer.metric.goal == "maximize" else "smaller"
    yield "search", f"{answer.study.source}: {counts}; {metric_name(answer)}, {goal} is better"
    yield (
        "pruner",
        f"{report.predictor}, {settings.rule_words}, up to epoch {settings.max_epochs}, seed {settings.seed}",
    )
    yield "verdict", verdict(answer)
    for note in notes(answer):
        yield "note", note


def _numbers(answer: WhatIf) -> Table:
    """The figures of the study's own order and of the random orders."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("", no_wrap=True)
    own, others = answer.own, answer.others
    table.add_column("as it was", justify="right", no_wrap=True)
    if others:
        table.add_column(f"{len(others)} random order{'s' * (len(others) > 1)}", justify="right", no_wrap=True)
    shares = [answer.saved_share(replay) for replay in others] or [0.0]
    dropped = [len(replay.dropped) for replay in others] or [0]
    kept = sum(map(answer.best_survives, others))
    top = [answer.surviving(replay) for replay in others] or [0]
    regrets = [answer.regret(replay) for replay in others] or [0.0]
    low, high = answer.interval(kept) if others else (0.0, 1.0)
    rows = [
        ("trials dropped", f"{len(own.dropped):,} of {len(answer.trials):,}", f"{min(dropped):,} to {max(dropped):,}"),
        (
            "epochs trained",
            f"{sum(own.epochs):,} of {answer.epochs:,}",
            f"{min(sum(r.epochs) for r in others or (own,)):,} to {max(sum(r.epochs) for r in others or (own,)):,}",
        ),
        (
            "epochs saved",
            percent(answer.saved_share(own)),
            f"{percent(statistics.fmean(shares))} ({percent(min(shares))} to {percent(max(shares))})",
        ),
    ]
    saved, seconds = answer.saved_seconds(own), answer.seconds
    if saved is not None and seconds is not None:
        mean = statistics.fmean(answer.saved_seconds(replay) or 0.0 for replay in others or (own,))
        rows.append(("time saved", amount(saved, seconds), f"{amount(mean, seconds)} on average"))
    rows += [
        (
            "best trial kept",
            "yes" if answer.best_survives(own) else "no",
            f"{kept} of {len(others)} ({percent(low)} to {percent(high)})",
        ),
        (f"best {len(answer.top())} kept", f"{answer.surviving(own)}", f"{statistics.fmean(top):.1f} on average"),
        (
            "value lost",
            f"{answer.regret(own):.3g}",
            f"{statistics.fmean(regrets):.3g} on average, {max(regrets):.3g} most",
        ),
    ]
    for name, as_it_was, random in rows:
        table.add_row(name, as_it_was, *([random] if others else []))
    return table


def _dropped(report: WhatIfReport) -> Table:
    """The first trials that would have been dropped."""
    answer, metric = report.answer, report.answer.metric
    dropped = answer.own.dropped
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("dropped", no_wrap=True, overflow="ellipsis", max_width=24)
    for column in ("after epoch", "of", "value", "rank"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("why")
    for each in dropped[:_SHOWN]:
        trial, rank = answer.trials[each.trial], report.rank(each.trial)
        value = "-" if trial.value is None else f"{metric.restore(trial.value):.4g}"
        cells = (str(each.epoch), str(trial.epochs), value, "-" if rank is None else str(rank))
        table.add_row(Text(trial.called), *cells, Text(each.reason))
    if len(dropped) > _SHOWN:
        table.caption = f"and {len(dropped) - _SHOWN:,} more, which --json prints as well"
        table.caption_justify = "left"
    return table


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / _HOUR
