"""Forecasts as an image (matplotlib): .png, .svg or .pdf."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter, MaxNLocator

from bandits.tools.plot_text import as_it_is
from bandits.tools.predict.picture import Picture

__all__ = ["write_image"]

_INK, _GREY, _LIGHT = "#222222", "#c9ccd1", "#eceef1"


def write_image(picture: Picture, path: Path) -> None:
    """Draw curves on the left and the forecasts, best first, on the right, both on one vertical axis."""
    figure = Figure(figsize=(11.0, 6.0), dpi=150, layout="constrained")
    curves, ends = figure.subplots(1, 2, sharey=True, width_ratios=(3.0, 2.0))
    if picture.logarithmic:
        curves.set_yscale("log")
        curves.yaxis.set_major_formatter(LogFormatter())
        curves.yaxis.set_minor_formatter(LogFormatter(labelOnlyBase=False, minor_thresholds=(1.5, 0.5)))
    curves.set_ylim(*picture.frame)  # before anything is drawn, so that far values do not move it
    _draw_curves(curves, picture)
    _draw_ends(ends, picture)
    for axes in (curves, ends):
        axes.set_axisbelow(True)
        axes.grid(axis="y", color=_LIGHT, linewidth=0.8)
        axes.tick_params(axis="y", colors=_INK, labelsize=8, length=0, which="both")
        axes.tick_params(axis="x", colors=_INK, length=3)
        for side in ("top", "right", "left", "bottom"):
            axes.spines[side].set_visible(side == "bottom")
            axes.spines[side].set_color(_GREY)
    figure.suptitle(as_it_is(picture.title), x=0.01, ha="left", fontsize=13, color=_INK)
    figure.supxlabel(as_it_is("\n".join(picture.captions)), x=0.01, ha="left", fontsize=8, color="#555555")
    # No date and no random name in the file, so that the same forecasts give the same bytes.
    dates = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}
    with rc_context({"svg.hashsalt": "bandits"}):
        figure.savefig(path, metadata=dates.get(path.suffix.lower()))


def _draw_curves(axes: Axes, picture: Picture) -> None:
    epochs = np.arange(1, picture.horizon + 1)
    bottom, top = picture.frame
    for curve in picture.behind:
        axes.plot(epochs, curve, color=_GREY, linewidth=0.6, alpha=0.6, zorder=1)
    for row in reversed(picture.rows):
        seen = len(row.values)
        axes.plot(epochs[:seen], row.values, color=row.colour, linewidth=1.3, zorder=3)
        axes.plot(
            [seen, picture.horizon], [row.values[-1], row.mean], color=row.colour, linewidth=0.8, ls=":", zorder=2
        )
        axes.plot(seen, row.values[-1], "o", color=row.colour, markersize=3, zorder=4)
        if bottom <= row.mean <= top:  # at the edge, where a mark must not be cut in half
            axes.plot(picture.horizon, row.mean, "o", color=row.colour, markersize=4, zorder=5, clip_on=False)
    axes.set_xlim(1, picture.horizon)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.tick_params(axis="x", labelsize=8)
    axes.set_xlabel("epoch", fontsize=9, color=_INK)
    axes.set_ylabel(as_it_is(picture.metric), fontsize=9, color=_INK)


def _draw_ends(axes: Axes, picture: Picture) -> None:
    bottom, top = picture.frame
    for place, row in enumerate(picture.rows):
        low, high = max(row.low, bottom), min(row.high, top)
        if low < high:
            axes.plot([place, place], [low, high], color=row.colour, linewidth=2.0, alpha=0.55, solid_capstyle="butt")
        axes.plot(place, row.mean, "o", color=row.colour, markersize=5)
        if row.truth is not None:
            axes.plot(place, row.truth, "x", color=_INK, markersize=5, markeredgewidth=1.1)
    if picture.best is not None and bottom <= picture.best <= top:
        axes.axhline(picture.best, color=_INK, linewidth=0.9, linestyle="--")
        axes.annotate(
            "best complete row", (1.0, picture.best), xycoords=("axes fraction", "data"), xytext=(0, 3),
            textcoords="offset points", ha="right", fontsize=7, color=_INK,
            bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 0.6},
        )  # fmt: skip
    axes.set_xlim(-0.7, max(len(picture.rows), 1) - 0.3)
    axes.set_xticks(range(len(picture.rows)), [str(row.row) for row in picture.rows], rotation=90, fontsize=7)
    crosses = ", x where the row ended" if any(row.truth is not None for row in picture.rows) else ""
    axes.set_xlabel(f"row: forecast and {picture.coverage:.4g} interval{crosses}", fontsize=9, color=_INK)
