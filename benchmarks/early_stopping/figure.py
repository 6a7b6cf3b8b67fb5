"""Speed-up against stated level and measured risk, as the paper's Figure 4 and beyond it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.early_stopping.report import BURN_IN, DEFAULT, PAPER_CLAIMS, at
from benchmarks.early_stopping.sides import DEFAULT_RISK, RISKS
from benchmarks.early_stopping.summary import ALLOWED, Rows
from benchmarks.early_stopping.tables import PAPER

__all__ = ["draw"]

TITLES = {**PAPER, "nas_bench_nlp_wikitext2": "NAS-Bench-NLP WikiText-2"}
SIDES = (
    (DEFAULT, "risk", "ours: risk-controlled", "tab:blue", "o"),
    (DEFAULT, "probability", "our forecasts, the paper's rule", "tab:green", "s"),
    ("srm-svr-rbf", "probability", "the paper's SRM and rule", "tab:red", "^"),
)
_WAITS = 1.0001  # a speed-up below it: the rule has too few curves for this risk, and drops nothing
COLOURS = {"shipped": "tab:blue", "recorded": "tab:green", "made up": "tab:orange", "stress": "tab:red"}


def draw(rows: Rows, bounds: Rows, path: Path) -> None:  # noqa: ARG001 - the bounds are in the table
    """Write the figure; needs matplotlib, and says so where it is missing."""
    try:
        import matplotlib as mpl

        mpl.use("Agg")
        import matplotlib.pyplot as plt
    except ImportError:
        print("no figure: matplotlib is not installed", file=sys.stderr)
        return
    figure = plt.figure(figsize=(15, 8.6))
    grid = figure.add_gridspec(2, 5, width_ratios=(1, 1, 1, 1, 1.45))
    for place, (table, title) in enumerate(TITLES.items()):
        _speed(figure.add_subplot(grid[place // 4, place % 4]), rows, table, title)
    legend = figure.add_subplot(grid[1, 3])
    legend.axis("off")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    legend.legend(handles, labels, loc="center", fontsize=9, frameon=False)
    _risks(figure.add_subplot(grid[0, 4]), rows, "lost", "best lost by more than noise")
    _risks(figure.add_subplot(grid[1, 4]), rows, "dropped", "best arm dropped at all")
    figure.suptitle(
        f"Random search, {BURN_IN} complete curves first. Left: up and to the left is better. "
        "Right: the rule keeps its word below the line.",
        fontsize=11,
    )
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


def _speed(axis: Any, rows: Rows, table: str, title: str) -> None:
    """Speed-up against how often the best was lost beyond noise."""
    for side, rule, label, colour, marker in SIDES:
        found = sorted(at(rows, side=side, rule=rule, table=table, burn_in=BURN_IN), key=lambda row: row["stated"])
        found = [row for row in found if row["speed_up"] > _WAITS]  # where a rule waits, there is nothing to show
        lost = [100 * (1 - row["near"] / row["orderings"]) for row in found]
        speed = [row["speed_up"] for row in found]
        axis.plot(lost, speed, color=colour, marker=marker, markersize=4, linewidth=1, label=label)
        for row, x, y in zip(found, lost, speed, strict=True):
            if (rule, row["level"]) in (("risk", DEFAULT_RISK), ("probability", 0.99)):
                axis.plot([x], [y], marker=marker, markersize=10, color=colour, markeredgecolor="black")
    axis.plot([], [], marker="o", markersize=10, color="white", markeredgecolor="black", linestyle="",
              label="large: risk 0.1, confidence 0.99")  # fmt: skip
    ceiling = [row["ceiling"] for row in at(rows, table=table, burn_in=BURN_IN, side=DEFAULT)]
    if ceiling:
        axis.axhline(ceiling[0], color="black", linestyle="--", linewidth=1, label="ceiling: an oracle")
    axis.axvline(10, color="0.6", linestyle=":", linewidth=1, label="10 % of the orders")
    if table in PAPER_CLAIMS:
        axis.text(0.97, 0.03, f"paper, 100 curves: {PAPER_CLAIMS[table]}", transform=axis.transAxes, fontsize=8,
                  ha="right")  # fmt: skip
    axis.set_xscale("symlog", linthresh=5, linscale=0.6)
    axis.set_xlim(-0.8, 110)
    axis.set_xticks([0, 5, 10, 20, 50, 100], ["0", "5", "10", "20", "50", "100"])
    axis.minorticks_off()
    axis.set_yscale("log")
    ticks = [tick for tick in (1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24) if not ceiling or tick < 1.3 * ceiling[0]]
    axis.set_yticks(ticks, [f"{tick:g}x" for tick in ticks])
    axis.minorticks_off()
    axis.set_title(title, fontsize=10)
    axis.set_xlabel("best lost, % of orders", fontsize=8)
    axis.set_ylabel("speed-up", fontsize=8)
    axis.tick_params(labelsize=8)


def _risks(axis: Any, rows: Rows, kind: str, title: str) -> None:
    """Stated against measured risk on half-tables: a line a table, and their mean."""
    mine = at(rows, side=DEFAULT, rule="risk", burn_in=BURN_IN)
    mine = [row for row in mine if row["halves"]["n"] and row["speed_up"] > _WAITS]
    means: dict[float, list[float]] = {}
    seen = set()
    for table in dict.fromkeys(row["table"] for row in mine):
        own = sorted((row for row in mine if row["table"] == table), key=lambda row: row["stated"])
        group = own[0]["group"]
        measured = [100 * row["halves"][kind] for row in own]
        label = None if group in seen else f"{group} tables"
        seen.add(group)
        axis.plot([100 * row["stated"] for row in own], measured, color=COLOURS[group], alpha=0.45, linewidth=1,
                  marker=".", label=label)  # fmt: skip
        for row, value in zip(own, measured, strict=True):
            means.setdefault(row["stated"], []).append(value)
    axis.plot([100 * s for s in sorted(means)], [np.mean(means[s]) for s in sorted(means)], color="black", linewidth=2,
              marker="o", label="mean over tables")  # fmt: skip
    stated = np.linspace(0, 55, 50)
    axis.plot(stated, stated, color="0.5", linewidth=1)
    axis.fill_between(stated, 0, stated + 100 * ALLOWED, color="tab:green", alpha=0.08, label="stated + 2 points")
    axis.set_xscale("symlog", linthresh=5, linscale=0.6)
    axis.set_yscale("symlog", linthresh=5, linscale=0.6)
    for set_ticks in (axis.set_xticks, axis.set_yticks):
        set_ticks([0, *(100 * risk for risk in RISKS), 100], ["0", *(f"{100 * risk:g}" for risk in RISKS), "100"])
    axis.minorticks_off()
    axis.set_xlim(0, 55)
    axis.set_ylim(-0.5, 105)
    axis.set_title(title, fontsize=10)
    axis.set_xlabel("stated risk, %", fontsize=8)
    axis.set_ylabel("measured on half-tables, %", fontsize=8)
    axis.tick_params(labelsize=8)
    axis.legend(fontsize=7, loc="upper left", framealpha=0.6)
