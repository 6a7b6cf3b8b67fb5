"""Forecasts as an image (matplotlib): .png, .svg or .pdf."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bandits.tools.plots.axes import epoch_axis, save, style, value_axis, write_texts
from bandits.tools.plots.colours import GREY, INK
from bandits.tools.predict.picture import Picture

__all__ = ["write_image"]


def write_image(picture: Picture, path: Path) -> None:
    """Draw curves on the left and the forecasts, best first, on the right, both on one vertical axis."""
    figure = Figure(figsize=(11.0, 6.0), dpi=150, layout="constrained")
    curves, ends = figure.subplots(1, 2, sharey=True, width_ratios=(3.0, 2.0))
    value_axis(curves, picture.frame)
    _draw_curves(curves, picture)
    _draw_ends(ends, picture)
    for axes in (curves, ends):
        style(axes)
    write_texts(figure, picture.title, "\n".join(picture.captions))
    save(figure, path)


def _draw_curves(axes: Axes, picture: Picture) -> None:
    epochs = np.arange(1, picture.horizon + 1)
    for curve in picture.behind:
        axes.plot(epochs, curve, color=GREY, linewidth=0.6, alpha=0.6, zorder=1)
    for row in reversed(picture.rows):
        seen = len(row.values)
        axes.plot(epochs[:seen], row.values, color=row.colour, linewidth=1.3, zorder=3)
        axes.plot(
            [seen, picture.horizon], [row.values[-1], row.mean], color=row.colour, linewidth=0.8, ls=":", zorder=2
        )
        axes.plot(seen, row.values[-1], "o", color=row.colour, markersize=3, zorder=4)
        if row.mean in picture.frame:  # at the edge, where a mark must not be cut in half
            axes.plot(picture.horizon, row.mean, "o", color=row.colour, markersize=4, zorder=5, clip_on=False)
    epoch_axis(axes, picture.horizon, picture.metric)


def _draw_ends(axes: Axes, picture: Picture) -> None:
    frame = picture.frame
    for place, row in enumerate(picture.rows):
        low, high = max(row.low, frame.bottom), min(row.high, frame.top)
        if low < high:
            axes.plot([place, place], [low, high], color=row.colour, linewidth=2.0, alpha=0.55, solid_capstyle="butt")
        axes.plot(place, row.mean, "o", color=row.colour, markersize=5)
        if row.truth is not None:
            axes.plot(place, row.truth, "x", color=INK, markersize=5, markeredgewidth=1.1)
    if picture.best is not None and picture.best in frame:
        axes.axhline(picture.best, color=INK, linewidth=0.9, linestyle="--")
        axes.annotate(
            "best complete row", (1.0, picture.best), xycoords=("axes fraction", "data"), xytext=(0, 3),
            textcoords="offset points", ha="right", fontsize=7, color=INK,
            bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 0.6},
        )  # fmt: skip
    axes.set_xlim(-0.7, max(len(picture.rows), 1) - 0.3)
    axes.set_xticks(range(len(picture.rows)), [str(row.row) for row in picture.rows], rotation=90, fontsize=7)
    crosses = ", x where the row ended" if any(row.truth is not None for row in picture.rows) else ""
    axes.set_xlabel(f"row: forecast and {picture.coverage:.4g} interval{crosses}", fontsize=9, color=INK)
