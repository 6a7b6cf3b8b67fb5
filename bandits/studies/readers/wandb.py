"""A chart that Weights & Biases has exported as csv: a step a row, a column a run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from bandits.curves import Goal
from bandits.errors import SettingError
from bandits.objectives.csv_cells import plain_name
from bandits.objectives.csv_file import read_csv
from bandits.studies.readers.runs import Run, study_of_runs
from bandits.studies.study import Study

__all__ = ["is_wandb_chart", "study_of_wandb_chart"]

_BETWEEN = " - "  # of a column's run and metric
_BOUNDS = ("__MIN", "__MAX")  # columns of what a smoothed or grouped line spans
_STEPS = frozenset({"step", "globalstep", "trainerglobalstep", "epoch", "iteration"})


def is_wandb_chart(header: Sequence[str]) -> bool:
    """Whether a header is that of a chart: a step, and columns called "<run> - <metric>"."""
    return len(header) > 1 and plain_name(header[0]) in _STEPS and all(_BETWEEN in name for name in header[1:])


def study_of_wandb_chart(
    source: str, path: Path, goal: Goal | None, *, metric: str = "", argument: str = "`warm_start`"
) -> Study:
    """Read the runs of a chart, in the order of its columns.

    Args:
        source: as the user wrote it.
        path: the file.
        goal: taken where neither the metric's name nor the shape of the curves tells which way is better.
        metric: which one, where the chart shows several.
        argument: how messages call the source.

    Raises:
        SettingError: the chart shows several metrics, and none of them is asked for.
        CurveTableError: the file cannot be read.
    """
    file = read_csv(path)
    columns: list[tuple[int, str, str]] = []
    for column, name in enumerate(file.header):
        run, between, of = name.rpartition(_BETWEEN)
        # Other tools' steps of the same runs stand beside the metrics: "<run> - _step".
        if column and between and not of.endswith(_BOUNDS) and plain_name(of) not in _STEPS:
            columns.append((column, run, of))
    metrics = list(dict.fromkeys(of for _, _, of in columns))
    if metric not in metrics and (metric or len(metrics) != 1):
        rule = f"must end with # and one of its metrics ({', '.join(metrics) or 'it has none'})"
        raise SettingError.broken(argument, rule, source)
    runs: list[Run] = []
    for column, name in ((column, run) for column, run, of in columns if of == (metric or metrics[0])):
        runs.append(Run(name))
        for row in range(len(file.rows)):
            if file.rows[row][column].strip() and math.isfinite(step := file.number(row, 0)):
                runs[-1].report(step, file.number(row, column))
    return study_of_runs(source, runs, metric or metrics[0], goal)
