"""Errors over the share of the curve that is seen, as a picture: a panel a table, and their mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.prediction.cases import CASES, SHARES

__all__ = ["DRAWN", "draw", "points"]

DRAWN = {  # model: (label, colour, marker)
    "auto": ("SRM, the default", "#0b6e4f", "o"),
    "svr_rbf": ("SRM of the paper, nu-SVR RBF", "#4a7fc1", "s"),
    "LCE": ("LCE", "#c8553d", "^"),
    "BNN": ("BNN", "#8e5ea2", "v"),
    "last seen value": ("last seen value", "#777777", "x"),
}
_LOWEST = 1e-3  # interquartile ranges; nothing smaller is told apart


def points(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Median absolute error on the common arms, in interquartile ranges, of each table, model and share."""
    found = []
    drawn = {case.title for case in CASES if case.figure}
    for row in rows:
        errors = [error for error in row.get("common_errors", ()) if error is not None]
        if (
            row["case"] in drawn
            and row["model"] in DRAWN
            and errors
            and row["depth"] == 0
            and row["inputs"] == "TS+AP+HP"
        ):
            point = {key: row[key] for key in ("case", "model", "share")}
            found.append({**point, "median_error": max(float(np.median(errors)), _LOWEST), "arms": len(errors)})
    return found


def draw(found: Sequence[Mapping[str, Any]], target: Path) -> None:
    """Write the picture."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    titles = [case.title for case in CASES if case.figure and any(p["case"] == case.title for p in found)]
    columns = min(4, len(titles) + 1)
    rows = -(-(len(titles) + 1) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(3.3 * columns, 2.9 * rows), sharex=True, squeeze=False)
    panels = axes.ravel()
    for panel, title in zip(panels, [*titles, "geometric mean of the tables"], strict=False):
        for model, (label, colour, marker) in DRAWN.items():
            curve = _mean(found, model, titles) if title not in titles else _curve(found, model, title)
            if curve:
                shares, errors = zip(*curve, strict=True)
                panel.plot([100 * s for s in shares], errors, color=colour, marker=marker, label=label, lw=1.5, ms=4)
        panel.set_title(title, fontsize=9)
        panel.set_yscale("log")
        panel.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        panel.yaxis.set_minor_formatter(NullFormatter())
        panel.set_xticks([100 * share for share in SHARES])
        panel.grid(alpha=0.3, which="both", lw=0.5)
        panel.tick_params(labelsize=8)
    for panel in panels[len(titles) + 1 :]:
        panel.set_visible(False)
    figure.supxlabel("share of the curve that is seen, %", fontsize=9)
    figure.supylabel("median error, in interquartile ranges", fontsize=9)
    handles = {
        label: handle for panel in panels for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="upper center", ncols=len(handles), fontsize=8, frameon=False)
    figure.tight_layout(rect=(0, 0, 1, 0.95))
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=130, metadata={"Software": None})
    plt.close(figure)


def _curve(found: Sequence[Mapping[str, Any]], model: str, title: str) -> list[tuple[float, float]]:
    return sorted((p["share"], p["median_error"]) for p in found if p["model"] == model and p["case"] == title)


def _mean(found: Sequence[Mapping[str, Any]], model: str, titles: Sequence[str]) -> list[tuple[float, float]]:
    """Over the tables, at the shares where the model has a forecast on each."""
    by_share: dict[float, list[float]] = {}
    for title in titles:
        for share, error in _curve(found, model, title):
            by_share.setdefault(share, []).append(error)
    return sorted((s, float(np.exp(np.mean(np.log(e))))) for s, e in by_share.items() if len(e) == len(titles))
