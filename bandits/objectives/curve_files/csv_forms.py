"""Recognise the form of a csv file of learning curves by its column names, and by a column that counts the rows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

from bandits.errors import CurveTableError
from bandits.objectives.curve_files.column_families import families_in
from bandits.objectives.curve_files.csv_cells import number_in, plain_name
from bandits.objectives.curve_files.csv_file import CsvFile
from bandits.objectives.curve_files.metric_words import names_a_metric

__all__ = ["BETWEEN", "RUN_NAMES", "STEP_NAMES", "VALUE_NAMES", "Form", "form_of", "log_error", "named_column"]

Form = Literal["table", "long", "wandb", "tensorboard", "log"]
"""table: one row for each configuration; long: one row for each report; wandb: a chart of Weights & Biases, one column
for each run; tensorboard: scalars of TensorBoard, one file for each run; log: one training, one row for each epoch."""

RUN_NAMES = ("runid", "runuuid", "run", "trialid", "trialnumber", "trial", "runname", "name")
"""Possible names of the run column, as `plain_name` writes them; the first that exists is taken."""
STEP_NAMES = ("epoch", "step", "globalstep", "iteration", "iter", "trainingiteration")
"""Possible names of the step column."""
VALUE_NAMES = ("value", "metricvalue")
"""Possible names of the value column."""
BETWEEN = " - "
"""The text between run and metric in the column names of a chart of Weights & Biases."""

_TENSORBOARD = ["walltime", "step", "value"]
_COUNTS = 0.9  # if rows are epochs, at least this share of them is one stride after the row before


def form_of(file: CsvFile) -> Form:
    """Find the form of a file.

    It is long if columns are named after run and step, and one after the value or a run has several rows. It is a log
    if a column named after the step counts the rows, from 0 or 1 on, unless there are settings beside curves whose name
    says a metric. It is a table otherwise.
    """
    names = [name for place, name in enumerate(file.header) if place not in file.unnamed]
    if [plain_name(name) for name in names] == _TENSORBOARD:
        return "tensorboard"
    if len(names) > 1 and all(_is_of_chart(name) for name in names[1:]) and not _is_of_chart(names[0]):
        return "wandb"
    run, step = named_column(file.header, RUN_NAMES), named_column(file.header, STEP_NAMES)
    if step is None:
        return "table"
    if run is not None:
        several = max(Counter(row[run] for row in file.rows).values(), default=0) > 1
        if several or named_column(file.header, VALUE_NAMES) is not None:
            return "long"
    return "log" if _counts_rows(file, step) and not _has_settings_and_curves(file, step) else "table"


def named_column(header: Sequence[str], known: Sequence[str]) -> int | None:
    """Index of the column with one of some plain names, in the order of the names; None if there is none."""
    names = [plain_name(name) for name in header]
    return next((names.index(name) for name in known if name in names), None)


def log_error(file: CsvFile) -> CurveTableError:
    """The error for a log of one training, or of several without a column that tells them apart."""
    step = named_column(file.header, STEP_NAMES) or 0
    restarts = [row for row, (before, after) in enumerate(_steps(file, step), start=1) if after < before]
    name = file.header[step]
    what = f"it is the log of one training, with one row for each epoch (column {name!r})"
    if restarts:
        what = (
            f"it is a log in which {name!r} starts again on line {file.lines[restarts[0]]}, and no column names the run"
            " (run, run_id, run_uuid, run_name, trial, trial_id, trial_number or name)"
        )
    forms = "a row for each configuration and a column for each epoch, or a row for each epoch and a column run_id"
    return CurveTableError(f"{file.path} must hold several trainings: {forms}; {what}")


def _is_of_chart(name: str) -> bool:
    """Whether a column is called "<run> - <metric>"."""
    _, between, metric = name.rpartition(BETWEEN)
    return bool(between) and not metric.strip().isdigit()


def _steps(file: CsvFile, step: int) -> Iterator[tuple[float, float]]:
    """The numbers in a column, each with the next one; NaN for cells without a number."""
    found = [number_in(row[step]) for row in file.rows]
    return pairwise(math.nan if number is None else number for number in found)


def _counts_rows(file: CsvFile, step: int) -> bool:
    """Whether a column counts rows: it begins with 0, 1 or its stride, and goes up by the stride in most rows until it
    starts again."""
    steps = list(_steps(file, step))
    onward = [after - before for before, after in steps if not after < before]
    if not onward or 2 * len(onward) < len(steps):
        return False
    stride, often = Counter(onward).most_common(1)[0]
    return stride > 0 and steps[0][0] in (0, 1, stride) and often >= _COUNTS * len(onward)


def _has_settings_and_curves(file: CsvFile, step: int) -> bool:
    curves = [family for family in families_in(file).whole if names_a_metric(family.label)]
    taken = {step, *file.unnamed, *(place for family in curves for place in family.places)}
    return bool(curves) and len(taken) < len(file.header)
