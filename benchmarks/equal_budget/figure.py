"""Regret over the budget, as a picture: the mean and the median over tables, a row of panels a group."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import mean, median

from benchmarks.equal_budget.case import GROUPS
from benchmarks.equal_budget.statistics import Results

__all__ = ["draw"]

AVERAGES: Mapping[str, Callable[[Sequence[float]], float]] = {"mean": mean, "median": median}
STYLES: Mapping[str, tuple[str, str]] = {  # colour and dashes of the sides that are drawn
    "freeze-thaw": ("#0b6e4f", "-"),
    "freeze-thaw + TPE": ("#0b6e4f", "--"),
    "hyperband + srm": ("#4a7fc1", "-"),
    "hyperband": ("#4a7fc1", "--"),
    "random": ("#777777", "-"),
    "asha": ("#222222", "--"),
    "optuna hyperband": ("#c8553d", "-"),
    "optuna hyperband + TPE": ("#c8553d", "--"),
    "syne-tune hyperband": ("#d99a2b", "-"),
}
TICKS = (0.5, 1, 2, 5, 10, 20, 50, 100)
_LOWEST = 0.3  # %; nothing smaller is told apart


def draw(results: Results, target: Path) -> None:
    """Write the picture of the sides that are drawn, each at the budgets for which it has all tables."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import FuncFormatter, NullFormatter

    groups = [group for group in GROUPS if results.group(group)]
    figure, axes = plt.subplots(len(groups), 2, figsize=(9, 3.6 * len(groups)), sharex=True, squeeze=False)
    for panels, group in zip(axes, groups, strict=True):
        for panel, (what, average) in zip(panels, AVERAGES.items(), strict=True):
            for side, (colour, dashes) in STYLES.items():
                points = {budget: _by_table(results, side, group, budget) for budget in results.budgets}
                known = {budget: values for budget, values in points.items() if values}
                heights = [max(average(values), _LOWEST) for values in known.values()]
                if heights:
                    panel.plot(list(known), heights, dashes, color=colour, marker="o", ms=3.5, lw=1.6, label=side)
            panel.set_title(f"{what} of the {group} tables", fontsize=10)
            panel.set_xscale("log")
            panel.set_yscale("log")
            panel.set_xticks(results.budgets)
            panel.set_yticks(TICKS)
            for axis in (panel.xaxis, panel.yaxis):
                axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
                axis.set_minor_formatter(NullFormatter())
            panel.grid(alpha=0.3, lw=0.5)
    figure.supxlabel("budget in full trainings", fontsize=10)
    figure.supylabel("regret of the returned configuration, %", fontsize=10)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncols=5, fontsize=8, frameon=False)
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.5 / (3.6 * len(groups))))
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=120, metadata={"Software": None})
    plt.close(figure)


def _by_table(results: Results, side: str, group: str, budget: int) -> list[float]:
    """Mean regret on each table of a group; nothing if one is missing."""
    found = [results.regret(side, [table], budget) for table in results.group(group)]
    return [estimate.mean for estimate in found if estimate is not None] if all(found) else []
