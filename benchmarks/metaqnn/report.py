"""Results as tables for the README."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def digits_table(rows: Sequence[Mapping[str, Any]], settings: Mapping[str, Any]) -> str:
    """What each arm costs, what it finds, and the mean reward as choices become greedy."""
    head = ["search", "alpha", "epochs", "saving", "after burn-in", "dropped", "failed", "best net", "greedy net"]
    head += ["eps 1", ".9-.7", ".6-.4", ".3-.1", "of these in full"]
    lines = [
        f"{settings['data']}, {settings['trials']} nets of {settings['epochs']} epochs, burn-in {settings['burn_in']},"
        f" seeds {', '.join(map(str, settings['seeds']))}; means over the seeds. The last columns are mean rewards.",
        "",
        _line(head),
        _line(["---", *["---:"] * (len(head) - 1)]),
    ]
    for row in rows:
        cells = [row["arm"], f"{row['learning_rate']:g}", f"{row['epochs']:,.0f}", f"{row['saving']:.2f}x"]
        cells += [_number(row["saving_after_burn_in"], ".2f", "x"), f"{row['dropped']:.0f}", f"{row['failed']:.0f}"]
        cells += [_number(row["best_accuracy"], ".4f"), _number(row["greedy_accuracy"], ".4f")]
        cells += [_number(row[f"group {i}"], ".3f") for i in range(4)]
        lines.append(_line([*cells, _number(row["group 3 in full"], ".3f")]))
    return "\n".join(lines)


def synthetic_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Worth of nets as shares of the best one's, by space, view and learning rate."""
    shares = ("first stage", "last stages", "greedy net", "best net tried", "best of as many at random")
    head = ["space", "agent sees", "nets", "alpha", *shares, "greedy = optimum", "CPU s"]
    lines = [_line(head), _line(["---", "---", *["---:"] * (len(head) - 2)])]
    for row in rows:
        cells = [row["space"], row["agent sees"], f"{row['nets']:,}", f"{row['learning_rate']:g}"]
        cells += [f"{row[name]:.3f}" for name in shares]
        lines.append(_line([*cells, f"{row['optimum reached']} of {row['seeds']}", f"{row['seconds']:.1f}"]))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: float | None, form: str, unit: str = "") -> str:
    return "-" if value is None else f"{value:{form}}{unit}"
