"""What a source is, told by how it is written and by how its file begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bandits.curves import Goal
from bandits.errors import SettingError
from bandits.objectives.csv_file import read_csv
from bandits.objectives.csv_forms import form_of, log_error
from bandits.studies.file_kinds import OPTUNA_RECORD, SQLITE, first_bytes, tables_of
from bandits.studies.readers.journal import study_of_journal
from bandits.studies.readers.long_csv import study_of_long_table
from bandits.studies.readers.table import study_of_table
from bandits.studies.readers.tensorboard import study_of_tensorboard, study_of_tensorboard_folder
from bandits.studies.readers.wandb import study_of_wandb_chart
from bandits.studies.study import EarlierStudy

__all__ = ["read_studies", "read_study"]

_CSV = (".csv", ".csv.gz")
_KINDS = (
    "table:NAME, a .csv or .csv.gz file, a folder of TensorBoard's csv exports, a journal of `bandits run`, or an"
    " Optuna storage (an SQLite file, the file of a JournalStorage, or a URL such as sqlite:///study.db), with #NAME"
    " where it holds several studies or metrics"
)


def read_study(
    source: str, *, goal: Goal | None = None, longest: int | None = None, argument: str = "`warm_start`"
) -> EarlierStudy:
    """Read an earlier study.

    In this order: "table:..." is a table; what holds "://" is the URL of an Optuna storage; a folder holds exports of
    TensorBoard; a file called .csv or .csv.gz is an export of TensorBoard (columns Wall time, Step, Value), of Weights
    & Biases (Step, <run> - <metric>, ...) or of MLflow (a run, a step and a value a row), or else a table; an SQLite
    file is a journal of a run if it has a table `records`, and an Optuna storage if it has a table `studies`; a file
    whose first line is a record of Optuna's JournalStorage is one.

    Args:
        source: one of these; an Optuna storage may be followed by "#" and the name of a study, an export by "#" and
            that of a metric.
        goal: taken for a table or an export that does not tell its own; None for none.
        longest: epochs after this one may be left out; None for all.
        argument: how messages call the source.

    Raises:
        SettingError, JournalError, UnknownPlugin: there is no such thing, it is none of these, or it cannot be read.

    Example:
        >>> study = read_study("table:metaqnn_svhn")
        >>> study.metric.name, study.trials[0].curve.tau
        ('validation accuracy', 20)
    """
    kind, colon, rest = source.partition(":")
    if kind == "table" and rest:
        return study_of_table(source, rest, goal)
    if colon and rest.startswith("//"):
        from bandits.studies.readers.optuna import study_of_optuna_url  # half a second that others need not wait

        url, _, name = source.partition("#")
        return study_of_optuna_url(source, url, name, longest, argument=argument)
    file, name = source, ""
    if not source or not Path(source).exists():
        file, _, name = source.rpartition("#")
    path = Path(file)
    if file and path.is_dir():
        return study_of_tensorboard_folder(source, path, goal, tag=name, argument=argument)
    if not path.is_file():
        raise SettingError.broken(argument, f"must be a file that exists, or {_KINDS}", source)
    if path.name.endswith(_CSV):
        return _study_of_csv(source, path, name, goal, argument)
    return _study_of_file(source, path, name, longest, argument)


def read_studies(
    sources: Sequence[str], *, goal: Goal | None = None, longest: int | None = None, argument: str = "`warm_start`"
) -> EarlierStudy:
    """Read several sources as one study, whose trials were started source by source.

    Files of TensorBoard are read together, as a folder of them is; trials of several other sources have no numbers.

    Args:
        sources: at least one, each as `read_study` takes it.
        goal, longest, argument: likewise.

    Raises:
        SettingError: there is no source, or their metrics are better in different directions; and see `read_study`.
    """
    if not sources:
        raise SettingError.broken(argument, "must be given", sources)
    if len(sources) == 1:
        return read_study(sources[0], goal=goal, longest=longest, argument=argument)
    called = " ".join(sources)
    files = [Path(source) for source in sources]
    if all(file.is_file() and file.name.endswith(_CSV) and form_of(read_csv(file)) == "tensorboard" for file in files):
        return study_of_tensorboard(called, files, goal, argument=argument)
    studies = [read_study(source, goal=goal, longest=longest, argument=argument) for source in sources]
    first = studies[0]
    for study in studies[1:]:
        if study.metric.goal != first.metric.goal:
            rule = f"must be better in one direction; {first.source} is to {first.metric.goal}"
            raise SettingError.broken(argument, f"{rule} its metric, {study.source} to {study.metric.goal}", called)
    trials = (replace(trial, number=None) for study in studies for trial in study.trials)
    kinds = {study.kind for study in studies}
    return EarlierStudy(called, first.metric, tuple(trials), first.kind if len(kinds) == 1 else "export")


def _study_of_csv(source: str, path: Path, name: str, goal: Goal | None, argument: str) -> EarlierStudy:
    """Tell by the header what a csv file is."""
    file = read_csv(path)
    form = form_of(file)
    if form == "tensorboard":
        return study_of_tensorboard(source, [path], goal, tag=name, argument=argument)
    if form == "wandb":
        return study_of_wandb_chart(source, path, goal, metric=name, argument=argument)
    if form == "long":
        return study_of_long_table(source, path, goal, metric=name, argument=argument)
    if form == "log":
        raise log_error(file)
    return study_of_table(source, f"{path}#{name}" if name else str(path), goal)


def _study_of_file(source: str, path: Path, name: str, longest: int | None, argument: str) -> EarlierStudy:
    """Look into a file whose name tells nothing."""
    begins = first_bytes(path)
    tables = (tables_of(path) or set()) if begins == SQLITE else set()
    if "records" in tables:
        return study_of_journal(source, path)
    if "studies" in tables or begins.startswith(OPTUNA_RECORD):
        from bandits.studies.readers import optuna as optuna_studies

        if begins == SQLITE:
            return optuna_studies.study_of_optuna_url(source, f"sqlite:///{path}", name, longest, argument=argument)
        return optuna_studies.study_of_optuna_file(source, path, name, longest, argument=argument)
    found = f"an SQLite file with the tables {', '.join(sorted(tables))}" if tables else "of no known kind"
    raise SettingError.broken(argument, f"must be {_KINDS}; this file is {found}", source)
