"""A plot of curves, forecasts and intervals as a file; the file's ending says which kind."""

from __future__ import annotations

from bandits.tools.plots.files import IMAGES, plot_file
from bandits.tools.predict.picture import Picture, picture_of
from bandits.tools.predict.report import ForecastReport

__all__ = ["LIBRARIES", "save_plot"]

LIBRARIES = {".html": "plotly", **IMAGES}
"""The library that draws a plot, by the ending of its file."""


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
    with plot_file(file, LIBRARIES) as path:
        picture = picture_of(report)
        if path.suffix.lower() == ".html":
            from bandits.tools.predict.html import write_html

            write_html(picture, path)
        else:
            from bandits.tools.predict.image import write_image

            write_image(picture, path)
    return picture
