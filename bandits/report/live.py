"""A live view of a run: brackets and rungs, arms by state, best value, epochs spent and saved, time left."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bandits.runtime.result import Result
from bandits.schedulers.lifecycle import State

__all__ = ["LiveView"]

_REFRESH_SECONDS = 0.2
_BRACKETS_SHOWN = 6


class LiveView:
    """Shows a growing result in a terminal; call it with the result after every event.

    Args:
        console: where to draw; nothing is drawn unless it is a terminal.
    """

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._on = console.is_terminal
        self._began = self._drawn = time.monotonic()

    def __enter__(self) -> LiveView:
        if self._on:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._on:
            self._live.stop()

    def __call__(self, result: Result) -> None:
        now = time.monotonic()
        if self._on and now - self._drawn >= _REFRESH_SECONDS:
            self._drawn = now
            self._live.update(picture(result, now - self._began), refresh=True)


def picture(result: Result, elapsed: float) -> RenderableType:
    """Draw a result as it stands, `elapsed` seconds after the start."""
    best = "none yet" if result.best_value is None else f"{result.best_value:.6g} (trial {result.best_trial})"
    saved = sum(arm.stop - arm.epochs for arm in result.scheduler.arms.values() if arm.state is State.DROPPED)
    states = ", ".join(f"{result.count(state):,} {state.value}" for state in State if result.count(state))
    lines = [
        Text(f"{result.scheduler.name} on {result.objective}", style="bold"),
        Text(f"arms    {len(result.trials):,} of {result.scheduler.total_trials:,}: {states}"),
        Text(f"best    {result.metric.name} {best}"),
        Text(f"epochs  {result.epochs_trained:,} spent, {saved:,} saved at the rungs where arms were dropped"),
        Text(f"time    {_clock(elapsed)} gone, {_time_left(result, saved, elapsed)} left"),
    ]
    return Group(*lines, _rungs(result))


def _rungs(result: Result) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("bracket", "to epoch", "running", "finished", "dropped", "failed", "promoted"):
        table.add_column(column, justify="left" if column == "bracket" else "right")
    for bracket in result.brackets[-_BRACKETS_SHOWN:]:
        for index, rung in enumerate(bracket.rungs):
            if not rung.started:
                continue
            running = rung.started - rung.finished - rung.dropped - rung.failed
            counts = (rung.epochs, running, rung.finished, rung.dropped, rung.failed, rung.promoted)
            table.add_row(bracket.name if index == 0 else "", *(str(count) for count in counts))
    return table


def _time_left(result: Result, saved: int, elapsed: float) -> str:
    planned = result.scheduler.planned_epochs
    if planned is None or not result.epochs_trained:
        return "unknown"
    left = max(0, planned - saved - result.epochs_trained)
    return _clock(elapsed / result.epochs_trained * left)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
