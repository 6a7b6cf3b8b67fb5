"""A plot of curves, forecasts and intervals as a file; the file's ending says which kind."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from bandits.errors import MissingDependency, SettingError
from bandits.tools.predict.picture import Picture, picture_of
from bandits.tools.predict.report import ForecastReport

__all__ = ["check_plot_file", "save_plot"]

_LIBRARIES = {".html": "plotly", ".png": "matplotlib", ".svg": "matplotlib", ".pdf": "matplotlib"}


def check_plot_file(file: str) -> None:
    """Check, before the work begins, that a plot can be written.

    Raises:
        SettingError: the ending is none of .html, .png, .svg and .pdf, or the folder does not exist.
        MissingDependency: the library that draws it is not installed.
    """
    path = Path(file)
    library = _LIBRARIES.get(path.suffix.lower())
    if library is None:
        raise SettingError.broken("`plot`", f"must end in {', '.join(_LIBRARIES)}", file)
    if path.is_dir() or not path.parent.is_dir():
        raise SettingError.broken("`plot`", "must be a file in a folder that exists", file)
    if find_spec(library) is None:
        raise MissingDependency(f"A plot as {path.suffix.lower()}", "plot", library)


def save_plot(report: ForecastReport, file: str) -> Picture:
    """Draw a report: complete curves behind, partial ones and their forecasts in front.

    Args:
        report: what to draw.
        file: where to write it, .html (interactive, in one file), .png, .svg or .pdf; overwritten.

    Returns:
        What was drawn.

    Raises:
        SettingError, MissingDependency: see `check_plot_file`; the file cannot be written.
    """
    check_plot_file(file)
    picture = picture_of(report)
    path = Path(file)
    try:
        if path.suffix.lower() == ".html":
            from bandits.tools.predict.html import write_html

            write_html(picture, path)
        else:
            from bandits.tools.predict.image import write_image

            write_image(picture, path)
    except OSError as error:
        raise SettingError.broken("`plot`", f"must be a file that can be written ({error.strerror})", file) from error
    return picture
