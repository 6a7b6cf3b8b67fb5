"""Make a study of runs that another tool has logged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bandits.curves import Goal, Metric
from bandits.errors import CurveTableError
from bandits.objectives.curve_files.table_columns import column_of, values_of_cells
from bandits.objectives.curve_files.table_metric import find_metric
from bandits.studies.counting import count_epochs
from bandits.studies.policies import POLICIES, Policy
from bandits.studies.study import End, Reports, Study, StudyTrial

__all__ = ["Run", "study_of_runs"]


@dataclass(slots=True)
class Run:
    """The log of one metric of one run, in the order in which it was written.

    Args:
        name: its name in the tool.
        steps: the tool's steps.
        values: raw values; NaN for a value that is no number.
        clock: the time of each report, in seconds; empty if unknown.
        config: the text of its hyperparameters, by name.
    """

    name: str
    steps: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    clock: list[float] = field(default_factory=list)
    config: Mapping[str, str] = field(default_factory=dict)

    def report(self, step: float, value: float, clock: float | None = None) -> None:
        """Add the value logged at a step."""
        self.steps.append(step)
        self.values.append(value)
        if clock is not None:
            self.clock.append(clock)

    def reports(self) -> Reports:
        """The log as reports, in the order of their times if these are known."""
        if len(self.clock) != len(self.values):
            return Reports.of(self.steps, self.values)
        order = np.argsort(np.array(self.clock), kind="stable").tolist()
        columns = ([column[place] for place in order] for column in (self.steps, self.values, self.clock))
        return Reports.of(*columns)

    def seconds(self) -> float | None:
        """How long it trained, including the time before its first report; None if unknown."""
        if len(self.clock) != len(self.values) or len(self.clock) < 2 or not all(map(math.isfinite, self.clock)):
            return None
        # The time before the first report is taken to be as long as that between two reports.
        return (max(self.clock) - min(self.clock)) * len(self.clock) / (len(self.clock) - 1)


def study_of_runs(
    source: str,
    runs: Sequence[Run],
    label: str,
    goal: Goal | None,
    *,
    notes: Sequence[str] = (),
    policy: Policy = POLICIES["export"],
) -> Study:
    """Make a study of runs.

    A run that reaches the last epoch of the longest one is complete; shorter ones were stopped. The policy says what an
    epoch is, and which of several values at a step counts (`bandits.studies.policies`).

    Args:
        source: as the user wrote it.
        runs: in the order in which they were started, as far as the source tells.
        label: name of the metric.
        goal: used if neither the metric's name nor the shape of the curves tells which way is better.
        notes: what the reader guessed or left out, a sentence each.
        policy: how the reports become curves.

    Raises:
        CurveTableError: there is no value at all, or nothing tells which way is better.
        SettingError: steps are time stamps.
    """
    logged = [(run, run.reports()) for run in runs if run.values]
    counted = count_epochs([reports for _, reports in logged], policy, source=source)
    longest = max((int(epochs[np.isfinite(values)].max(initial=0)) for epochs, values in counted), default=0)
    trials: list[StudyTrial] = []
    curves: list[list[float]] = []
    for (run, reports), (epochs, values) in zip(logged, counted, strict=True):
        finite = np.isfinite(values)
        if finite.any():
            complete = int(epochs[finite][-1]) == longest
            end: End = "completed" if complete else "stopped"
            trials.append(StudyTrial(run.config, {}, reports, end, seconds=run.seconds(), name=run.name))
            curves.append(values[finite].tolist())
    if not trials:
        raise CurveTableError.broken(f"{source}", "must hold a value", "none")
    metric = _metric(label, curves, goal, source)
    known = _configs_and_features(trials, curves)
    described = (
        replace(trial, config=config, features=features)
        for trial, (config, features) in zip(trials, known, strict=True)
    )
    return Study(source, metric, tuple(described), "export", policy, notes=tuple(notes))


def _metric(label: str, curves: Sequence[Sequence[float]], goal: Goal | None, source: str) -> Metric:
    """The metric, with the goal that its name or the curves tell; else with the given goal."""
    ends = np.array([[values[0], values[-1]] for values in curves])
    try:
        return find_metric(label, ends, metric=None, goal=None, source=source)[0]
    except CurveTableError:
        return find_metric(label, ends, metric=None, goal=goal, source=source)[0]  # without one, the same error


def _configs_and_features(
    trials: Sequence[StudyTrial], values: Sequence[Sequence[float]]
) -> list[tuple[dict[str, object], dict[str, float]]]:
    """Hyperparameters of runs as values, and as features for predictors, as in tables of curves."""
    outcomes = [[curve[-1] for curve in values], [max(curve) for curve in values], [min(curve) for curve in values]]
    known: list[tuple[dict[str, object], dict[str, float]]] = [({}, {}) for _ in trials]
    for name in dict.fromkeys(name for trial in trials for name in trial.config):
        written = [str(trial.config.get(name, "")) for trial in trials]
        cells = values_of_cells(name, written, [f"run {trial.name}" for trial in trials])
        if all(cell is None for cell in cells):
            continue
        for (config, _), cell in zip(known, cells, strict=True):
            config[name] = cell
        for feature, numbers in column_of(name, cells, outcomes=outcomes).features.items():
            for (_, features), number in zip(known, numbers, strict=True):
                features[feature] = number
    return known
