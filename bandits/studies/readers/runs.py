"""Runs that another tool has logged, as an earlier study."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bandits.curves import Curve, Goal, Metric
from bandits.errors import CurveTableError
from bandits.objectives.table_columns import column_of, values_of_cells
from bandits.objectives.table_metric import find_metric
from bandits.studies.study import EarlierStudy, EarlierTrial

__all__ = ["Run", "study_of_runs"]


@dataclass(slots=True)
class Run:
    """What one run has logged of one metric, in the order in which it was written.

    Args:
        name: what its tool calls it.
        steps: when, in the tool's count.
        values: raw; NaN for a value that is no number.
        clock: the time of each report, in seconds; empty where it is unknown.
        config: the text of its hyperparameters, by name.
    """

    name: str
    steps: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    clock: list[float] = field(default_factory=list)
    config: Mapping[str, str] = field(default_factory=dict)

    def report(self, step: float, value: float, clock: float | None = None) -> None:
        """Add what was logged at a step."""
        self.steps.append(step)
        self.values.append(value)
        if clock is not None:
            self.clock.append(clock)

    def by_step(self) -> tuple[list[float], list[float]]:
        """Steps, ascending, and their values: the last one of each step.

        Where every report has the same step, nothing was counted, and the reports themselves are.
        """
        if len(set(self.steps)) == 1:
            return list(map(float, range(1, len(self.values) + 1))), self.values
        last = dict(zip(self.steps, self.values, strict=True))
        steps = sorted(last)
        return steps, [last[step] for step in steps]

    def seconds(self) -> float | None:
        """How long it trained, from before its first report; None where that cannot be told."""
        if len(self.clock) != len(self.values) or len(self.clock) < 2 or not all(map(math.isfinite, self.clock)):
            return None
        # What came before the first report took as long as what comes between two.
        return (max(self.clock) - min(self.clock)) * len(self.clock) / (len(self.clock) - 1)


def study_of_runs(source: str, runs: Sequence[Run], label: str, goal: Goal | None) -> EarlierStudy:
    """Make a study of runs.

    An epoch is what lies between two reports. Where all runs reported at steps of the longest one, its k-th step is
    epoch k; otherwise each run's k-th report is. A value that is no finite number ends a curve. A run that comes to the
    last epoch of the longest one is complete, and worth its last value; shorter ones were stopped.

    Args:
        source: as the user wrote it.
        runs: in the order in which they were started, as far as the source tells.
        label: name of the metric.
        goal: taken where neither the metric's name nor the shape of the curves tells which way is better.

    Raises:
        CurveTableError: there is no value at all, or nothing tells which way is better.
    """
    logged = [(run, *run.by_step()) for run in runs if run.values]
    grid = max((steps for _, steps, _ in logged), key=len, default=[])
    shared = set(grid).issuperset(step for _, steps, _ in logged for step in steps)
    places = {step: epoch for epoch, step in enumerate(grid, start=1)}
    curves: list[tuple[Run, list[int], list[float]]] = []
    for run, steps, values in logged:
        finite = next((i for i, value in enumerate(values) if not math.isfinite(value)), len(values))
        epochs = [places[step] for step in steps] if shared else list(range(1, len(steps) + 1))
        if finite:
            curves.append((run, epochs[:finite], values[:finite]))
    if not curves:
        raise CurveTableError.broken(f"{source}", "must hold a value", "none")
    metric = _metric(label, curves, goal, source)
    known = _configs_and_features([run for run, _, _ in curves], [values for _, _, values in curves])
    return EarlierStudy(
        source,
        metric,
        tuple(
            _trial(run.name, run.seconds(), epochs, values, config, features, metric, complete=epochs[-1] == len(grid))
            for (run, epochs, values), (config, features) in zip(curves, known, strict=True)
        ),
        "export",
    )


def _trial(
    name: str,
    seconds: float | None,
    epochs: Sequence[int],
    values: Sequence[float],
    config: Mapping[str, object],
    features: Mapping[str, float],
    metric: Metric,
    *,
    complete: bool,
) -> EarlierTrial:
    scores = [metric.orient(value) for value in values]
    curve = Curve(np.interp(np.arange(1, epochs[-1] + 1), epochs, scores))
    return EarlierTrial(
        config,
        features,
        curve,
        end="completed" if complete else "stopped",
        value=scores[-1] if complete else None,
        seconds=seconds,
        measured=None if len(epochs) == epochs[-1] else tuple(epochs),
        name=name,
    )


def _metric(label: str, curves: Sequence[tuple[Run, list[int], list[float]]], goal: Goal | None, source: str) -> Metric:
    """What the metric's name or the curves tell; else the goal that was given."""
    ends = np.array([[values[0], values[-1]] for _, _, values in curves])
    try:
        return find_metric(label, ends, metric=None, goal=None, source=source)[0]
    except CurveTableError:
        return find_metric(label, ends, metric=None, goal=goal, source=source)[0]  # without one, the same error


def _configs_and_features(
    runs: Sequence[Run], values: Sequence[Sequence[float]]
) -> list[tuple[dict[str, object], dict[str, float]]]:
    """Hyperparameters of runs as values, and as numbers that predictors see, as in tables of curves."""
    outcomes = [[curve[-1] for curve in values], [max(curve) for curve in values], [min(curve) for curve in values]]
    known: list[tuple[dict[str, object], dict[str, float]]] = [({}, {}) for _ in runs]
    for name in dict.fromkeys(name for run in runs for name in run.config):
        cells = values_of_cells(name, [run.config.get(name, "") for run in runs], [f"run {run.name}" for run in runs])
        if all(cell is None for cell in cells):
            continue
        for (config, _), cell in zip(known, cells, strict=True):
            config[name] = cell
        for feature, numbers in column_of(name, cells, outcomes=outcomes).features.items():
            for (_, features), number in zip(known, numbers, strict=True):
                features[feature] = number
    return known
