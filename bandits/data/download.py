"""Downloads of data sets: checked against a published hash, with a progress bar on a terminal, through pooch."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bandits.data.catalogue import RemoteFile
from bandits.errors import DataError, MissingDependency

__all__ = ["cache_folder", "download"]

_AGENT = "bandits-hpo"
_TIMEOUT = 30.0  # seconds without an answer
_CHUNK = 1 << 16  # bytes


def cache_folder(name: str) -> Path:
    """The folder of this user, and of this library, that keeps downloads.

    Raises:
        MissingDependency: pooch, which knows where each system keeps such folders, is not installed.
    """
    return Path(_pooch(f"downloading {name}").os_cache("bandits"))


def download(name: str, files: Sequence[RemoteFile], folder: Path) -> None:
    """Download the files of a data set into a folder, which is made if it does not exist.

    A file appears there only when it is complete and has the right hash.

    Args:
        name: of the data set.
        files: what to download.
        folder: where to.

    Raises:
        DataError: a file cannot be downloaded from any of its addresses, or cannot be written. The message says which
            files to put where.
        MissingDependency: pooch is not installed.
    """
    wanted = f"{' and '.join(file.name for file in files)} in {folder}"
    pooch = _pooch(f"{name} needs {wanted}; the download")
    for file in files:
        failures: list[str] = []
        for url in file.urls:
            reason = _fetch(pooch, file, url, folder)
            if reason is None:
                break
            failures.append(f"the download from {url} failed: {reason}")
        else:
            raise DataError(f"{name} needs {wanted}; {'; '.join(failures)}")


def _fetch(pooch: Any, file: RemoteFile, url: str, folder: Path) -> str | None:
    """Download a file from one address; return the reason in words if that failed, else None."""
    from requests import RequestException

    bar = sys.stderr.isatty() and find_spec("tqdm") is not None
    headers = {"User-Agent": _AGENT}
    downloader = pooch.HTTPDownloader(progressbar=bar, chunk_size=_CHUNK, timeout=_TIMEOUT, headers=headers)
    try:
        with _quiet(pooch.get_logger()):
            pooch.retrieve(url, f"md5:{file.md5}", fname=file.name, path=folder, downloader=downloader)
    except RequestException as error:
        return _in_words(error)
    except OSError as error:
        return f"{folder} cannot be written ({error.strerror or error})"
    except ValueError:  # pooch reports a wrong hash so; it has deleted the file
        return f"what came does not have the md5 {file.md5}"
    return None


def _in_words(error: Exception) -> str:
    from requests import ConnectionError as NoConnection
    from requests import HTTPError, Timeout

    if isinstance(error, HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code} {error.response.reason}".rstrip()
    if isinstance(error, Timeout):
        return "the server did not answer in time"
    if isinstance(error, NoConnection):
        return "the server cannot be reached"
    return "the connection broke off"


def _pooch(feature: str) -> Any:
    try:
        import pooch
    except ImportError:
        raise MissingDependency(feature, "torch", "pooch") from None
    return pooch


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    """Keep pooch from announcing each download; the progress bar shows it."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
