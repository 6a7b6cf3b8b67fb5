"""Where the records of a run are kept: in memory, or in an append-only SQLite file.

A file can be read while the run goes on, and after a crash: every record is committed as it happens. Triggers
refuse to change or delete a record.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from bandits.errors import JournalError
from bandits.runtime.record_format import VERSION, RecordReader, kind_of, written
from bandits.runtime.records import Record

__all__ = ["Journal", "MemoryJournal", "SqliteJournal"]

_APPLICATION_ID = 0x42414E44  # "BAND": tells a journal from other SQLite files
_SCHEMA = """
CREATE TABLE records (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, trial INTEGER, body TEXT NOT NULL);
CREATE INDEX records_of_trial ON records (trial);
CREATE TRIGGER no_update BEFORE UPDATE ON records BEGIN SELECT RAISE(ABORT, 'a journal is append-only'); END;
CREATE TRIGGER no_delete BEFORE DELETE ON records BEGIN SELECT RAISE(ABORT, 'a journal is append-only'); END;
"""
_MOST = 2**63  # every integer of SQLite is smaller than this
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
        path: path of the file. `create` makes a new file, `open` reads an existing one.
        connection: an open connection to it.
        version: version of its format (SQLite's `user_version`); 0 in files of the first versions.

    Example:
        >>> import tempfile, pathlib
        >>> from bandits.runtime.records import Epoch
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "run.journal"
        >>> with SqliteJournal.create(path) as journal:
        ...     journal.append(Epoch(trial=0, epoch=1, value=0.5, seconds=1.0, clock=1.0))
        >>> with SqliteJournal.open(path) as journal:
        ...     [(record.epoch, record.value) for record in journal.records()]
        [(1, 0.5)]
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, version: int = VERSION) -> None:
        self.path = path
        self._connection = connection
        self._reader = RecordReader(version)

    @classmethod
    def create(cls, path: str | Path) -> SqliteJournal:
        """Start a new journal.

        Raises:
            JournalError: the file exists already, or cannot be written.
        """
        path = Path(path)
        if path.exists():
            raise JournalError(f"journal must be a new file, but {str(path)!r} exists already")
        connection = None
        try:
            connection = sqlite3.connect(path, isolation_level=None)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(f"PRAGMA application_id={_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={VERSION}")
            connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            raise JournalError(f"journal must be a file that can be written, got {str(path)!r} ({error})") from error
        return cls(path, connection)

    @classmethod
    def open(cls, path: str | Path) -> SqliteJournal:
        """Open an existing journal, to read it.

        Raises:
            JournalError: there is no such file, or it is not a journal.
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
            (version,) = connection.execute("PRAGMA user_version").fetchone()
        except (sqlite3.Error, UnicodeDecodeError) as error:
            if connection is not None:
                connection.close()
            raise JournalError(f"journal must be a journal of a run, got {str(path)!r} ({error})") from error
        if found != _APPLICATION_ID:
            connection.close()
            raise JournalError(f"journal must be a journal of a run, got {str(path)!r}")
        return cls(path, connection, version)

    def append(self, record: Record) -> None:
        try:
            row = (kind_of(record), getattr(record, "trial", None), written(record))
            self._connection.execute("INSERT INTO records (kind, trial, body) VALUES (?, ?, ?)", row)
        except (sqlite3.Error, TypeError, ValueError) as error:  # the last two: a value that JSON cannot hold
            raise JournalError(f"journal {str(self.path)!r} cannot be written: {error}") from error

    def records(self, trial: int | None = None) -> Iterator[Record]:
        if trial is not None and not -_MOST <= trial < _MOST:
            return  # SQLite has no such number
        query, values = (_EVERYTHING, ()) if trial is None else (_ABOUT_A_TRIAL, (trial,))
        try:
            for kind, body in self._connection.execute(query, values):
                record = self._reader.read(kind, body)
                if record is not None:
                    yield record
        except (sqlite3.Error, UnicodeDecodeError) as error:  # UnicodeDecodeError: SQLite's message quotes damaged text
            raise JournalError(f"journal {str(self.path)!r} cannot be read: {error}") from error

    def notes(self) -> tuple[str, ...]:
        """What this version could not read in the records so far, because a later version wrote it."""
        return self._reader.notes()

    def close(self) -> None:
        """Close the file; SQLite then merges the write-ahead log into it."""
        self._connection.close()

    def __enter__(self) -> SqliteJournal:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
