"""Where the files of a data set lie: in a folder that the user named, or in the user's cache."""

from __future__ import annotations

import os
from pathlib import Path

from bandits.data.catalogue import DataFiles
from bandits.data.download import cache_folder, download
from bandits.errors import DataError

__all__ = ["obtain"]

_VARIABLE = "BANDITS_DATA"


def obtain(name: str, files: DataFiles, folder: Path | None) -> tuple[Path, ...]:
    """Find the files of a data set, or download them.

    They are looked for in `<place>/<name>`, then in `<place>` itself, and downloaded into the former. The place is
    `folder`, else the folder in the environment variable BANDITS_DATA, else the user's cache. Files that are there are
    read without a hash check; a downloaded file must have the hash that its publishers state.

    Args:
        name: of the data set.
        files: its file names and where to download them.
        folder: the place; None for BANDITS_DATA or the cache.

    Returns:
        The paths of the first complete layout, in its order.

    Raises:
        DataError: the place is not a folder, or the files are not there and cannot be downloaded.
        MissingDependency: they are not there, and pooch is not installed.
    """
    place = _place_of(name, folder)
    found = _find(place / name, files) or _find(place, files)
    if found is None:
        download(name, files.downloads, place / name)
        found = _find(place / name, files)
    if found is None:
        raise DataError(f"{name} must lie in {place / name} after its download, and it does not")
    return found


def _place_of(name: str, folder: Path | None) -> Path:
    named = os.environ.get(_VARIABLE, "")
    if folder is None and not named:
        return cache_folder(name)
    argument, place = ("`folder`", Path(folder)) if folder is not None else (_VARIABLE, Path(named))
    place = place.expanduser()
    if not place.is_dir():
        raise DataError.broken(argument, "must be a folder that exists", str(place))
    return place


def _find(shelf: Path, files: DataFiles) -> tuple[Path, ...] | None:
    for layout in files.layouts:
        paths = [_variant(shelf / file) for file in layout]
        if all(path.is_file() for path in paths):
            return tuple(paths)
    return None


def _variant(path: Path) -> Path:
    """The file itself if it exists, else its gzipped form."""
    return path if path.is_file() else path.with_name(f"{path.name}.gz")
