"""The runs of the benchmark as tables: means over seeds, and sides held against each other seed by seed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.samplers.problems import FORMULAS, TABLES

__all__ = ["summarize", "text_of"]

PAIRS = [  # a side, and the side that it is held against
    *[
        (f"{s}: {name}", f"{s}: random")
        for s in ("random search", "hyperband")
        for name in ("uniform", "tpe", "tpe, a third random")
    ],
    *[(f"{s}: tpe, a third random", f"{s}: tpe") for s in ("random search", "hyperband")],
    *[
        (f"{s} + srm: tpe, {name}", f"{s} + srm: random")
        for s in ("random search", "hyperband")
        for name in ("forecast", "measured", "nothing")
    ],
    *[
        (f"{s} + srm: tpe, {name}", f"{s} + srm: tpe, forecast")
        for s in ("random search", "hyperband")
        for name in ("measured", "nothing")
    ],
]
GROUPS = {"tables": TABLES, "formulas": tuple(FORMULAS)}


def summarize(runs: list[dict[str, Any]], budgets: Sequence[int]) -> list[dict[str, Any]]:
    """One row a problem and side: mean regrets over the seeds with standard errors, %."""
    rows = []
    for problem, side in dict.fromkeys((r["problem"], r["side"]) for r in runs):
        mine = [r for r in runs if (r["problem"], r["side"]) == (problem, side)]
        row: dict[str, Any] = {"problem": problem, "side": side, "seeds": len(mine)}
        for number, budget in enumerate(budgets):
            row[f"regret_{budget}"], row[f"se_{budget}"] = _mean([r["regrets"][number] for r in mine])
        for first, second in PAIRS:
            if side == first:
                other = {r["seed"]: r for r in runs if (r["problem"], r["side"]) == (problem, second)}
                if len(other) == len(mine):
                    changes = [
                        [a - b for a, b in zip(r["regrets"], other[r["seed"]]["regrets"], strict=True)] for r in mine
                    ]
                    row.setdefault("against", {})[second] = [_mean(column) for column in zip(*changes, strict=True)]
        for name in ("trials", "dropped", "cpu_seconds"):
            row[name] = round(statistics.mean(r[name] for r in mine), 2)
        rows.append(row)
    return rows


def text_of(rows: list[dict[str, Any]], budgets: Sequence[int]) -> str:
    """Markdown: mean regrets by side, differences between sides, and all problems one by one."""
    by_key = {(row["problem"], row["side"]): row for row in rows}
    problems = list(dict.fromkeys(row["problem"] for row in rows))
    sides = list(dict.fromkeys(row["side"] for row in rows))
    groups = {name: [p for p in members if p in problems] for name, members in GROUPS.items()}
    groups = {name: members for name, members in groups.items() if members}
    columns = [f"{group}, {budget}" for group in groups for budget in budgets]
    lines = ["Mean regret ± standard error, %:", "", f"| side | {' | '.join(columns)} | arms | dropped | CPU s |"]
    lines.append(f"|---|{'---:|' * (len(columns) + 3)}")
    for side in sides:
        cells = []
        for members in groups.values():
            mine = [by_key[problem, side] for problem in members]
            cells += [_cell(*_pool([(row[f"regret_{b}"], row[f"se_{b}"]) for row in mine])) for b in budgets]
        mine = [by_key[problem, side] for problem in problems]
        cells += [f"{statistics.mean(row[name] for row in mine):.0f}" for name in ("trials", "dropped")]
        cells.append(f"{statistics.mean(row['cpu_seconds'] for row in mine):.1f}")
        lines.append(f"| {side} | {' | '.join(cells)} |")
    lines += ["", "The first side minus the second, seed by seed, points ± standard error; + is worse:", ""]
    lines += [f"| side | against | {' | '.join(columns)} |", f"|---|---|{'---:|' * len(columns)}"]
    for first, second in PAIRS:
        mine = [by_key[problem, first] for problem in problems if (problem, first) in by_key]
        if mine and all(second in row.get("against", {}) for row in mine):
            cells = []
            for members in groups.values():
                told = [by_key[problem, first]["against"][second] for problem in members]
                cells += [_cell(*_pool([pairs[i] for pairs in told]), sign="+") for i in range(len(budgets))]
            lines.append(f"| {first} | {second.rpartition(': ')[2]} | {' | '.join(cells)} |")
    lines += ["", f"Regret after {budgets[-1]} full trainings ± standard error, %:", ""]
    lines += [f"| side | {' | '.join(problems)} |", f"|---|{'---:|' * len(problems)}"]
    for side in sides:
        told = [by_key[problem, side] for problem in problems]
        cells = [_cell(row[f"regret_{budgets[-1]}"], row[f"se_{budgets[-1]}"]) for row in told]
        lines.append(f"| {side} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _mean(values: Sequence[float]) -> tuple[float, float]:
    """And its standard error."""
    spread = statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    return statistics.mean(values), spread


def _pool(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The mean of independent means, and its standard error."""
    return statistics.mean(mean for mean, _ in pairs), math.sqrt(sum(se**2 for _, se in pairs)) / len(pairs)


def _cell(mean: float, se: float, sign: str = "") -> str:
    return f"{mean:{sign}.1f} ± {se:.1f}"
