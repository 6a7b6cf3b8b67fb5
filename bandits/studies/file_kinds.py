"""What a file holds, told by its first bytes and by its tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

__all__ = ["OPTUNA_RECORD", "SQLITE", "first_bytes", "tables_of"]

SQLITE = b"SQLite format 3\x00"
"""How an SQLite file begins."""
OPTUNA_RECORD = b'{"op_code"'
"""How the file of Optuna's JournalStorage begins."""


def first_bytes(path: Path) -> bytes:
    """How a file begins, as far as it takes to tell; empty where there is none, or it is empty."""
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
