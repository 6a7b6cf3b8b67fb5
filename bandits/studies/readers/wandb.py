"""Read a chart that Weights & Biases exported as csv: one row for each step, one column for each run."""

from __future__ import annotations

import math

from bandits.curves import Goal
from bandits.objectives.curve_files.csv_cells import plain_name
from bandits.objectives.curve_files.csv_file import CsvFile
from bandits.objectives.curve_files.csv_forms import BETWEEN, STEP_NAMES
from bandits.studies.readers.choices import choose_metric
from bandits.studies.readers.runs import Run, study_of_runs
from bandits.studies.study import Study

__all__ = ["study_of_wandb_chart"]

_BOUNDS = ("__MIN", "__MAX")  # columns of the range of a smoothed or grouped line
_TIME = "time"  # Relative Time (Process), Wall Time, _timestamp


def study_of_wandb_chart(
    source: str, file: CsvFile, goal: Goal | None, *, metric: str = "", argument: str = "`warm_start`"
) -> Study:
    """Read the runs of a chart, in the order of its columns.

    The first column is the step, whatever its name. If it is a time, which differs between runs, the k-th value of a
    run is its k-th report.

    Args:
        source: as the user wrote it.
        file: the chart.
        goal: used if neither the metric's name nor the shape of the curves tells which way is better.
        metric: which metric to read, if the chart shows several.
        argument: name of the argument that holds the source, for messages.

    Raises:
        SettingError: the chart shows several metrics, and none was requested.
        CurveTableError: a cell cannot be read.
    """
    columns: list[tuple[int, str, str]] = []
    for column, name in enumerate(file.header):
        run, between, of = name.rpartition(BETWEEN)
        # Other tools' steps of the same runs stand beside the metrics: "<run> - _step".
        counts = plain_name(of) in STEP_NAMES or plain_name(of).endswith("globalstep")
        if between and not of.endswith(_BOUNDS) and not counts:
            columns.append((column, run, of))
    metrics = list(dict.fromkeys(of for _, _, of in columns))
    label, notes = choose_metric(metrics, metric, kind="metrics", source=source, argument=argument)
    axis = min(place for place in range(len(file.header)) if place not in file.unnamed)
    time = _TIME in plain_name(file.header[axis])
    if time:
        notes += (f"the axis {file.header[axis]!r} is a time: the k-th value of a run is its epoch k",)
    runs = [_run(file, column, name, axis, time=time) for column, name, of in columns if of == label]
    return study_of_runs(source, runs, label, goal, notes=(*file.notes, *notes))


def _run(file: CsvFile, column: int, name: str, axis: int, *, time: bool) -> Run:
    run = Run(name)
    for row, cells in enumerate(file.rows):
        if cells[column].strip() and math.isfinite(step := file.number(row, axis)):
            value = file.measured(row, column)
            if time:
                run.report(len(run.values) + 1, value, step)
            else:
                run.report(step, value)
    return run
