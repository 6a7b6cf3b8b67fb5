"""The rows of the calibration benchmark as Markdown tables and as a figure."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.lib.scoring import LEVELS, TAILS

__all__ = ["draw", "report"]

Rows = Sequence[dict[str, Any]]

ON_AVERAGE, ON_EACH = 2.0, 5.0  # points of coverage, the goal
SHARE = 0.25  # of the curve, where a table shows only one prefix
GROUPS = ("shipped", "recorded", "made up", "plateaus")
NINETY = LEVELS.index(0.9)
IF_RIGHT = "coverage_best_if_right"
WHO = {
    "all": "coverage",
    "best tenth, by end": "coverage_best",
    "best tenth, by forecast": "coverage_promising",
    "*best by end, were the forecasts right*": IF_RIGHT,
}


def report(rows: Rows, *, default: str, curves: int) -> str:
    """Everything that goes into the README; without the default's own tables where it was not run."""
    own = [row for row in rows if row["predictor"] == default and row["curves"] == curves and row["scored"]]
    at_full = [row for row in rows if row["curves"] == curves]
    of_all = [
        f"**Every predictor**, after {SHARE:.0%} of the epochs, mean over tables:",
        _by_predictor([row for row in at_full if row["share"] == SHARE]),
        f"**Every predictor and prefix**: coverage of the 90 % interval, all / best tenth, and CRPS, mean over the "
        f"{GROUPS[0]} tables:",
        _by_share([row for row in at_full if row["group"] == GROUPS[0]]),
    ]
    opening = (
        f"{max(row['splits'] for row in rows)} splits (fewer for what is slow), {len(_distinct(rows, 'table'))} tables."
    )
    if not own:
        return "\n\n".join([opening, *of_all, _cost(rows, default)])
    of_default = [
        f"**The goal**, for the default (`{default}`, {curves} curves). Coverage in percent, mean over tables and "
        "prefixes:",
        _goal_table(own),
        f"The same by prefix, mean over all {len(_distinct(own, 'table'))} tables:",
        _prefix_table(own),
        _misses(own),
        f"**The default, table by table**, after {SHARE:.0%} of the epochs; all arms / the best tenth:",
        _by_table([row for row in own if row["share"] == SHARE]),
    ]
    of_curves = [
        "**The default with fewer curves**, mean over tables and prefixes:",
        _by_curves([row for row in rows if row["predictor"] == default]),
    ]
    return "\n\n".join([opening, *of_default, *of_all, *of_curves, _cost(rows, default)])


def _mean(rows: Rows, key: str, place: int | None = None) -> float:
    values = [row[key] if place is None else row[key][place] for row in rows if key in row]
    return float(np.mean(values)) if values else float("nan")


def _number(value: float, digits: int) -> str:
    return "" if np.isnan(value) else f"{value:.{digits}f}"


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    shown = [f"| {' | '.join(head)} |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join([*shown, *(f"| {' | '.join(line)} |" for line in lines)])


def _distinct(rows: Rows, key: str) -> list[Any]:
    return list(dict.fromkeys(row[key] for row in rows))


def _goal_table(rows: Rows) -> str:
    lines = []
    for group in ("all", *GROUPS):
        part = [row for row in rows if group in ("all", row["group"])]
        for who, key in WHO.items() if part else ():
            found = [_mean(part, key, k) for k in range(len(LEVELS))]
            cells = [_marked(value, level, key != IF_RIGHT) for value, level in zip(found, LEVELS, strict=True)]
            lines.append([f"{group} ({len(_distinct(part, 'table'))})", who, *cells])
    head = ["tables", "arms", *(f"{level:.0%}" for level in LEVELS)]
    return f"{_table(head, lines)}\n\n(**bold**: more than {ON_AVERAGE:.0f} points off)"


def _marked(value: float, level: float, judged: bool = True) -> str:
    return f"**{value:.1f}**" if judged and abs(value - 100 * level) > ON_AVERAGE else f"{value:.1f}"


def _prefix_table(rows: Rows) -> str:
    lines = []
    for share in sorted(_distinct(rows, "share")):
        part = [row for row in rows if row["share"] == share]
        for who, key in (("all", "coverage"), ("best tenth", "coverage_best")):
            found = [_mean(part, key, k) for k in range(len(LEVELS))]
            cells = [_marked(value, level) for value, level in zip(found, LEVELS, strict=True)]
            lines.append([f"{share:.0%}", who, *cells])
    return _table(["epochs seen", "arms", *(f"{level:.0%}" for level in LEVELS)], lines)


def _misses(rows: Rows) -> str:
    """How far off the cells are that miss the goal, a table for all arms and one for the best tenth."""
    shares = sorted(_distinct(rows, "share"))
    parts = []
    for who, key, of in (("all arms", "coverage", 1.0), ("the best tenth", "coverage_best", 0.1)):
        lines, missed, doubtful = [], 0, 0
        for table in _distinct(rows, "table"):
            cells = []
            for share in shares:
                row = next((row for row in rows if row["table"] == table and row["share"] == share), None)
                wrong = []
                for level, value in zip(LEVELS, row[key] if row else (), strict=bool(row)):
                    off = value - 100 * level
                    if row and abs(off) > ON_EACH:
                        error = 100 * np.sqrt(level * (1 - level) / (of * row["rows"]))
                        wrong.append(f"({level:.0%} {off:+.0f})" if abs(off) < 2 * error else f"{level:.0%} {off:+.0f}")
                missed += len(wrong)
                doubtful += sum(text.startswith("(") for text in wrong)
                cells.append(", ".join(wrong))
            if any(cells):
                lines.append([table, *cells])
        count = f"{missed} of {len(rows) * len(LEVELS)}"
        parts.append(
            f"Cells (table, prefix, level) that miss by more than {ON_EACH:.0f} points, {who}: **{count}**, "
            f"{doubtful} of them (in brackets) by less than two standard errors of so few arms. Level, and points too "
            "high (+) or too low (-):"
        )
        if lines:
            parts.append(_table(["table", *(f"{share:.0%}" for share in shares)], lines))
    return "\n\n".join(parts)


def _by_table(rows: Rows) -> str:
    lines = []
    for row in rows:
        covered = [f"{a:.0f} / {b:.0f}" for a, b in zip(row["coverage"], row["coverage_best"], strict=True)]
        above = [f"{a:.1f} / {b:.1f}" for a, b in zip(row["above"], row["above_best"], strict=True)]
        scores = [_number(row[key], 2) for key in ("log_density", "crps", "width")]
        lines.append([f"{row['table']} ({row['rows']})", *covered, *above[1:], *scores])
    head = [
        "table (rows)",
        *(f"{level:.0%}" for level in LEVELS),
        *(f"above {tail:.0%}" for tail in TAILS[1:]),
        "log density",
        "CRPS",
        "width",
    ]
    return _table(head, lines)


def _by_predictor(rows: Rows) -> str:
    lines = []
    for group in GROUPS:
        for name in _distinct(rows, "predictor"):
            part = [row for row in rows if row["predictor"] == name and row["group"] == group]
            if part:
                lines.append(
                    [
                        name,
                        f"{group} ({sum(row['scored'] > 0 for row in part)} of {len(part)})",
                        *(_number(_mean(part, "coverage", k), 1) for k in range(len(LEVELS))),
                        _number(_mean(part, "coverage_best", NINETY), 1),
                        *(
                            f"{_number(_mean(part, 'above', k), 1)} / {_number(_mean(part, 'above_best', k), 1)}"
                            for k in (1, 2)
                        ),
                        *(_number(_mean(part, key), 2) for key in ("log_density", "crps", "width")),
                        _number(_mean(part, "abstained"), 1),
                        _number(_mean(part, "seconds"), 3),
                    ]
                )
    head = [
        "predictor",
        "tables",
        *(f"{level:.0%}" for level in LEVELS),
        "90%, best",
        "above 95%, all / best",
        "above 99%, all / best",
        "log density",
        "CRPS",
        "width",
        "abstained %",
        "CPU s",
    ]
    return _table(head, lines)


def _by_share(rows: Rows) -> str:
    shares = sorted(_distinct(rows, "share"))
    lines = []
    for name in _distinct(rows, "predictor"):
        cells = []
        for share in shares:
            part = [row for row in rows if row["predictor"] == name and row["share"] == share and row["scored"]]
            covered = [f"{_mean(part, key, NINETY):.1f}" for key in ("coverage", "coverage_best")] if part else []
            cells.append(f"{' / '.join(covered)}, {_mean(part, 'crps'):.3f}" if part else "")
        lines.append([name, *cells])
    return _table(["predictor", *(f"{share:.0%}" for share in shares)], lines)


def _by_curves(rows: Rows) -> str:
    lines = []
    for group in GROUPS:
        for curves in sorted(_distinct(rows, "curves")):
            part = [row for row in rows if row["curves"] == curves and row["group"] == group]
            if part:
                covered = [_number(_mean(part, "coverage", k), 1) for k in range(len(LEVELS))]
                top = [_number(_mean(part, "coverage_best", k), 1) for k in (NINETY, len(LEVELS) - 1)]
                scores = [_number(_mean(part, key), 3) for key in ("log_density", "crps", "width")]
                lines.append([str(curves), group, *covered, *top, *scores, _number(_mean(part, "abstained"), 1)])
    head = ["curves", "tables", *(f"{level:.0%}" for level in LEVELS), "90%, best", "99%, best"]
    return _table([*head, "log density", "CRPS", "width", "abstained %"], lines)


def _cost(rows: Rows, default: str) -> str:
    """What fits and forecasts took; scoring them comes on top."""
    own = [row["seconds"] for row in rows if row["predictor"] == default]
    minutes = {
        name: sum(row["seconds"] * row["splits"] for row in rows if row["predictor"] == name) / 60
        for name in _distinct(rows, "predictor")
    }
    each = ", ".join(f"{name} {spent:.1f}" for name, spent in minutes.items())
    said = f"CPU minutes of all fits and forecasts: {sum(minutes.values()):.0f} ({each})."
    if own:
        said += (
            f" A table, prefix and split take `{default}` {np.mean(own):.3f} s on average, {max(own):.3f} s at most."
        )
    return said


def draw(rows: Rows, path: Path, *, default: str, curves: int) -> None:
    """Nominal against measured coverage, as a file; needs matplotlib, and says so where it is missing."""
    try:
        import matplotlib as mpl

        mpl.use("Agg")
        import matplotlib.pyplot as plt
    except ImportError:
        print("no figure: matplotlib is not installed", file=sys.stderr)
        return
    nominal = 100 * np.array(LEVELS)
    figure, panels = plt.subplots(2, 2, figsize=(9, 8.4), sharex=True, sharey=True)
    own = [row for row in rows if row["predictor"] == default and row["curves"] == curves and row["scored"]]
    others = [row for row in rows if row["curves"] == curves and row["share"] == SHARE and row["scored"]]

    for column, (who, key) in enumerate((("all arms", "coverage"), ("best tenth", "coverage_best"))):
        axis = panels[0][column]
        for row in own:
            axis.plot(nominal, row[key], color="0.85", linewidth=0.7, zorder=0)
        for share in sorted(_distinct(own, "share")):
            part = [row for row in own if row["share"] == share]
            means = [_mean(part, key, k) for k in range(len(LEVELS))]
            axis.plot(nominal, means, marker="o", markersize=3, label=f"{share:.0%} of the epochs")
        if column and own:
            means = [_mean(own, IF_RIGHT, k) for k in range(len(LEVELS))]
            axis.plot(nominal, means, color="black", linestyle=":", label="if the forecasts were right")
        _finish(axis, f"{default}, {who} (grey: one table and prefix each)")
        axis = panels[1][column]
        for name in _distinct(others, "predictor"):
            part = [row for row in others if row["predictor"] == name]
            means = [_mean(part, key, k) for k in range(len(LEVELS))]
            axis.plot(nominal, means, marker="o", markersize=3, label=name)
        _finish(axis, f"every predictor after {SHARE:.0%}, {who}")
        axis.set_xlabel("nominal coverage, %")
    for line in panels:
        line[0].set_ylabel("measured coverage, %")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


def _finish(axis: Any, title: str) -> None:
    axis.plot([0, 100], [0, 100], color="0.5", linewidth=1, zorder=0)
    axis.set_xlim(45, 101)
    axis.set_ylim(0, 101)
    axis.set_title(title, fontsize=10)
    if axis.get_legend_handles_labels()[0]:
        axis.legend(fontsize=7, loc="lower right")
