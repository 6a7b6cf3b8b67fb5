"""From steps to regrets over a grid of budgets, with intervals, ranks and areas; and their Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from bandits.rng import rng_for
from benchmarks.equal_budget.sides import SIDES

__all__ = ["against_plain", "area", "curve", "markdown", "on_grid", "summarise"]

Floats = NDArray[np.float64]
RESAMPLES = 2000
GROUPS = ("shipped", "stress")


def on_grid(budget: int) -> list[float]:
    """Budgets at which a curve is told, in full trainings: 8 a decade, and 10, 20, 40 and the whole."""
    spaced = 10 ** np.arange(0, np.log10(budget) + 1e-9, 1 / 8)
    told = {*(round(float(b), 2) for b in spaced), 10.0, 20.0, 40.0, float(budget)}
    return sorted(b for b in told if b <= budget)


def curve(run: Mapping[str, Any], kind: int, at: Sequence[float]) -> Floats:
    """Relative regret after each budget.

    Args:
        run: of a method, with its `steps`, and the `best` and `median` final score of the table.
        kind: 1 for the incumbent's value at the table's last epoch, 2 for the best such value that was seen.
        at: budgets in full trainings, `[g]`.

    Returns:
        `[g]` in [0, 1]: 0 for the table's best row, 1 for a median one, for anything worse, and for nothing.
    """
    steps = run["steps"]
    spent = [step[0] for step in steps]
    factor = SIDES[run["side"]].factor
    places = np.searchsorted(spent, np.asarray(at) * run["epochs"] * factor, side="right")
    regrets: Floats = np.array([1.0, *(_relative(run, step[kind]) for step in steps)])[places]
    return regrets


def area(run: Mapping[str, Any], kind: int, budget: float) -> float:
    """Mean relative regret over all epochs from the first to the last of a budget."""
    whole = budget * run["epochs"] * SIDES[run["side"]].factor
    steps = [step for step in run["steps"] if step[0] < whole]
    edges = np.array([0.0, *(step[0] for step in steps), whole])
    return float(np.array([1.0, *(_relative(run, step[kind]) for step in steps)]) @ np.diff(edges) / whole)


def _relative(run: Mapping[str, Any], score: float | None) -> float:
    if score is None or not np.isfinite(score):
        return 1.0
    return float(np.clip((run["best"] - score) / (run["best"] - run["median"]), 0.0, 1.0))


def summarise(runs: Sequence[Mapping[str, Any]], budgets: Sequence[int]) -> list[dict[str, Any]]:
    """One row a table and side, over the seeds.

    Returns:
        `grid` in full trainings, and at each of its points mean `regret` of the incumbent with the ends of its 95 %
        bootstrap interval, `low` and `high`, and `best_found`, the same of the best finished value; by budget, as
        lists: `area`, `rank` (mean over seeds, among the sides that ran every seed), `raw` (mean regret in the
        metric's units, nothing clipped; None where an incumbent ends without a value) and `at_budget` by seed.
    """
    grid = on_grid(max(budgets))
    sides = [side for side in SIDES if any(run["side"] == side for run in runs)]
    tables = list(dict.fromkeys(run["table"] for run in runs))
    rows = []
    for table in tables:
        by_side = {
            side: sorted((r for r in runs if r["table"] == table and r["side"] == side), key=lambda r: int(r["seed"]))
            for side in sides
        }
        by_side = {side: mine for side, mine in by_side.items() if mine}
        most = max(len(mine) for mine in by_side.values())
        ranked = [side for side, mine in by_side.items() if len(mine) == most]
        at_budget = {side: np.array([curve(run, 1, budgets) for run in mine]) for side, mine in by_side.items()}
        stacked = np.stack([at_budget[side] for side in ranked])  # [sides, seeds, budgets]
        ranks = dict(zip(ranked, rankdata(stacked.round(12), axis=0).mean(axis=1), strict=True))
        for side, mine in by_side.items():
            curves = np.array([curve(run, 1, grid) for run in mine])
            low, high = _interval(curves)
            rows.append(
                {
                    "table": table,
                    "group": mine[0]["group"],
                    "side": side,
                    "seeds": len(mine),
                    "tried": float(np.mean([run["tried"] for run in mine])),
                    "spent": float(np.mean([run["spent"] / run["epochs"] for run in mine])),
                    "grid": grid,
                    "regret": _short(curves.mean(axis=0)),
                    "low": _short(low),
                    "high": _short(high),
                    "best_found": _short(np.mean([curve(run, 2, grid) for run in mine], axis=0)),
                    "area": _short([np.mean([area(run, 1, b) for run in mine]) for b in budgets]),
                    "rank": _short(ranks[side]) if side in ranks else None,
                    "raw": [_raw(mine, b) for b in budgets],
                    "at_budget": [_short(column) for column in at_budget[side].T],
                    "cpu_seconds": float(np.mean([run["cpu_seconds"] for run in mine])),
                }
            )
    return rows


def _interval(values: Floats) -> tuple[Floats, Floats]:
    """The 95 % bootstrap interval of the mean over the first axis."""
    picks = rng_for(0, "bootstrap").integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.quantile(values[picks].mean(axis=1), [0.025, 0.975], axis=0)
    return low, high


def _raw(mine: Sequence[Mapping[str, Any]], budget: float) -> float | None:
    """Mean regret of the incumbents in the metric's units; None where one is without a value."""
    regrets = []
    for run in mine:
        reached = [s for s in run["steps"] if s[0] <= budget * run["epochs"] * SIDES[run["side"]].factor]
        if not reached or reached[-1][1] is None:
            return None
        regrets.append(run["best"] - reached[-1][1])
    return float(np.mean(regrets))


def _short(values: Any) -> list[float]:
    return [float(f"{value:.4g}") for value in values]


def against_plain(rows: Sequence[Mapping[str, Any]], place: int) -> list[dict[str, Any]]:
    """With a predictor against without, seed by seed: mean difference of the relative regret, and its interval."""
    found = {(row["table"], row["side"]): row for row in rows}
    differences = []
    for row in rows:
        plain = found.get((row["table"], SIDES[row["side"]].plain))
        if plain is not None and plain["seeds"] == row["seeds"]:
            changes = np.array(row["at_budget"][place]) - np.array(plain["at_budget"][place])
            low, high = _interval(changes[:, None])
            ends = {"change": float(changes.mean()), "low": float(low[0]), "high": float(high[0])}
            differences.append({"table": row["table"], "group": row["group"], "side": row["side"], **ends})
    return differences


def markdown(rows: Sequence[Mapping[str, Any]], budgets: Sequence[int]) -> str:
    """Everything that goes into the README."""
    parts = []
    for place, budget in enumerate(budgets):
        heading = f"{budget} full trainings"
        parts += [f"### {heading}", _overall(rows, place, budget)]
        for group in GROUPS:
            tables = list(dict.fromkeys(row["table"] for row in rows if row["group"] == group))
            if tables:
                parts += [
                    f"Regret after {heading}, {group} tables, % [95 % interval]:",
                    _by_table(rows, tables, budget),
                ]
        changes = _changes(rows, place)
        if changes:
            parts += [
                f"With a predictor minus without, same seeds, after {heading}, points [95 % interval]; + is worse:",
                changes,
            ]
    return "\n\n".join(parts)


def _overall(rows: Sequence[Mapping[str, Any]], place: int, budget: int) -> str:
    groups = [group for group in GROUPS if any(row["group"] == group for row in rows)]
    head = ["side"]
    for group in groups:
        head += [f"{group}: rank", "regret %", "area %", "best found %"]
    lines = [_line(head), "|---" + "|---:" * (len(head) - 1) + "|"]
    for side in _sides(rows):
        cells = [side]
        for group in groups:
            mine = [row for row in rows if row["side"] == side and row["group"] == group]
            tables = {row["table"] for row in rows if row["group"] == group}
            if len(mine) < len(tables):
                cells += ["-"] * 4
                continue
            ranks = [row["rank"][place] for row in mine if row["rank"] is not None]
            cells += [
                f"{np.mean(ranks):.1f}" if len(ranks) == len(mine) else "-",
                _percent(np.mean([_at(row, "regret", budget) for row in mine])),
                _percent(np.mean([row["area"][place] for row in mine])),
                _percent(np.mean([_at(row, "best_found", budget) for row in mine])),
            ]
        lines.append(_line(cells))
    return "\n".join(lines)


def _by_table(rows: Sequence[Mapping[str, Any]], tables: Sequence[str], budget: int) -> str:
    found = {(row["table"], row["side"]): row for row in rows}
    lines = [_line(["side", *tables]), "|---" + "|---:" * len(tables) + "|"]
    for side in _sides(rows):
        cells = [side]
        for table in tables:
            row = found.get((table, side))
            cells.append(
                "-"
                if row is None
                else f"{_percent(_at(row, 'regret', budget))} "
                f"[{_percent(_at(row, 'low', budget))}, {_percent(_at(row, 'high', budget))}]"
            )
        lines.append(_line(cells))
    return "\n".join(lines)


def _changes(rows: Sequence[Mapping[str, Any]], place: int) -> str:
    changes = against_plain(rows, place)
    if not changes:
        return ""
    sides = list(dict.fromkeys(change["side"] for change in changes))
    found = {(change["table"], change["side"]): change for change in changes}
    lines = [_line(["table", *sides]), "|---" + "|---:" * len(sides) + "|"]
    for table in dict.fromkeys(change["table"] for change in changes):
        cells = [table]
        for side in sides:
            change = found.get((table, side))
            cells.append(
                "-"
                if change is None
                else f"{100 * change['change']:+.2f} [{100 * change['low']:+.2f}, {100 * change['high']:+.2f}]"
            )
        lines.append(_line(cells))
    return "\n".join(lines)


def _at(row: Mapping[str, Any], key: str, budget: float) -> float:
    return float(row[key][row["grid"].index(float(budget))])


def _sides(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return [side for side in SIDES if any(row["side"] == side for row in rows)]


def _percent(share: float | np.floating[Any]) -> str:
    return f"{100 * share:.1f}"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
