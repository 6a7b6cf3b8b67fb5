"""The look of axes and figures (matplotlib), and how figures are written."""

from __future__ import annotations

from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter, MaxNLocator

from bandits.tools.plots.colours import GREY, INK, LIGHT, PALE_INK
from bandits.tools.plots.text import as_it_is
from bandits.tools.plots.view import Frame

__all__ = ["epoch_axis", "save", "style", "value_axis", "write_texts"]


def value_axis(axes: Axes, frame: Frame) -> None:
    """Set the vertical axis; call it before anything is drawn, so that far values do not move it."""
    if frame.logarithmic:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(LogFormatter())
        axes.yaxis.set_minor_formatter(LogFormatter(labelOnlyBase=False, minor_thresholds=(1.5, 0.5)))
    axes.set_ylim(*frame.ends)


def epoch_axis(axes: Axes, last: int, metric: str) -> None:
    """Let the horizontal axis show epochs 1 to `last`, and the vertical one the metric of this name."""
    axes.set_xlim(1, last)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.tick_params(axis="x", labelsize=8)
    axes.set_xlabel("epoch", fontsize=9, color=INK)
    axes.set_ylabel(as_it_is(metric), fontsize=9, color=INK)


def style(axes: Axes) -> None:
    """Leave a pale grid, small ticks, and no frame but the line at the bottom."""
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=LIGHT, linewidth=0.8)
    axes.tick_params(axis="y", colors=INK, labelsize=8, length=0, which="both")
    axes.tick_params(axis="x", colors=INK, length=3)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(side == "bottom")
        axes.spines[side].set_color(GREY)


def write_texts(figure: Figure, title: str, caption: str) -> None:
    """Write the title above a figure, and the caption below it."""
    figure.suptitle(as_it_is(title), x=0.01, ha="left", fontsize=12, color=INK)
    figure.supxlabel(as_it_is(caption), x=0.01, ha="left", fontsize=8, color=PALE_INK)


def save(figure: Figure, path: Path) -> None:
    """Write a figure, without a date or a random name, so that the same picture gives the same bytes."""
    dates = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}
    with rc_context({"svg.hashsalt": "bandits"}):
        figure.savefig(path, metadata=dates.get(path.suffix.lower()))
