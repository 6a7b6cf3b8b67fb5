"""Where the records of a run are kept: in memory, or in an append-only SQLite file.

A file can be read while the run goes on, and after a crash: every record is committed as it happens. Triggers
refuse to change or delete a record.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Protocol

from bandits.errors import JournalError
from bandits.runtime import records
from bandits.runtime.records import Record
from bandits.schedulers.lifecycle import State

__all__ = ["Journal", "MemoryJournal", "SqliteJournal"]

_APPLICATION_ID = 0x42414E44  # "BAND": tells a journal from other SQLite files
_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        records.RunStarted,
        records.TrialStarted,
        records.JobStarted,
        records.Epoch,
        records.TrialFailed,
        records.WorkerLost,
        records.Advised,
        records.Changed,
        records.Ended,
    )
}
_SCHEMA = """
CREATE TABLE records (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, trial INTEGER, body TEXT NOT NULL);
CREATE INDEX records_of_trial ON records (trial);
CREATE TRIGGER no_update BEFORE UPDATE ON records BEGIN SELECT RAISE(ABORT, 'a journal is append-only'); END;
CREATE TRIGGER no_delete BEFORE DELETE ON records BEGIN SELECT RAISE(ABORT, 'a journal is append-only'); END;
"""
_EVERYTHING = "SELECT kind, body FROM records ORDER BY seq"
_ABOUT_A_TRIAL = "SELECT kind, body FROM records WHERE trial = ? ORDER BY seq"


class Journal(Protocol):
    """Keeps records in order."""

    def append(self, record: Record) -> None:
        """Add a record; it is safe when this returns."""
        ...

    def records(self, trial: int | None = None) -> Iterator[Record]:
        """All records, oldest first, or those about one trial."""
        ...


class MemoryJournal:
    """Keeps records for as long as the object lives."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self.append = self._records.append  # the loop appends after every epoch: no call in between

    def records(self, trial: int | None = None) -> Iterator[Record]:
        return (record for record in self._records if trial is None or getattr(record, "trial", None) == trial)


class SqliteJournal:
    """Keeps records in a SQLite file (WAL mode).

    Args:
        path: of the file. `create` makes a new one, `open` reads one that is there.

    Example:
        >>> import tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "run.journal"
        >>> with SqliteJournal.create(path) as journal:
        ...     journal.append(records.Epoch(trial=0, epoch=1, value=0.5, seconds=1.0, clock=1.0))
        >>> with SqliteJournal.open(path) as journal:
        ...     [(record.epoch, record.value) for record in journal.records()]
        [(1, 0.5)]
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def create(cls, path: str | Path) -> SqliteJournal:
        """Start a new journal.

        Raises:
            JournalError: the file exists already, or cannot be written.
        """
        path = Path(path)
        if path.exists():
            raise JournalError(f"journal must be a new file, {str(path)!r} exists already")
        connection = None
        try:
            connection = sqlite3.connect(path, isolation_level=None)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(f"PRAGMA application_id={_APPLICATION_ID}")
            connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            raise JournalError(f"journal must be a file that can be written, got {str(path)!r} ({error})") from error
        return cls(path, connection)

    @classmethod
    def open(cls, path: str | Path) -> SqliteJournal:
        """Open a journal that is there, to read it.

        Raises:
            JournalError: there is no such file, or it is no journal.
        """
        path = Path(path)
        if not path.is_file():
            raise JournalError(f"journal must be an existing file, got {str(path)!r}")
        connection = None
        try:
            # Not mode=ro: such a reader leaves its -wal and -shm files behind.
            connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None)
            connection.execute("PRAGMA query_only=ON")
            (found,) = connection.execute("PRAGMA application_id").fetchone()
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            raise JournalError(f"journal must be a journal of a run, got {str(path)!r} ({error})") from error
        if found != _APPLICATION_ID:
            connection.close()
            raise JournalError(f"journal must be a journal of a run, got {str(path)!r}")
        return cls(path, connection)

    def append(self, record: Record) -> None:
        kind = type(record).__name__
        body = {field.name: getattr(record, field.name) for field in fields(record)}
        try:
            row = (kind, body.get("trial"), json.dumps(body, default=_plain))
            self._connection.execute("INSERT INTO records (kind, trial, body) VALUES (?, ?, ?)", row)
        except (sqlite3.Error, TypeError, ValueError) as error:  # the last two: what JSON cannot say
            raise JournalError(f"journal {str(self.path)!r} cannot be written: {error}") from error

    def records(self, trial: int | None = None) -> Iterator[Record]:
        query, values = (_EVERYTHING, ()) if trial is None else (_ABOUT_A_TRIAL, (trial,))
        try:
            for kind, body in self._connection.execute(query, values):
                yield _restored(kind, body)
        except sqlite3.Error as error:
            raise JournalError(f"journal {str(self.path)!r} cannot be read: {error}") from error

    def close(self) -> None:
        """Close the file; it folds the write-ahead log in."""
        self._connection.close()

    def __enter__(self) -> SqliteJournal:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _plain(value: object) -> object:
    """Write what JSON has no word for: states by name, numbers and arrays of other libraries as numbers and lists,
    mappings as dictionaries, the rest as text."""
    if isinstance(value, State):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    tolist = getattr(value, "tolist", None)
    return tolist() if callable(tolist) else str(value)


def _restored(kind: str, body: str) -> Record:
    try:
        values = json.loads(body)
        if "state" in values:
            values["state"] = State(values["state"])
        record: Record = _KINDS[kind](**values)
    except (KeyError, TypeError, ValueError) as error:
        raise JournalError(f"journal must hold records that this version knows, got {kind} {body}") from error
    return record
