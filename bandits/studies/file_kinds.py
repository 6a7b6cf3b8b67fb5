"""Recognise a file by its first bytes and its tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

__all__ = ["OPTUNA_RECORD", "SQLITE", "first_bytes", "tables_of"]

SQLITE = b"SQLite format 3\x00"
"""The first bytes of an SQLite file."""
OPTUNA_RECORD = b'{"op_code"'
"""The first bytes of a file of Optuna's JournalStorage."""


def first_bytes(path: Path) -> bytes:
    """The first bytes of a file, as many as needed to recognise it; empty for an empty or missing file."""
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(len(SQLITE))


def tables_of(path: Path) -> set[str] | None:
    """Names of the tables of an SQLite file; None if it is damaged."""
    try:  # not mode=ro: such a reader leaves its -wal and -shm files behind
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)) as connection:
            return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except (sqlite3.Error, UnicodeDecodeError):  # the latter where a message quotes what is damaged
        return None
