"""The rows of the benchmark as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.early_stopping.sides import CONFIDENCES, DEFAULT_RISK, KEEPS, RISKS
from benchmarks.early_stopping.summary import ALLOWED, Rows, misses_by
from benchmarks.early_stopping.tables import PAPER

__all__ = ["DEFAULT", "PAPER_CLAIMS", "PARTS", "at", "markdown"]

DEFAULT = "srm"
BURN_IN = 40
GROUPS = ("shipped", "recorded", "made up", "stress")
JUDGED = (0.05, 0.1, 0.2)  # stated risks
_CLEARLY = 2.0  # standard errors
PAPER_CLAIMS = {"metaqnn_cifar10": "6x", "deep_resnets_cifar10": "3.4x"}
"""Baker et al. (2017), 100 curves: the best of any confidence that keeps the best in most of 10 orderings; on ResNets
only 0.99 does."""


def at(rows: Rows, **wanted: Any) -> list[dict[str, Any]]:
    """The rows with these values; those that protect the best alone unless `keep` says otherwise."""
    wanted.setdefault("keep", 1)
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]


def markdown(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table; all columns but the first are numbers."""
    shown = [f"| {' | '.join(head)} |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join([*shown, *(f"| {' | '.join(line)} |" for line in lines)])


def goal(rows: Rows, bounds: Rows) -> str:
    """The default, table by table, beside the bounds."""
    mine = at(rows, side=DEFAULT, rule="risk", level=DEFAULT_RISK, burn_in=BURN_IN)
    lines = []
    for group in GROUPS:
        for row in (row for row in mine if row["group"] == group):
            own, more = (_bound(bounds, side, row["table"]) for side in (DEFAULT, "srm, many curves"))
            lines.append(
                [
                    row["table"],
                    f"{row['speed_up']:.1f}x",
                    f"{row['ceiling']:.1f}x",
                    f"{row['share']:.2f} ± {row['share_se']:.2f}",
                    own["near"],
                    more["near"],
                    f"{row['near']}/{row['orderings']}",
                    f"{row['kept']}/{row['orderings']}",
                    f"{row['regret_percent']:.2f} %",
                    _percent(row["whole"]),
                    _percent(row["halves"]),
                ]
            )
    head = [
        "table",
        "speed-up",
        "ceiling",
        "share of the possible saving",
        "bound",
        "bound, many curves",
        "kept, within noise",
        "kept",
        "regret",
        "risk, best arm",
        "risk, half-tables",
    ]
    return markdown(head, lines)


def _bound(bounds: Rows, side: str, table: str) -> dict[str, str]:
    found = [row for row in bounds if (row["side"], row["table"]) == (side, table)]
    if not found:
        return {"near": "", "kept": ""}
    return {
        key: "none" if found[0][key] is None else f"{found[0][key]['share']:.2f} (c {found[0][key]['constant']:g})"
        for key in ("near", "kept")
    }


def _percent(risk: dict[str, Any]) -> str:
    """Lost beyond noise, and in brackets dropped at all."""
    return "" if not risk["n"] else f"{100 * risk['lost']:.0f} ({100 * risk['dropped']:.0f}) %"


def paper(rows: Rows, bounds: Rows) -> str:  # noqa: ARG001 - all parts are asked alike
    """The paper's tables: everyone, and what the paper says."""
    chosen = [
        ("ours, risk 0.1", DEFAULT, "risk", DEFAULT_RISK),
        ("ours with the paper's rule, 0.99", DEFAULT, "probability", 0.99),
        ("paper's SRM, 0.9", "srm-svr-rbf", "probability", 0.9),
        ("paper's SRM, 0.99", "srm-svr-rbf", "probability", 0.99),
        ("last seen value, risk 0.1", "last-seen-value", "risk", DEFAULT_RISK),
        ("last seen value, 0.99", "last-seen-value", "probability", 0.99),
        ("LCE, 0.95", "lce", "probability", 0.95),
    ]
    lines = []
    for table, name in PAPER.items():
        for burn_in in (40, 100):
            cells, ceiling = [], ""
            for _, side, rule, level in chosen:
                found = at(rows, side=side, rule=rule, level=level, table=table, burn_in=burn_in)
                cells.append(_cell(found[0]) if found else "")
                if found and side != "lce":
                    ceiling = f"{found[0]['ceiling']:.1f}x"
            claim = PAPER_CLAIMS.get(table, "") if burn_in == 100 else ""
            lines.append([name if burn_in == 40 else "", str(burn_in), ceiling, *cells, claim])
    return markdown(["table", "curves", "ceiling", *(title for title, *_ in chosen), "the paper says"], lines)


def _cell(row: dict[str, Any]) -> str:
    if row["side"] == "lce":  # on so few arms, with another ceiling
        return f"share {row['share']:.2f}, {row['near']}/{row['orderings']}"
    return f"{row['speed_up']:.1f}x, {row['near']}/{row['orderings']}"


def levels(rows: Rows, bounds: Rows) -> str:  # noqa: ARG001
    """Every level: speed-up and how often the best is kept."""
    sides = [(DEFAULT, "risk"), (DEFAULT, "probability"), ("srm-svr-rbf", "probability"), ("lce", "probability"),
             ("last-seen-value", "risk"), ("last-seen-value", "probability")]  # fmt: skip
    parts = []
    tables = list(dict.fromkeys(row["table"] for row in rows if row["group"] == "shipped"))
    for rule, steps in (("risk", RISKS), ("probability", CONFIDENCES)):
        lines = []
        for side in (side for side, own in sides if own == rule):
            for table in tables:
                found = {row["level"]: row for row in at(rows, side=side, rule=rule, table=table, burn_in=BURN_IN)}
                if found:
                    cells = [_cell(found[level]) if level in found else "" for level in steps]
                    lines.append([f"{side}, {table}", *cells])
        word = "stated risk" if rule == "risk" else "confidence"
        parts.append(markdown([f"predictor, table / {word}", *(f"{step:g}" for step in steps)], lines))
    return "\n\n".join(parts)


def risk(rows: Rows, bounds: Rows) -> str:  # noqa: ARG001
    """Stated against measured risk of the default, and where it exceeds what is allowed."""
    counts = {(way, kind): [0, 0, 0] for way in ("whole", "halves") for kind in ("lost", "dropped")}
    lines = []
    for group in GROUPS:
        tables = list(dict.fromkeys(row["table"] for row in at(rows, side=DEFAULT, rule="risk", group=group)))
        for table in tables:
            cells = []
            for way in ("whole", "halves"):
                for level in JUDGED:
                    found = at(rows, side=DEFAULT, rule="risk", level=level, table=table, burn_in=BURN_IN)
                    told = found[0][way] if found else {"n": 0}
                    cells.append(_verdict(told, level))
                    for kind in ("lost", "dropped") if told["n"] else ():
                        miss = misses_by(told[kind], level, told["n"])
                        for place, counted in enumerate((True, miss <= 0, miss > _CLEARLY)):
                            counts[way, kind][place] += counted
            lines.append([table, *cells])
    ways = {"whole": "the table's best arm", "halves": "half-tables"}
    kinds = {"lost": "lost beyond noise", "dropped": "dropped at all"}
    told_of = [
        [f"{ways[way]}, {kinds[kind]}", *map(str, (cells, good, bad))]
        for (way, kind), (cells, good, bad) in counts.items()
    ]
    allowed = f"at most the stated risk + {100 * ALLOWED:.0f} points"
    summed = markdown(["measured", "cells", allowed, f"more, by over {_CLEARLY:g} standard errors"], told_of)
    head = ["table", *(f"{way}, {level:.0%}" for way in ("best arm", "half-tables") for level in JUDGED)]
    return f"{summed}\n\n{markdown(head, lines)}"


def _verdict(told: dict[str, Any], stated: float) -> str:
    """Lost beyond noise ± error (dropped at all); in bold, with standard errors, where it is too much."""
    if not told["n"]:
        return ""
    text = f"{100 * told['lost']:.1f} ± {100 * told['lost_se']:.1f} ({100 * told['dropped']:.1f})"
    miss = misses_by(told["lost"], stated, told["n"])
    return f"**{text}: {miss:.1f} se**" if miss > 0 else text


def burn_ins(rows: Rows, bounds: Rows) -> str:  # noqa: ARG001
    """The default with smaller and larger burn-ins."""
    mine = at(rows, side=DEFAULT, rule="risk", level=DEFAULT_RISK)
    sizes = sorted({row["burn_in"] for row in mine})
    lines = []
    for table in dict.fromkeys(row["table"] for group in GROUPS for row in mine if row["group"] == group):
        by = {row["burn_in"]: row for row in mine if row["table"] == table}
        lines.append([table, *(_small(by[size]) if size in by else "" for size in sizes)])
    for group in GROUPS:
        part = [row for row in mine if row["group"] == group]
        means = []
        for size in sizes:
            some = [row for row in part if row["burn_in"] == size]
            near = np.mean([row["near"] / row["orderings"] for row in some]) if some else np.nan
            share = np.mean([row["share"] for row in some]) if some else np.nan
            means.append(f"{share:.2f}, {near:.0%}" if some else "")
        lines.append([f"*mean, {group}*", *means])
    return markdown(["table / complete curves first", *map(str, sizes)], lines)


def _small(row: dict[str, Any]) -> str:
    return f"{row['speed_up']:.1f}x, {row['share']:.2f}, {row['near'] / row['orderings']:.0%}"


def top(rows: Rows, bounds: Rows) -> str:  # noqa: ARG001
    """The best 3 and the best 10."""
    mine = [row for row in rows if row["side"] == DEFAULT and row["burn_in"] == BURN_IN and row["rule"] == "risk"]
    mine = [row for row in mine if row["level"] == DEFAULT_RISK]
    lines = []
    for table in dict.fromkeys(row["table"] for group in GROUPS for row in mine if row["group"] == group):
        cells = []
        for keep in (1, *KEEPS):
            found = at(mine, table=table, keep=keep)
            if not found:
                cells.append("")
            elif keep == 1:
                cells.append(f"{found[0]['share']:.2f}, {found[0]['kept'] / found[0]['orderings']:.0%}")
            else:
                cells.append(f"{found[0]['share']:.2f}, {found[0]['top_kept']:.0%}")
        lines.append([table, *cells])
    return markdown(["table", "the best", *(f"the best {keep}" for keep in KEEPS)], lines)


PARTS: dict[str, Callable[[Rows, Rows], str]] = {
    "goal": goal,
    "paper": paper,
    "risk": risk,
    "burn-ins": burn_ins,
    "top": top,
    "levels": levels,
}
"""By the marker in README.md."""
