"""Find the metric of a file's curves and its goal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Goal, Metric
from bandits.errors import CurveTableError, SettingError
from bandits.errors.checks import check_choice, check_instance
from bandits.objectives.curve_files.metric_words import goals_in, is_nameless

__all__ = ["find_metric"]

_SHARE = 0.9


def find_metric(
    label: str, curves: NDArray[np.float64], *, metric: Metric | None, goal: Goal | None, source: str
) -> tuple[Metric, str]:
    """Find the metric of a table.

    The goal is the caller's; else that of a word in the columns' name (see `goals_in`); else the direction in which at
    least 90 % of the curves go from their first to their last value.

    Args:
        label: name of the epoch columns, without the number.
        curves: `[n, T]` raw values, NaN where not recorded.
        metric: the caller's, or None.
        goal: the caller's, or None.
        source: name of the table in messages.

    Returns:
        The metric, and the reason for its goal, in words.

    Raises:
        SettingError: metric or goal is not valid, or they disagree.
        CurveTableError: neither name nor curves tell the goal.
    """
    check_choice("goal", goal, ("maximize", "minimize"), or_none=True)
    check_instance("metric", metric, Metric, "must be a Metric, such as Metric('accuracy', 'maximize')", or_none=True)
    if metric is not None:
        if goal not in (None, metric.goal):
            raise SettingError.broken("`goal`", f"must be {metric.goal!r}, that of metric {metric.name!r}", goal)
        return metric, "as given"
    name = "value" if is_nameless(label) else label
    if goal is not None:
        return Metric(name, goal), "as given"
    goals = goals_in(label)
    if len(goals) == 1:
        return Metric(name, goals[0]), f"because the epoch columns are called {label!r}"
    rising, falling = _shares(curves)
    if rising >= _SHARE:
        return Metric(name, "maximize"), f"because {rising:.0%} of the curves rise from first to last value"
    if falling >= _SHARE:
        return Metric(name, "minimize"), f"because {falling:.0%} of the curves fall from first to last value"
    rule = "must be given ('maximize' or 'minimize'): neither the name nor the shape of the curves tells it"
    raise CurveTableError.broken(f"goal of {source}", rule, label)


def _shares(curves: NDArray[np.float64]) -> tuple[float, float]:
    """The shares of curves that end above and below their first value."""
    recorded = ~np.isnan(curves)
    usable = recorded.any(axis=1)
    rows, recorded = curves[usable], recorded[usable]
    index = np.arange(len(rows))
    change = rows[index, curves.shape[1] - 1 - recorded[:, ::-1].argmax(axis=1)] - rows[index, recorded.argmax(axis=1)]
    return float((change > 0).mean()), float((change < 0).mean())
