"""From studies to regrets with standard errors, wins and counts; and their Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.trial import TrialState

from bandits.objectives import CurveTable
from benchmarks.optuna_pruner.quality_sides import NAMES, OURS
from benchmarks.optuna_pruner.quality_study import Ended

__all__ = ["complete_seeds", "markdown", "summarise", "told"]

Run = Mapping[str, Any]
Floats = NDArray[np.float64]


def told(ended: Sequence[Ended], table: CurveTable, budget: int) -> dict[str, Any]:
    """What a study had come to when it had spent a budget.

    Args:
        ended: its trials, in their order; a longer study is cut.
        table: whose rows they are.
        budget: epochs.

    Returns:
        `regret` of the best complete trial's final value, in [0, 1]: 0 for the table's best row, 1 for a median
        one, for anything worse, and for nothing; `found`, whether it is the table's best value; `tried`, `completed`
        and `pruned` trials; `lost`, pruned trials whose rows end better than the best complete one; `spent` epochs.
    """
    ends = table.scores[:, -1]
    best, median = float(np.nanmax(ends)), float(np.nanmedian(ends))
    within = [trial for trial in ended if trial.spent <= budget and not _cut(trial, budget)]
    completed = [float(ends[trial.row]) for trial in within if trial.state == TrialState.COMPLETE]
    pruned = [float(ends[trial.row]) for trial in within if trial.state == TrialState.PRUNED]
    incumbent = max(completed, default=-np.inf)
    return {
        "regret": float(np.clip((best - incumbent) / (best - median), 0.0, 1.0)),
        "found": incumbent == best,
        "tried": min(len(within) + 1, len(ended)),
        "completed": len(completed),
        "pruned": len(pruned),
        "lost": sum(end > incumbent for end in pruned),
        "spent": min(ended[-1].spent, budget),
    }


def _cut(trial: Ended, budget: int) -> bool:
    """Whether a trial was stopped by the end of the epochs."""
    return trial.state == TrialState.FAIL and trial.spent == budget


def complete_seeds(runs: Sequence[Run], sampling: str) -> list[int]:
    """The seeds under which every side has run on every table of a sampling."""
    mine = {(run["table"], run["side"], run["seed"]) for run in runs if run["sampling"] == sampling}
    pairs = {(table, side) for table, side, _ in mine}
    seeds = sorted({seed for _, _, seed in mine})
    return [seed for seed in seeds if all((*pair, seed) in mine for pair in pairs)]


def summarise(runs: Sequence[Run], budgets: Sequence[int]) -> list[dict[str, Any]]:
    """One row a sampling, budget, table and side, over the seeds that every side has; and one for all tables, "".

    Returns:
        Rows with `seeds`, mean `regret` and its standard error `error`, the same of `against`, the regret minus that
        of our default side under the same seed, the means `tried`, `completed`, `pruned`, `lost` and `spent`, the
        share of studies that `found` the table's best; `per_completed` is epochs spent for each completed
        trial, in full trainings. Rows for all tables hold means of the tables' means, and `wins`: on how many tables
        the mean regret is the lowest, ties counted for each.
    """
    rows: list[dict[str, Any]] = []
    for sampling in dict.fromkeys(run["sampling"] for run in runs):
        seeds = complete_seeds(runs, sampling)
        mine = {
            (run["table"], run["side"], run["seed"]): run
            for run in runs
            if run["sampling"] == sampling and run["seed"] in seeds
        }
        tables = list(dict.fromkeys(table for table, _, _ in mine))
        sides = [side for side in NAMES if any(side == known for _, known, _ in mine)]
        for place, budget in enumerate(budgets):
            told_of = {key: run["told"][place] | {"epochs": run["epochs"]} for key, run in mine.items()}
            by_side = {
                side: [
                    _row(
                        [told_of[table, side, seed] for seed in seeds],
                        [told_of[table, OURS, seed] for seed in seeds] if OURS in sides else None,
                    )
                    for table in tables
                ]
                for side in sides
            }
            lowest = [min(by_side[side][i]["regret"] for side in sides) for i in range(len(tables))]
            for side in sides:
                known = {"sampling": sampling, "budget": budget, "side": side, "seeds": len(seeds)}
                wins = sum(row["regret"] <= low + 1e-12 for row, low in zip(by_side[side], lowest, strict=True))
                rows.append({**known, "table": "", **_over_tables(by_side[side]), "wins": wins})
                rows += [{**known, "table": table, **row} for table, row in zip(tables, by_side[side], strict=True)]
    return rows


def _row(mine: Sequence[Run], ours: Sequence[Run] | None) -> dict[str, Any]:
    """One side on one table, over its seeds."""
    regrets = np.array([one["regret"] for one in mine])
    row = {"regret": float(regrets.mean()), "error": _error(regrets)}
    if ours is not None:
        differences = regrets - np.array([one["regret"] for one in ours])
        row |= {"against": float(differences.mean()), "against_error": _error(differences)}
    for name in ("found", "tried", "completed", "pruned", "lost"):
        row[name] = float(np.mean([one[name] for one in mine]))
    full = [one["spent"] / one["epochs"] for one in mine]
    row["spent"] = float(np.mean(full))
    row["per_completed"] = float(sum(full) / max(1, sum(one["completed"] for one in mine)))
    return row


def _error(values: Floats) -> float:
    """Standard error of the mean; 0 of a single value."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


def _over_tables(rows: Sequence[Run]) -> dict[str, float]:
    """Means of the tables' means; errors as of a mean of independent means."""
    whole = {}
    for name in rows[0]:
        values = np.array([row[name] for row in rows])
        whole[name] = float(np.sqrt((values**2).sum()) / len(values) if name.endswith("error") else values.mean())
    return whole


def markdown(rows: Sequence[Run]) -> str:
    """Everything that goes into the README: overall and by table, for each sampling and budget."""
    words = {"random": "Random sampling", "tpe": "TPE"}
    parts = []
    for sampling in dict.fromkeys(row["sampling"] for row in rows):
        for budget in sorted({row["budget"] for row in rows}, reverse=True):
            mine = [row for row in rows if (row["sampling"], row["budget"]) == (sampling, budget)]
            if mine:
                heading = f"### {words[sampling]}, {budget} full trainings ({mine[0]['seeds']} seeds)"
                parts += [heading, _overall(mine), "Regret by table, %:", _by_table(mine)]
    return "\n\n".join(parts)


def _overall(rows: Sequence[Run]) -> str:
    tables = len({row["table"] for row in rows} - {""})
    head = ["pruner", "regret %", "minus ours", f"best on, of {tables}", "trials", "trainings per complete trial"]
    lines = _head([*head, "found the best %", "pruned, yet better than the best"])
    for row in rows:
        if row["table"] == "":
            ours = row["side"] == OURS or "against" not in row
            cells = [
                NAMES[row["side"]],
                _with_error(row["regret"], row["error"]),
                "" if ours else _with_error(row["against"], row["against_error"], sign="+"),
                str(row["wins"]),
                f"{row['tried']:.0f}",
                f"{row['per_completed']:.1f}",
                f"{100 * row['found']:.0f}",
                f"{row['lost']:.2f}",
            ]
            lines.append(_line(cells))
    return "\n".join(lines)


def _by_table(rows: Sequence[Run]) -> str:
    by = {(row["table"], row["side"]): row for row in rows}
    sides = list(dict.fromkeys(row["side"] for row in rows))
    lines = _head(["table", *(NAMES[side] for side in sides)])
    for table in dict.fromkeys(row["table"] for row in rows if row["table"]):
        found = [by[table, side] for side in sides]
        lines.append(_line([table, *(_with_error(row["regret"], row["error"]) for row in found)]))
    return "\n".join(lines)


def _with_error(value: float, error: float, sign: str = "") -> str:
    return f"{100 * value:{sign}.1f} ± {100 * error:.1f}"


def _head(cells: Sequence[str]) -> list[str]:
    return [_line(cells), "|---" + "|---:" * (len(cells) - 1) + "|"]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
