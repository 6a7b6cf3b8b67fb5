"""The file of a plot: its ending says which library draws it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from bandits.errors import MissingDependency, SettingError

__all__ = ["IMAGES", "check_plot_file", "plot_file"]

IMAGES: Mapping[str, str] = dict.fromkeys((".png", ".svg", ".pdf"), "matplotlib")
"""The endings of images, and the library that draws them."""


def check_plot_file(file: str, libraries: Mapping[str, str]) -> None:
    """Check, before the work begins, that a plot can be written.

    Args:
        file: where to write it.
        libraries: the library that draws it, by ending.

    Raises:
        SettingError: the ending is none of these, or the folder does not exist.
        MissingDependency: the library that draws it is not installed.
    """
    path = Path(file)
    library = libraries.get(path.suffix.lower())
    if library is None:
        raise SettingError.broken("`plot`", f"must end in {', '.join(libraries)}", file)
    if path.is_dir() or not path.parent.is_dir():
        raise SettingError.broken("`plot`", "must be a file in a folder that exists", file)
    if find_spec(library) is None:
        raise MissingDependency(f"A plot as {path.suffix.lower()}", "plot", library)


@contextmanager
def plot_file(file: str, libraries: Mapping[str, str]) -> Iterator[Path]:
    """The path of a plot that is written meanwhile.

    Raises:
        SettingError, MissingDependency: see `check_plot_file`; the file cannot be written.
    """
    check_plot_file(file, libraries)
    try:
        yield Path(file)
    except OSError as error:
        raise SettingError.broken("`plot`", f"must be a file that can be written ({error.strerror})", file) from error
