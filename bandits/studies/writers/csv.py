"""Write a study as a table of learning curves, a csv file that `CurveTable` and `bandits predict` read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np

from bandits.curves import Curve, Goal, Metric
from bandits.errors import CurveTableError, SettingError
from bandits.errors.checks import check_choice, check_whole
from bandits.objectives.curve_files.column_families import SECONDS
from bandits.objectives.curve_files.csv_cells import MOST
from bandits.objectives.curve_files.table_metric import find_metric
from bandits.objectives.curve_table import CurveTable
from bandits.studies.account import Account
from bandits.studies.sources import read_study
from bandits.studies.study import Study, StudyTrial
from bandits.studies.study_curves import TrialCurve, read_curves
from bandits.studies.writers.parameter_cells import Described, misread_parameters, parameter_cells
from bandits.studies.writers.table_text import TableRow, column_name, headings_of, new_table, table_text

__all__ = ["ImportedCurves", "import_study"]

_NUMBER, _NAME = "trial", "run"  # readers take columns with these names as labels


@dataclass(frozen=True, slots=True)
class ImportedCurves:
    """The result of `import_study`.

    Args:
        path: path of the file.
        metric: metric of the curves.
        rows: number of trials with a curve.
        complete: number of curves that are as long as the longest one.
        epochs: length of the longest curve.
        timed: whether the file holds the seconds of epochs.
        account: what was filled, merged or left out.
    """

    path: Path
    metric: Metric
    rows: int
    complete: int
    epochs: int
    timed: bool
    account: Account


def import_study(
    source: str, out: str | Path, *, goal: Goal | None = None, longest: int | None = None
) -> ImportedCurves:
    """Write a study as a table of learning curves.

    Each trial with a measured epoch is a row; docs/files.md describes the columns. `read_curves` fills gaps.

    Args:
        source: an Optuna study, a journal, or any other source of `read_study`.
        out: path of a new file that ends in .csv.
        goal: used if the source does not tell which way is better.
        longest: later epochs are left out; in the source's own unit, >= 2; None for no limit.

    Raises:
        SettingError, JournalError, UnknownPlugin: the source cannot be read, or has fewer than two curves; or the file
            cannot be written.
        CurveTableError: the curves make no table, for example because all values are the same.

    Example:
        >>> import tempfile, pathlib, optuna
        >>> optuna.logging.set_verbosity(optuna.logging.ERROR)
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> study = optuna.create_study(storage=f"sqlite:///{folder}/study.db")
        >>> for rate in (0.1, 0.2):
        ...     trial = study.ask({"lr": optuna.distributions.FloatDistribution(0, 1)})
        ...     for epoch in (1, 2, 3):
        ...         trial.report(rate / epoch + trial.params["lr"], epoch)
        ...     _ = study.tell(trial, trial.params["lr"])
        >>> curves = import_study(f"{folder}/study.db", folder / "curves.csv")
        >>> curves.rows, curves.epochs, curves.metric.goal
        (2, 3, 'minimize')
    """
    path = new_table(out)
    check_choice("goal", goal, get_args(Goal), or_none=True)
    last = None if longest is None else check_whole("epochs", longest, 2)
    study = _within_limits(read_study(source, goal=goal, argument="the study"))
    read = read_curves(study, last=last)
    trials = [(_timed(trial, last), trial.curve) for trial in read.trials if trial.curve is not None]
    if len(trials) < 2:
        raise SettingError.broken(
            "the study", f"must hold at least 2 trials with a measured epoch, but has {len(trials)}", source
        )
    family = _family(study.metric)
    described = _described(trials, family)
    text, timed = _text(study, trials, parameter_cells(described), family)
    try:
        path.write_text(text, encoding="utf-8")
        table = CurveTable(path, duplicates="keep")
        misread = misread_parameters(described, table)
        if misread:
            path.write_text(_text(study, trials, parameter_cells(described, misread), family)[0], encoding="utf-8")
            table = CurveTable(path, duplicates="keep")
    except OSError as error:
        raise SettingError.broken(
            "`out`", f"must be a file that can be written ({error.strerror})", str(out)
        ) from error
    except CurveTableError:
        path.unlink()
        raise
    lengths = [curve.tau for _, curve in trials]
    return ImportedCurves(
        path, table.metric, len(trials), lengths.count(max(lengths)), max(lengths), timed, read.account
    )


def _within_limits(study: Study) -> Study:
    """A study whose values a table can hold: larger ones, of trainings that diverged, count as not finite."""
    reports = [trial.reports for trial in study.trials]
    beyond = [np.isfinite(each.values) & (np.abs(each.values) > MOST) for each in reports]
    count = sum(int(each.sum()) for each in beyond)
    if not count:
        return study
    trials = tuple(
        replace(trial, reports=replace(trial.reports, values=np.where(too_large, np.nan, trial.reports.values)))
        for trial, too_large in zip(study.trials, beyond, strict=True)
    )
    rows = sum(bool(each.any()) for each in beyond)
    note = f"values beyond {MOST:g}, read as no finite numbers: {count:,} in {rows:,} trial{'s' * (rows != 1)}"
    return replace(study, trials=trials, notes=(*study.notes, note))


def _timed(read: TrialCurve, last: int | None) -> StudyTrial:
    """The trial, without its seconds if it reported after the last epoch."""
    later = last is not None and len(read.epochs) > 0 and read.epochs[-1] > last
    return replace(read.trial, seconds=None) if later else read.trial


def _family(metric: Metric) -> str:
    """A name for the epoch columns from which readers can tell the metric's goal."""
    kind = "score" if metric.goal == "maximize" else "loss"
    name = column_name(metric.name) if metric.name else kind
    return next((label for label in (name, f"{name}_{kind}") if _goal_of(label) == metric.goal), kind)


def _goal_of(label: str) -> Goal | None:
    """Which way is better, if the name of the columns tells it."""
    if label in SECONDS:
        return None
    try:
        return find_metric(label, np.zeros((1, 1)), metric=None, goal=None, source=label)[0].goal
    except CurveTableError:
        return None


def _described(pairs: Sequence[tuple[StudyTrial, Curve]], family: str) -> list[Described]:
    """The configurations, under the names of their columns."""
    plain = [
        Described({name: value for name, value in trial.config.items() if name != _NUMBER}, trial.features)
        for trial, _ in pairs
    ]
    headings = headings_of(list(parameter_cells(plain)), [family, "seconds"], _epochs_of(pairs))
    return [each.renamed(headings) for each in plain]


def _epochs_of(pairs: Sequence[tuple[StudyTrial, Curve]]) -> int:
    return max(2, *(curve.tau for _, curve in pairs))  # readers need at least two columns to recognise curves


def _text(
    study: Study,
    pairs: Sequence[tuple[StudyTrial, Curve]],
    parameters: Mapping[str, Sequence[object]],
    family: str,
) -> tuple[str, bool]:
    """The text of the file, and whether it holds seconds."""
    trials = [trial for trial, _ in pairs]
    labels = _labels(trials, parameters)
    timed = all(trial.seconds is not None for trial in trials) and any(trial.seconds for trial in trials)
    rows: list[TableRow] = []
    for place, (trial, curve) in enumerate(pairs):
        settings = {name: cells[place] for name, cells in parameters.items()}
        curves: dict[str, Sequence[object]] = {family: [study.metric.restore(score) for score in curve.scores.tolist()]}
        if timed:
            curves["seconds"] = [(trial.seconds or 0.0) / curve.tau] * curve.tau
        rows.append(TableRow(labels[place] | settings, curves))
    return table_text(rows, epochs=_epochs_of(pairs)), timed


def _labels(trials: Sequence[StudyTrial], parameters: Collection[str]) -> list[dict[str, object]]:
    """Labels of the trials: their numbers, or else their names if these differ."""
    if all(trial.number is not None for trial in trials):
        return [{_NUMBER: trial.number} for trial in trials]
    names = {trial.name for trial in trials if trial.name}
    if len(names) == len(trials) and _NAME not in parameters:
        return [{_NAME: trial.name} for trial in trials]
    return [{} for _ in trials]
