"""The measured regrets as Markdown."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import mean

from benchmarks.equal_budget.case import GROUPS
from benchmarks.equal_budget.measure import FROM_LARGE
from benchmarks.equal_budget.sides import KINDS, LEADER, SIDES
from benchmarks.equal_budget.statistics import ALLOWED, Estimate, Results

__all__ = ["markdown", "summary"]

DETAILED = (10, 20, 40)  # budgets whose regrets are told table by table
SHORT = (
    "freeze-thaw",
    "hyperband + srm",
    "hyperband",
    "random",
    "optuna hyperband",
    "optuna hyperband + TPE",
    "syne-tune hyperband",
)
"""Sides of the short table."""


def markdown(results: Results) -> str:
    """Everything that goes into the README."""
    parts = ["### Where something simpler wins", defeats(results)]
    parts += [
        "### Mean regret over tables",
        f"In %, with its standard error, after a number of full trainings. {_amount(results)} *CPU s* of a search: "
        "mean over tables and, in brackets, that of the table where it takes longest.",
        overall(results),
    ]
    if LEADER in results.sides:
        parts += [
            f"### {LEADER} against the best other method of each table",
            "Its regret minus that of the simple method or peer with the lowest mean regret on the table, same orders, "
            f"points; + is worse. **Bold**: behind by more than {ALLOWED:g} points and two standard errors together.",
            rivals(results),
        ]
    if any(SIDES[side].against in results.sides for side in results.sides):
        parts += [
            "### What each part changes",
            "Regret minus that of the side in brackets, same orders, mean over tables, in points; + is worse.",
            changes(results),
        ]
    parts.append("### Table by table")
    for budget in (budget for budget in DETAILED if budget in results.budgets):
        for group in GROUPS:
            if results.group(group):
                summary = f"<summary>{group} tables after {budget} trainings</summary>"
                parts.append(f"<details>{summary}\n\n{by_table(results, group, budget)}\n\n</details>")
    return "\n\n".join(parts)


def summary(results: Results) -> str:
    """Mean regret on the shipped tables of a few sides, at the budgets up to 40, for the README of the project."""
    tables, budgets = results.group(GROUPS[0]), [budget for budget in results.budgets if budget < FROM_LARGE]
    lines = _head(["mean regret in % after", *(f"{budget} trainings" for budget in budgets)])
    for side in (side for side in SHORT if side in results.sides):
        lines.append(
            _line([side, *(_cell(results.regret(side, tables, budget), results, tables, budget) for budget in budgets)])
        )
    return "\n".join([*lines, "", _amount(results)])


def defeats(results: Results) -> str:
    """One line a budget: which simple methods and peers are better than the leader, on all tables or on one."""
    if LEADER not in results.sides:
        return f"{LEADER} has not been measured."
    lines = []
    for budget in results.budgets:
        sentences = []
        for group in GROUPS:
            better = [
                f"{side} (by {_number(behind)} points)"
                for side in results.sides
                if SIDES[side].kind in ("simple", "peers")
                if (behind := results.difference(LEADER, side, results.group(group), budget)) is not None
                if behind.mean > 0
            ]
            if better:
                sentences.append(f"Lower mean regret on the {group} tables: {', '.join(better)}.")
        ahead = [
            f"{table} ({rival.side}, by {rival.difference.mean:.1f} points)"
            for table in results.tables
            if (rival := results.best_rival(table, budget)) is not None and rival.ahead
        ]
        if ahead:
            sentences.append(f"Better by more than two standard errors on one table: {', '.join(ahead)}.")
        if results.regret(LEADER, results.tables, budget) is not None:
            lines.append(f"- After {budget} trainings. {' '.join(sentences) or 'Nowhere.'}")
    return "\n".join(lines)


def overall(results: Results) -> str:
    """Mean regrets by side, group and budget, and the CPU seconds of a search."""
    groups = [group for group in GROUPS if results.group(group)]
    timed = max((budget for budget in results.budgets if budget < FROM_LARGE), default=results.budgets[-1])
    head = [f"{group}: {budget}" for group in groups for budget in results.budgets]
    columns = [(results.group(group), budget) for group in groups for budget in results.budgets]
    lines = _head(["side", *head, f"CPU s, {timed}"])
    for kind, meaning in KINDS.items():
        mine = [side for side in results.sides if SIDES[side].kind == kind]
        if mine:
            lines.append(_line([f"*{meaning}*", *[""] * (len(head) + 1)]))
        for side in mine:
            cells = [_cell(results.regret(side, *column), results, *column) for column in columns]
            seconds = results.cpu_seconds(side, results.tables, timed)
            told = f"{mean(seconds):.2g} ({max(seconds):.2g})" if seconds else "-"
            lines.append(_line([side, *cells, told]))
        if kind == "peers":
            cells = [_cell(results.hindsight(*column), results, *column) for column in columns]
            lines.append(_line(["*the best simple method or peer of each table, in hindsight*", *cells, ""]))
    return "\n".join(lines)


def rivals(results: Results) -> str:
    """The leader against the best of the others, by table and budget."""
    lines = _head(["table", *map(str, results.budgets)])
    for table in results.tables:
        cells = []
        for budget in results.budgets:
            rival = results.best_rival(table, budget)
            if rival is None:
                cells.append("-")
                continue
            told = f"{_signed(rival.difference)} ({rival.side})"
            cells.append(f"**{told}**" if rival.far_ahead else told)
        lines.append(_line([table, *cells]))
    return "\n".join(lines)


def changes(results: Results) -> str:
    """Each side against the one that lacks a part of it."""
    groups = [group for group in GROUPS if results.group(group)]
    columns = [(results.group(group), budget) for group in groups for budget in results.budgets]
    lines = _head(["side", *(f"{group}: {budget}" for group in groups for budget in results.budgets)])
    for side in (side for side in results.sides if SIDES[side].against in results.sides):
        found = [results.difference(side, SIDES[side].against, *column) for column in columns]
        lines.append(_line([f"{side} ({SIDES[side].against})", *map(_signed, found)]))
    return "\n".join(lines)


def by_table(results: Results, group: str, budget: int) -> str:
    """Regrets by side and table."""
    tables = results.group(group)
    lines = _head(["side", *tables])
    for side in results.sides:
        found = [results.regret(side, [table], budget) for table in tables]
        if any(found):
            lines.append(_line([side, *map(_number, found)]))
    return "\n".join(lines)


def _amount(results: Results) -> str:
    """How many tables and orders there are."""
    tables = ", ".join(f"{len(results.group(group))} {group}" for group in GROUPS if results.group(group))
    numbers = [results.orders(budget) for budget in results.budgets]
    fewer = [f"{n} for {b}" for b, n in zip(results.budgets, numbers, strict=True) if n < max(numbers)]
    orders = f"{max(numbers)} ({', '.join(fewer)} trainings)" if fewer else f"{max(numbers)}"
    return f"Tables: {tables}. Orders of the rows: {orders}. In brackets: tables and orders, where a side has fewer."


def _cell(estimate: Estimate | None, results: Results, tables: Sequence[str], budget: int) -> str:
    text = _number(estimate)
    if estimate is None or (estimate.tables == len(tables) and estimate.orders == results.orders(budget)):
        return text
    return f"{text} ({estimate.tables}, {estimate.orders})"


def _number(estimate: Estimate | None) -> str:
    return _told(estimate, "{:.1f}".format)


def _signed(estimate: Estimate | None) -> str:
    return _told(estimate, "{:+.1f}".format)


def _told(estimate: Estimate | None, shown: Callable[[float], str]) -> str:
    if estimate is None:
        return "-"
    error = "" if math.isnan(estimate.error) else f" ± {estimate.error:.1f}"
    return shown(estimate.mean) + error


def _head(cells: Sequence[str]) -> list[str]:
    return [_line(cells), "|---" + "|---:" * (len(cells) - 1) + "|"]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
