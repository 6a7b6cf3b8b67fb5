"""Regret over epochs spent, as a picture: a panel a table, and the means of both groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.equal_budget.sides import SIDES

__all__ = ["draw"]

_LOWEST = 1e-3  # of the regret; nothing smaller is told apart


def draw(rows: Sequence[Mapping[str, Any]], target: Path) -> None:
    """Write the picture; bands are the 95 % intervals of the sides with a predictor."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import FuncFormatter, NullFormatter

    tables = list(dict.fromkeys(row["table"] for row in rows))
    groups = list(dict.fromkeys(row["group"] for row in rows))
    panels = [*tables, *(f"mean of the {group} tables" for group in groups)]
    columns = min(5, len(panels))
    lines = -(-len(panels) // columns)
    figure, axes = plt.subplots(lines, columns, figsize=(3.2 * columns, 2.7 * lines), sharex=True, squeeze=False)
    for panel, title in zip(axes.ravel(), panels, strict=False):
        for side, settings in SIDES.items():
            if settings.style is None:
                continue
            if title in tables:
                mine = [row for row in rows if row["side"] == side and row["table"] == title]
            else:
                group = groups[panels.index(title) - len(tables)]
                mine = [row for row in rows if row["side"] == side and row["group"] == group]
                if len(mine) < len({row["table"] for row in rows if row["group"] == group}):
                    continue
            if not mine:
                continue
            colour, dashes = settings.style
            grid, regret = mine[0]["grid"], np.mean([row["regret"] for row in mine], axis=0)
            panel.plot(grid, 100 * np.maximum(regret, _LOWEST), dashes, color=colour, label=side, lw=1.3)
            if len(mine) == 1 and settings.plain:
                low, high = (100 * np.maximum(mine[0][end], _LOWEST) for end in ("low", "high"))
                panel.fill_between(grid, low, high, color=colour, alpha=0.12, lw=0)
        panel.set_title(title, fontsize=9)
        panel.set_xscale("log")
        panel.set_yscale("log")
        for axis in (panel.xaxis, panel.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_formatter(NullFormatter())
        panel.grid(alpha=0.3, lw=0.5)
        panel.tick_params(labelsize=8)
    for panel in axes.ravel()[len(panels) :]:
        panel.set_visible(False)
    figure.supxlabel("epochs spent, in full trainings", fontsize=9)
    figure.supylabel("regret of the incumbent, %", fontsize=9)
    handles = {
        label: handle
        for panel in axes.ravel()
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    rows_of_legend = -(-len(handles) // 6)
    figure.legend(handles.values(), handles.keys(), loc="upper center", ncols=6, fontsize=8, frameon=False)
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.18 * rows_of_legend / (2.7 * lines) - 0.02))
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=110, metadata={"Software": None})
    plt.close(figure)
