"""A study as a table of learning curves, the csv file that `CurveTable` and `bandits predict` read."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np

from bandits.curves import Curve, Goal, Metric
from bandits.errors import CurveTableError, SettingError, check_at_least
from bandits.objectives.curve_table import CurveTable
from bandits.objectives.table_metric import find_metric
from bandits.studies.account import Account
from bandits.studies.sources import read_study
from bandits.studies.study import Study, StudyTrial
from bandits.studies.study_curves import TrialCurve, read_curves
from bandits.studies.writers.table_text import column_name

__all__ = ["ImportedCurves", "import_study"]

_NOT_A_METRIC = {"cost", "duration", "sec", "seconds", "secs", "time", "times", "wall_time"}  # read as seconds
_NUMBER = "trial"  # a name that readers take for a label
_NUMBERED = re.compile(r"(.*?)([0-9]+)")


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

    A row a trial with a measured epoch: its number, if it has one, every part of its configuration, every other
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
    path = _new_file(out)
    if goal not in (None, *get_args(Goal)):
        raise SettingError.broken("`goal`", "must be 'maximize' or 'minimize'", goal)
    last = None if longest is None else check_at_least("epochs", longest, 2)
    study = read_study(source, goal=goal, argument="the study")
    read = read_curves(study, last=last)
    trials = [(_timed(trial, last), trial.curve) for trial in read.trials if trial.curve is not None]
    if len(trials) < 2:
        raise SettingError.broken("the study", f"must hold 2 trials with a measured epoch, has {len(trials)}", source)
    family = _family(study.metric)
    text, timed = _text(study, trials, family)
    try:
        path.write_text(text, encoding="utf-8")
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


def _new_file(out: str | Path) -> Path:
    path = Path(out)
    if path.suffix != ".csv":
        raise SettingError.broken("`out`", "must end in .csv", str(out))
    if path.exists():
        raise SettingError.broken("`out`", "must be a new file", str(out))
    if not path.parent.is_dir():
        raise SettingError.broken("`out`", "must lie in a folder that exists", str(out))
    return path


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
    if label in _NOT_A_METRIC:
        return None
    try:
        return find_metric(label, np.zeros((1, 1)), metric=None, goal=None, source=label)[0].goal
    except CurveTableError:
        return None


def _text(study: Study, pairs: Sequence[tuple[StudyTrial, Curve]], family: str) -> tuple[str, bool]:
    """The file, and whether it holds seconds."""
    trials = [trial for trial, _ in pairs]
    epochs = max(2, *(curve.tau for _, curve in pairs))  # one column makes no family
    numbered = [_NUMBER] if all(trial.number is not None for trial in trials) else []
    config = dict.fromkeys(name for trial in trials for name in trial.config if name not in numbered)
    more = dict.fromkeys(name for trial in trials for name in trial.features if not _repeats(name, config))
    timed = all(trial.seconds is not None for trial in trials) and any(trial.seconds for trial in trials)
    families = (family, "seconds") if timed else (family,)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    columns = [f"{label}_{number}" for label in families for number in range(1, epochs + 1)]
    writer.writerow((*_headings([*numbered, *config, *more], epochs), *columns))
    for trial, curve in pairs:
        empty = [""] * (epochs - curve.tau)
        cells: list[object] = [trial.number for _ in numbered]
        cells += [_cell(trial.config.get(name)) for name in config]
        cells += [trial.features.get(name, "") for name in more]
        cells += [study.metric.restore(score) for score in curve.scores.tolist()]
        cells += empty
        if timed:
            cells += [(trial.seconds or 0.0) / curve.tau] * curve.tau
            cells += empty
        writer.writerow(cells)
    return text.getvalue(), timed


def _repeats(feature: str, config: Iterable[str]) -> bool:
    """Whether a feature says what a part of the configuration says already: `kind=a` and `has kind` of `kind`."""
    return feature.partition("=")[0] in config or feature.removeprefix("has ") in config


def _headings(names: Sequence[str], epochs: int) -> list[str]:
    """The names of the columns, none of which a reader could take for an epoch's: units_1, units_2 become units_1_."""
    numbers: dict[str, list[int]] = {}
    for name in names:
        if (match := _NUMBERED.fullmatch(name)) is not None:
            numbers.setdefault(match[1], []).append(int(match[2]))
    looks_like = {prefix for prefix, found in numbers.items() if len(found) >= epochs or max(found) == epochs}
    return [
        f"{name}_" if (match := _NUMBERED.fullmatch(name)) is not None and match[1] in looks_like else name
        for name in names
    ]


def _cell(value: object) -> object:
    """A part of a configuration as one cell."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={item}" for name, item in value.items())
    return "" if value is None else value
