"""From single replays to one row a table, burn-in, predictor, rule and level."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.early_stopping.sides import CONSTANTS
from benchmarks.early_stopping.tables import groups

__all__ = ["ALLOWED", "Rows", "binomial_error", "bounds", "misses_by", "summarise"]

Rows = Sequence[dict[str, Any]]

ALLOWED = 0.02  # by which a measured risk may exceed the stated one
KEPT_IN = 0.9  # of the orderings, by a bound


def binomial_error(share: float, n: int) -> float:
    """The standard error of a share of `n` independent draws."""
    return math.sqrt(share * (1.0 - share) / n) if n else math.nan


def misses_by(measured: float, stated: float, n: int) -> float:
    """By how many standard errors, of as many draws at the stated risk, a risk exceeds what is stated and allowed."""
    return (measured - stated - ALLOWED) / binomial_error(stated, n)


def summarise(runs: Rows) -> list[dict[str, Any]]:
    """One row a side, table, burn-in, and rule with level and keep."""
    cells: dict[tuple[str, str, int, str], list[tuple[dict[str, Any], dict[str, Any]]]] = defaultdict(list)
    for run in runs:
        for key, told in run["replays"].items():
            cells[run["side"], run["table"], run["burn_in"], key].append((run, told))
    return [_row(*cell, pairs) for cell, pairs in cells.items()]


def _row(
    side: str, table: str, burn_in: int, key: str, pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]]
) -> dict[str, Any]:
    rule, level, *rest = key.split(" ")
    keep = int(rest[1]) if rest else 1
    n = len(pairs)
    full, oracle = (np.array([run[name] for run, _ in pairs], dtype=float) for name in ("full", "oracle"))
    spent = np.array([told["spent"] for _, told in pairs], dtype=float)
    shares = (full - spent) / (full - oracle)
    risky = [told for run, told in pairs if run["at_risk"]]
    halves = [half for _, told in pairs for half in told["halves"] if half is not None]
    row = {
        "side": side,
        "table": table,
        "group": groups()[table],
        "burn_in": burn_in,
        "rule": rule,
        "level": float(level),
        "stated": float(level) if rule == "risk" else round(1.0 - float(level), 6),
        "keep": keep,
        "orderings": n,
        "arms": pairs[0][0]["arms"],
        "noise": float(np.mean([run["noise"] for run, _ in pairs])),
        "speed_up": float(full.sum() / spent.sum()),
        "ceiling": float(full.sum() / oracle.sum()),
        "share": float(shares.mean()),
        "share_se": float(shares.std(ddof=1) / math.sqrt(n)) if n > 1 else 0.0,
        "kept": sum(told["kept"] for _, told in pairs),
        "near": sum(told["near"] for _, told in pairs),
        "regret": float(np.mean([told["regret"] for _, told in pairs])),
        "regret_percent": float(np.mean([told["regret_percent"] for _, told in pairs])),
        "whole": _risk([[told["best_dropped"], 1 - told["near"]] for told in risky]),
        "halves": _risk(halves),
    }
    if keep > 1:
        at_risk, dropped = (sum(told[name] for _, told in pairs) for name in ("top_at_risk", "top_dropped"))
        of = sum(told["top"] for _, told in pairs)
        row |= {"top_kept": 1.0 - dropped / of, "top_risk": dropped / at_risk if at_risk else None}
    return row


def _risk(found: Sequence[Sequence[int]]) -> dict[str, Any]:
    """How often the best arm was dropped, and how often what was returned is worse by more than the noise."""
    n = len(found)
    if not n:
        return {"n": 0, "dropped": None, "lost": None}
    dropped, lost = (sum(one[place] for one in found) / n for place in (0, 1))
    errors = {"dropped_se": binomial_error(dropped, n), "lost_se": binomial_error(lost, n)}
    return {"n": n, "dropped": dropped, "lost": lost, **errors}


def bounds(runs: Rows) -> list[dict[str, Any]]:
    """By side and table, the most that one constant threshold saves, chosen in hindsight.

    "near" and "kept": it loses the best by more than noise, or drops it at all, in at most one ordering of ten.
    """
    cells: dict[tuple[str, str, int], list[dict[str, Any]]] = defaultdict(list)
    for run in runs:
        if run["bound"]:
            cells[run["side"], run["table"], run["burn_in"]].append(run)
    rows = []
    for (side, table, burn_in), mine in cells.items():
        found = np.array([run["bound"] for run in mine], dtype=float)  # [orderings, constants, 3]
        full, oracle = (np.array([run[name] for run in mine], dtype=float) for name in ("full", "oracle"))
        shares = ((full[:, np.newaxis] - found[:, :, 0]) / (full - oracle)[:, np.newaxis]).mean(axis=0)
        kept, near = found[:, :, 1].mean(axis=0), found[:, :, 2].mean(axis=0)
        row = {"side": side, "table": table, "group": groups()[table], "burn_in": burn_in, "orderings": len(mine)}
        for name, often in (("kept", kept), ("near", near)):
            good = np.flatnonzero(often >= KEPT_IN - 1e-9)
            best = int(good[shares[good].argmax()]) if good.size else None
            row[name] = None if best is None else {"constant": CONSTANTS[best], "share": float(shares[best])}
        curve = zip(CONSTANTS, shares.tolist(), kept.tolist(), near.tolist(), strict=True)
        row["constants"] = [[round(number, 4) for number in point] for point in curve]
        rows.append(row)
    return rows
