"""What `bandits record` prints: what the table holds, and in which files it is."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType

from bandits.tools.facts import facts_table
from bandits.tools.record import Recording

__all__ = ["recording_view"]


def recording_view(recording: Recording) -> RenderableType:
    """What a recording holds, and in which files."""
    return facts_table(_facts(recording))


def _facts(recording: Recording) -> Iterable[tuple[str, str]]:
    result = recording.result
    best = "none" if result.best_value is None else f"{result.best_value:.6g} (trial {result.best_trial})"
    epochs = result.scheduler.max_epochs
    yield "table", f"{recording.path}; settings and environment in {recording.about}"
    yield "curves", f"{recording.rows:,} of up to {epochs:,} epochs, {recording.failed:,} failed"
    yield "best", f"{result.metric.name} {best}"
    yield "cost", f"{result.epochs_trained:,} epochs, {result.seconds:,.0f} s"
