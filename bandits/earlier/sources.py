"""What a source is, told by how it is written and by how its file begins."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from bandits.curves import Goal
from bandits.earlier.journals import study_of_journal
from bandits.earlier.studies import EarlierStudy
from bandits.earlier.tables import study_of_table
from bandits.errors import SettingError

__all__ = ["read_study"]

_SQLITE = b"SQLite format 3\x00"
_OPTUNA_RECORD = b'{"op_code"'
_KINDS = (
    "table:NAME, a .csv or .csv.gz file, a journal of `bandits run`, or an Optuna storage (an SQLite file, the file of "
    "a JournalStorage, or a URL such as sqlite:///study.db), with #NAME where it holds several studies"
)


def read_study(source: str, *, goal: Goal, longest: int) -> EarlierStudy:
    """Read an earlier study.

    In this order: "table:..." is a table; what holds "://" is the URL of an Optuna storage; a file called .csv or
    .csv.gz is a table; an SQLite file is a journal of a run if it has a table `records`, and an Optuna storage if it
    has a table `studies`; a file whose first line is a record of Optuna's JournalStorage is one.

    Args:
        source: one of these; an Optuna storage may be followed by "#" and the name of a study.
        goal: taken for a table that does not tell its own.
        longest: epochs after this one may be left out.

    Raises:
        SettingError, JournalError, UnknownPlugin: there is no such thing, it is none of these, or it cannot be read.

    Example:
        >>> study = read_study("table:metaqnn_svhn", goal="maximize", longest=20)
        >>> study.metric.name, study.trials[0].curve.tau
        ('validation accuracy', 20)
    """
    kind, colon, rest = source.partition(":")
    if kind == "table" and rest:
        return study_of_table(source, rest, goal)
    if colon and rest.startswith("//"):
        from bandits.earlier.optuna_studies import study_of_optuna_url  # half a second that others need not wait

        url, _, name = source.partition("#")
        return study_of_optuna_url(source, url, name, longest)
    path, name = Path(source), ""
    if not path.is_file():
        file, _, name = source.rpartition("#")
        path = Path(file)
    if not path.is_file():
        raise SettingError.broken("`warm_start`", f"must be a file that exists, or {_KINDS}", source)
    if path.name.endswith((".csv", ".csv.gz")):
        return study_of_table(source, str(path), goal)
    return _study_of_file(source, path, name, longest)


def _study_of_file(source: str, path: Path, name: str, longest: int) -> EarlierStudy:
    """Look into a file whose name tells nothing."""
    with path.open("rb") as file:
        begins = file.read(len(_SQLITE))
    tables = _tables_of(path) if begins == _SQLITE else set()
    if "records" in tables:
        return study_of_journal(source, path)
    if "studies" in tables or begins.startswith(_OPTUNA_RECORD):
        from bandits.earlier import optuna_studies

        if begins == _SQLITE:
            return optuna_studies.study_of_optuna_url(source, f"sqlite:///{path}", name, longest)
        return optuna_studies.study_of_optuna_file(source, path, name, longest)
    found = f"an SQLite file with the tables {', '.join(sorted(tables))}" if tables else "of no known kind"
    raise SettingError.broken("`warm_start`", f"must be {_KINDS}; this file is {found}", source)


def _tables_of(path: Path) -> set[str]:
    """Names of the tables of an SQLite file; none if it is damaged."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)) as connection:
            return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error:
        return set()
