"""A study as a table of learning curves, the csv file that `CurveTable` and `bandits predict` read."""

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
from bandits.objectives.curve_files.table_metric import find_metric
from bandits.objectives.curve_table import CurveTable
from bandits.studies.account import Account
from bandits.studies.sources import read_study
from bandits.studies.study import Study, StudyTrial
from bandits.studies.study_curves import TrialCurve, read_curves
from bandits.studies.writers.parameter_cells import Described, misread_parameters, parameter_cells
from bandits.studies.writers.table_text import TableRow, column_name, headings_of, new_table, table_text

__all__ = ["ImportedCurves", "import_study"]

_NUMBER, _NAME = "trial", "run"  # names that readers take for labels


@dataclass(frozen=True, slots=True)
class ImportedCurves:
    """What was written.

    Args:
        path: of the file.
        metric: of the curves.
        rows: how many trials have a curve.
        complete: how many of them are as long as the longest.
        epochs: how long that is.
        timed: whether the file says how long epochs took.
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

    A row a trial with a measured epoch: its number or name, if it has one, every part of its configuration, every other
    feature, then the curve: raw values, and empty cells after the last epoch that was measured. What an epoch is, and
    how gaps are filled, is as everywhere here (`read_curves`). Where the study tells how long each trial trained, each
    epoch gets an equal share of it in the columns seconds_1, ....

    The epoch columns bear the metric's name where that tells which way is better, with "score" or "loss" added
    where it does not.

    Args:
        source: an Optuna study, a journal, or whatever else `read_study` takes.
        out: the file; a new one that ends in .csv.
        goal: of a source that does not tell which way is better.
        longest: epochs after this one are left out, in the unit in which the source counts, >= 2; None for none.

    Raises:
        SettingError, JournalError, UnknownPlugin: the source cannot be read, or has fewer than two curves; the file
            cannot be written.
        CurveTableError: the curves make no table, because all their values are the same, say.

    Example:
        >>> import tempfile, pathlib, optuna
        >>> from bandits.objectives import CurveTable
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
        >>> CurveTable(folder / "curves.csv").feature_names
        ('lr',)
    """
    path = new_table(out)
    check_choice("goal", goal, get_args(Goal), or_none=True)
    last = None if longest is None else check_whole("epochs", longest, 2)
    study = read_study(source, goal=goal, argument="the study")
    read = read_curves(study, last=last)
    trials = [(_timed(trial, last), trial.curve) for trial in read.trials if trial.curve is not None]
    if len(trials) < 2:
        raise SettingError.broken("the study", f"must hold 2 trials with a measured epoch, has {len(trials)}", source)
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


def _timed(read: TrialCurve, last: int | None) -> StudyTrial:
    """The trial; how long it trained is not known of one that reported after the last epoch."""
    later = last is not None and len(read.epochs) > 0 and read.epochs[-1] > last
    return replace(read.trial, seconds=None) if later else read.trial


def _family(metric: Metric) -> str:
    """A name for the epoch columns that tells the metric's goal."""
    kind = "score" if metric.goal == "maximize" else "loss"
    name = column_name(metric.name) if metric.name else kind
    return next((label for label in (name, f"{name}_{kind}") if _goal_of(label) == metric.goal), kind)


def _goal_of(label: str) -> Goal | None:
    """Which way is better, as far as the name of some columns tells."""
    if label in SECONDS:
        return None
    try:
        return find_metric(label, np.zeros((1, 1)), metric=None, goal=None, source=label)[0].goal
    except CurveTableError:
        return None


def _described(pairs: Sequence[tuple[StudyTrial, Curve]], family: str) -> list[Described]:
    """The configurations under the names that their columns will have."""
    plain = [
        Described({name: value for name, value in trial.config.items() if name != _NUMBER}, trial.features)
        for trial, _ in pairs
    ]
    headings = headings_of(list(parameter_cells(plain)), [family, "seconds"], _epochs_of(pairs))
    return [each.renamed(headings) for each in plain]


def _epochs_of(pairs: Sequence[tuple[StudyTrial, Curve]]) -> int:
    return max(2, *(curve.tau for _, curve in pairs))  # one column makes no family


def _text(
    study: Study,
    pairs: Sequence[tuple[StudyTrial, Curve]],
    parameters: Mapping[str, Sequence[object]],
    family: str,
) -> tuple[str, bool]:
    """The file, and whether it holds seconds."""
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
    """What tells the trials apart: their numbers, or else their names, where each has another one."""
    if all(trial.number is not None for trial in trials):
        return [{_NUMBER: trial.number} for trial in trials]
    names = {trial.name for trial in trials if trial.name}
    if len(names) == len(trials) and _NAME not in parameters:
        return [{_NAME: trial.name} for trial in trials]
    return [{} for _ in trials]
