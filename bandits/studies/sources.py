"""Recognise what kind a source is, by its text and by the content of its file, and read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from bandits.curves import Goal
from bandits.errors import SettingError
from bandits.objectives.curve_files.csv_file import read_csv
from bandits.objectives.curve_files.csv_forms import form_of, log_error
from bandits.studies.file_kinds import OPTUNA_RECORD, SQLITE, first_bytes, tables_of
from bandits.studies.policies import POLICIES
from bandits.studies.readers.journal import study_of_journal
from bandits.studies.readers.long_csv import study_of_long_table
from bandits.studies.readers.table import study_of_table
from bandits.studies.readers.tensorboard import study_of_tensorboard, study_of_tensorboard_folder
from bandits.studies.readers.wandb import study_of_wandb_chart
from bandits.studies.study import Reports, Study, StudyTrial
from bandits.studies.study_curves import read_curves

__all__ = ["read_studies", "read_study"]

_CSV = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
_KINDS = (
    "table:NAME, a .csv or .csv.gz file, a folder of TensorBoard's csv exports, a journal of `bandits run`, or an"
    " Optuna storage (an SQLite file, the file of a JournalStorage, or a URL such as sqlite:///study.db), with #NAME"
    " where it holds several studies or metrics"
)


def read_study(source: str, *, goal: Goal | None = None, argument: str = "`warm_start`") -> Study:
    """Read a study.

    The kind of the source is found in this order: "table:..." is a table; a text with "://" is the URL of an Optuna
    storage; a folder holds exports of TensorBoard; a file called .csv or .csv.gz is an export of TensorBoard (columns
    Wall time, Step, Value), of Weights & Biases (Step, <run> - <metric>, ...) or of MLflow (run, step and value in each
    row), or else a table; an SQLite file is a journal of a run if it has a table `records`, and an Optuna storage if it
    has a table `studies`; a file whose first line is a record of Optuna's JournalStorage is such a storage.

    Args:
        source: one of these. "#" and the name of a study may follow an Optuna storage, "#" and the name of a metric an
            export.
        goal: used if the source does not tell which way is better; None for none.
        argument: name of the argument that holds the source, for messages.

    Raises:
        SettingError, JournalError, UnknownPlugin: the source does not exist, is of no known kind, or cannot be read.

    Example:
        >>> study = read_study("table:metaqnn_svhn")
        >>> study.metric.name, len(study.trials[0].reports)
        ('validation accuracy', 20)
    """
    kind, colon, rest = source.partition(":")
    if kind == "table" and rest:
        return study_of_table(source, rest, goal)
    if colon and rest.startswith("//"):
        # It takes half a second to load, which others need not wait for.
        from bandits.studies.readers.optuna import study_of_optuna_url

        url, _, name = source.partition("#")
        return study_of_optuna_url(source, url, name, argument=argument, goal=goal)
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
    return _study_of_file(source, path, name, argument, goal)


def read_studies(sources: Sequence[str], *, goal: Goal | None = None, argument: str = "`warm_start`") -> Study:
    """Read several sources as one study; its trials are in the order of the sources.

    Files of TensorBoard are read together, like a folder of them. Trials of several other sources have no numbers.

    Args:
        sources: at least one, each as `read_study` takes it.
        goal, argument: likewise.

    Raises:
        SettingError: no source is given, or their metrics have different goals; and see `read_study`.
    """
    if not sources:
        raise SettingError.broken(argument, "must be given", sources)
    if len(sources) == 1:
        return read_study(sources[0], goal=goal, argument=argument)
    called = " ".join(sources)
    paths = [Path(source) for source in sources]
    if all(path.is_file() and path.name.endswith(_CSV) for path in paths):
        files = list(map(read_csv, paths))
        if all(form_of(file) == "tensorboard" for file in files):
            return study_of_tensorboard(called, files, goal, argument=argument)
    studies = [read_study(source, goal=goal, argument=argument) for source in sources]
    first = studies[0]
    for study in studies[1:]:
        if study.metric.goal != first.metric.goal:
            rule = f"must have metrics of one goal; that of {first.source} is to {first.metric.goal}"
            raise SettingError.broken(argument, f"{rule}, that of {study.source} to {study.metric.goal}", called)
    trials = (replace(trial, number=None) for study in studies for trial in _by_epoch(study))
    kinds = {study.kind for study in studies}
    notes = tuple(f"{study.source}: {note}" for study in studies for note in study.notes)
    kind = first.kind if len(kinds) == 1 else "export"
    return Study(called, first.metric, tuple(trials), kind, POLICIES["table"], first.returned, notes)


def _by_epoch(study: Study) -> Iterable[StudyTrial]:
    """The trials of a study with epochs as steps, since the steps of other studies may count something else."""
    for read in read_curves(study).trials:
        raw = study.metric.orient(1.0) * read.scores
        yield replace(read.trial, reports=Reports.of(read.epochs, raw, read.trial.reports.clock))


def _study_of_csv(source: str, path: Path, name: str, goal: Goal | None, argument: str) -> Study:
    """Read a csv file by the kind that its header shows."""
    file = read_csv(path)
    form = form_of(file)
    if form == "tensorboard":
        return study_of_tensorboard(source, [file], goal, tag=name, argument=argument)
    if form == "wandb":
        return study_of_wandb_chart(source, file, goal, metric=name, argument=argument)
    if form == "long":
        return study_of_long_table(source, file, goal, metric=name, argument=argument)
    if form == "log":
        raise log_error(file)
    return study_of_table(source, f"{path}#{name}" if name else str(path), goal)


def _study_of_file(source: str, path: Path, name: str, argument: str, goal: Goal | None) -> Study:
    """Read a file whose kind only its content shows."""
    begins = first_bytes(path)
    tables = tables_of(path) if begins == SQLITE else set()
    if tables is None:
        rule = "must be a whole journal or Optuna storage; this file is a damaged or cut SQLite file"
        raise SettingError.broken(argument, rule, source)
    if "records" in tables:
        return study_of_journal(source, path)
    if "studies" in tables or begins.startswith(OPTUNA_RECORD):
        from bandits.studies.readers import optuna as optuna_studies

        if begins == SQLITE:
            return optuna_studies.study_of_optuna_url(source, f"sqlite:///{path}", name, argument=argument, goal=goal)
        return optuna_studies.study_of_optuna_file(source, path, name, argument=argument, goal=goal)
    found = f"an SQLite file with the tables {', '.join(sorted(tables))}" if tables else "of no known kind"
    raise SettingError.broken(argument, f"must be {_KINDS}; this file is {found}", source)
