"""Find out whether an Optuna study's trials returned the reported metric, and which way is better for the reports."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from bandits.curves import Goal, Metric
from bandits.studies.study import StudyTrial

__all__ = ["ReportedMetric", "reported_metric"]

_FEWEST = 3  # completed trials needed to decide
_SAME = 1e-6  # relative: values that passed through a database or float32
_AGAINST = -0.3  # rank correlation below which reports and values are better in opposite directions


@dataclass(frozen=True, slots=True)
class ReportedMetric:
    """What the trials of a study reported.

    Args:
        metric: the metric of the reports.
        returned: the metric of the returned values, if it is another one; None if it is the same.
        notes: findings, a sentence each; empty if returned values and last reports are the same.
    """

    metric: Metric
    returned: Metric | None = None
    notes: tuple[str, ...] = ()


def reported_metric(metric: Metric, trials: Sequence[StudyTrial], goal: Goal | None = None) -> ReportedMetric:
    """Compare what completed trials returned with what they reported.

    A trial returned what it reported if its value is one of its reports: the last or the best one. If most trials
    returned something else, such as an accuracy beside a reported loss, the reports are another metric. The direction
    of that metric is opposite if reports and values rank the trials in opposite orders. If the ranks do not decide,
    `goal` does. Without a goal, the direction is opposite if the reports of most trials get worse from first to last.

    Args:
        metric: the study's metric, that of the returned values.
        trials: the trials of the study.
        goal: used if the ranks do not decide; None for none.
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
        f"{others} returned another metric than they reported: the curves are the reports, read as"
        f" {'larger' if way == 'maximize' else 'smaller'} is better; the returned values are not on the curves"
    )
    return ReportedMetric(reported, metric, (note,))


def _goal(metric: Metric, ends: Sequence[tuple[float, float, float]], goal: Goal | None) -> Goal:
    """Which way is better for reports: by their ranks compared with those of the values, or by their trend."""
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
