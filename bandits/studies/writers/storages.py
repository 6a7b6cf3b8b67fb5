"""Open Optuna's storages by URL or by file, and create them if necessary."""

from __future__ import annotations

from pathlib import Path

from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from sqlalchemy.engine import make_url

from bandits.errors import SettingError
from bandits.studies.file_kinds import OPTUNA_RECORD, SQLITE, first_bytes, tables_of

__all__ = ["shown_address", "storage_at", "unusable"]

_DATABASES = (".db", ".sqlite", ".sqlite3")
_JOURNAL = "journal:///"
_ARGUMENT = "the Optuna storage"


def storage_at(where: str) -> BaseStorage:
    """Open or create a storage for writing.

    Args:
        where: the URL of a database (sqlite:///study.db, postgresql://...), or a file. The content of an existing file
            decides what it is. A new file is an SQLite file if its name ends in .db, .sqlite or .sqlite3, and else the
            file of a JournalStorage; journal:///study.log is always a JournalStorage.

    Raises:
        SettingError: it holds something else, cannot be created, or its driver is missing.
    """
    address = _address(where)
    return _database(where, address) if "://" in address else _journal(where, Path(address))


def shown_address(where: str) -> str:
    """The address of a storage for optuna-dashboard, without a password."""
    address = _address(where)
    return _without_password(address) if "://" in address else address


def _address(where: str) -> str:
    """The URL of a database, or the path of a JournalStorage's file."""
    if where.startswith(_JOURNAL):
        return where.removeprefix(_JOURNAL)
    if "://" in where:
        return where
    begins = first_bytes(Path(where))
    is_database = begins.startswith(SQLITE) if begins else Path(where).suffix in _DATABASES
    return f"sqlite:///{where}" if is_database else where


def _journal(where: str, path: Path) -> BaseStorage:
    if path.exists() and not path.is_file():  # a folder; a pipe, which no one may ever read from
        raise SettingError.broken(_ARGUMENT, "must be a file, or the URL of a database", where)
    begins = first_bytes(path)
    if begins and not begins.startswith(OPTUNA_RECORD):
        raise _occupied(where)
    try:
        return JournalStorage(JournalFileBackend(str(path)))
    except Exception as error:  # a folder that is not there, a damaged file
        raise unusable(where, error) from error


def _database(where: str, url: str) -> BaseStorage:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            if parsed.database in (None, "", ":memory:"):
                raise SettingError.broken(_ARGUMENT, "must be kept in a file, such as sqlite:///study.db", where)
            if not _is_free(Path(str(parsed.database))):
                raise _occupied(where)
        return RDBStorage(url)
    except SettingError:
        raise
    except Exception as error:  # drivers raise what they like
        raise unusable(where, error) from error


def _is_free(path: Path) -> bool:
    """Whether an SQLite file holds Optuna's tables, is empty, or does not exist."""
    if not first_bytes(path):
        return True
    tables = tables_of(path)
    return tables is not None and (not tables or "studies" in tables)


def _without_password(where: str) -> str:
    """The address without a password."""
    try:
        return make_url(where).render_as_string(hide_password=True)
    except Exception:  # it is a path, or no URL at all
        return where


def _occupied(where: str) -> SettingError:
    return SettingError.broken(
        _ARGUMENT, "must be new, or hold Optuna's studies and nothing else", _without_password(where)
    )


def unusable(where: str, error: Exception) -> SettingError:
    """The error for a storage that cannot be opened or written, with the driver's reason."""
    reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
    return SettingError.broken(_ARGUMENT, f"must be one that can be written ({reason})", _without_password(where))
