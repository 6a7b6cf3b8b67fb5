"""A picture of a what-if as a file: the epochs that would have been trained, and those that would be saved."""

from __future__ import annotations

from bandits.tools.plots.files import IMAGES, plot_file
from bandits.tools.what_if import WhatIf

__all__ = ["save_plot"]


def save_plot(answer: WhatIf, file: str) -> None:
    """Draw every trial's curve: grey where it would have been trained, orange where not, the best one blue.

    Args:
        answer: the what-if; its replay in the study's own order is drawn.
        file: where to write it, .png, .svg or .pdf; overwritten.

    Raises:
        SettingError, MissingDependency: see `check_plot_file`; the file cannot be written.
    """
    with plot_file(file, IMAGES) as path:
        from bandits.tools.what_if.image import write_image

        write_image(answer, path)
