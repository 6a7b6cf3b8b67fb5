"""Whether the trials of an Optuna study returned what they reported, and which way is better of what they reported."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from bandits.curves import Goal, Metric
from bandits.studies.study import StudyTrial

__all__ = ["ReportedMetric", "reported_metric"]

_FEWEST = 3  # completed trials that tell
_SAME = 1e-6  # relative: values that passed through a database or float32
_AGAINST = -0.3  # rank correlation from which on reports go the other way than values


@dataclass(frozen=True, slots=True)
class ReportedMetric:
    """What the trials of a study reported.

    Args:
        metric: of their reports.
        returned: of the values that they returned, where that is something else; None where it is the same.
        notes: what was found, a sentence each; none where values and last reports are the same.
    """

    metric: Metric
    returned: Metric | None = None
    notes: tuple[str, ...] = ()


def reported_metric(metric: Metric, trials: Sequence[StudyTrial], goal: Goal | None = None) -> ReportedMetric:
    """Hold what completed trials returned against what they reported.

    A trial returned what it reported if its value is one of its reports: the last one, or its best. Where most
    trials returned something else, as an accuracy beside a loss, the reports are another metric. It is better the other
    way if reports and values rank the trials in opposite orders. Where the ranks do not tell, `goal` is taken; without
    one, they are better the other way if the reports of most trials get worse from the first to the last.

    Args:
        metric: of the values: the study's.
        trials: of the study.
        goal: taken where the ranks do not tell; None for none.
    """
    ends: list[tuple[float, float, float]] = []  # first and last report, value
    last, among = 0, 0
    for trial in trials:
        values = trial.reports.values[np.argsort(trial.reports.steps, kind="stable")]
        finite = values[np.isfinite(values)].tolist()
        if trial.end != "completed" or trial.value is None or not finite:
            continue
        ends.append((finite[0], finite[-1], trial.value))
        last += _equal(finite[-1], trial.value)
        among += any(_equal(value, trial.value) for value in finite)
    if len(ends) < _FEWEST or 2 * last >= len(ends):
        return ReportedMetric(metric)
    others = f"{len(ends) - last:,} of {len(ends):,} complete trials"
    if 2 * among >= len(ends):
        return ReportedMetric(metric, notes=(f"{others} returned another value than their last report",))
    way = _goal(metric, ends, goal)
    reported = Metric("" if way != metric.goal else metric.name, way)
    note = (
        f"{others} returned something else than they reported: the curves are what they reported, read as"
        f" {'larger' if way == 'maximize' else 'smaller'} is better; what they returned is not on the curves"
    )
    return ReportedMetric(reported, metric, (note,))


def _goal(metric: Metric, ends: Sequence[tuple[float, float, float]], goal: Goal | None) -> Goal:
    """Which way is better of reports, by their ranks beside the values', or by where they go."""
    first, reported, returned = np.array(ends).T
    other: Goal = "minimize" if metric.goal == "maximize" else "maximize"
    if np.ptp(reported) > 0 and np.ptp(returned) > 0:
        correlation = float(spearmanr(reported, returned).statistic)
        if abs(correlation) >= -_AGAINST:
            return other if correlation < 0 else metric.goal
    if goal is not None:
        return goal
    worse = metric.orient(1.0) * (reported - first) < 0
    return other if worse.mean() > 0.5 else metric.goal


def _equal(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_SAME, abs_tol=1e-12)
