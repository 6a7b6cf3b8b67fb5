"""Results as Markdown, the paper's figures beside ours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.prediction.cases import ABLATION, CASES, DEPTHS, MODELS, Case

__all__ = ["report", "summarise"]

TOLERANCE = 1.5  # R2 points within which a figure of the paper counts as reproduced
QUARTER = 0.25

Row = Mapping[str, Any]


def summarise(results: Iterable[Row]) -> list[dict[str, Any]]:
    """One row a case, model, inputs, depth and share: mean and standard error over the splits, and R2 of each."""
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for result in results:
        groups[tuple(result[key] for key in ("case", "model", "inputs", "depth", "share"))].append(result)
    rows = []
    for group in groups.values():
        ordered = sorted(group, key=lambda result: result["split"])
        shared = ("case", "model", "inputs", "depth", "share", "tau", "horizon", "train", "test")
        row = {key: ordered[0][key] for key in shared}
        for key in ("r2", "spearman", "median_error", "seconds"):
            row[key], row[f"{key}_se"] = _mean_and_error([r[key] for r in ordered if r[key] is not None])
        row["n"] = len(ordered)
        row["abstained"] = sum(result["abstained"] for result in ordered)
        row["r2_of_splits"] = [result["r2"] for result in ordered]
        if "common_errors" in ordered[0]:
            row["common_errors"] = ordered[0]["common_errors"]
        rows.append(row)
    places = {case.title: i for i, case in enumerate(CASES)}
    order = [*MODELS, "LCE", "BNN"]
    rows.sort(key=lambda r: (r["depth"], r["share"], places[r["case"]], ABLATION[::-1].index(r["inputs"])))
    rows.sort(key=lambda r: order.index(r["model"]))
    return rows


def report(rows: Sequence[Row]) -> str:
    """Everything that goes into the README."""
    parts = []
    for share in sorted({row["share"] for row in rows}, key=lambda share: (share != QUARTER, share)):
        found = {(r["case"], r["model"]): r for r in _pick(rows, share=share) if r["model"] in MODELS}
        if not found:
            continue
        quarter = share == QUARTER
        parts += [
            f"**Models at {share:.0%} of the curve**, R2 x100, mean ± standard error over the splits:",
            _grid(MODELS, found, _r2, (lambda case: case.models) if quarter else None, goal=quarter),
        ]
        if quarter:
            parts += ["Figures of the paper, reproduced or not:", _verdicts(found, lambda case: case.models)]
            parts += ["Spearman's rank correlation of forecast and truth:", _grid(MODELS, found, _rho)]
            parts += ["CPU seconds for one fit and all forecasts of a split:", _grid(MODELS, found, _seconds)]
    ablated = [r for r in rows if r["model"] == "svr_rbf" and r["depth"] == 0 and r["share"] == QUARTER]
    found = {(row["case"], row["inputs"]): row for row in ablated}
    if any(inputs != "TS+AP+HP" for _, inputs in found):
        parts += [
            "**Inputs**: time series (TS), architecture (AP), hyperparameters (HP). svr_rbf at 25 %, R2 x100:",
            _grid(ABLATION, found, _r2, lambda case: case.ablation),
            _verdicts(found, lambda case: case.ablation),
        ]
    deep = [row for row in rows if row["depth"]]
    if deep:
        parts += ["**Deeper networks** than those of the training set, at 25 % of the curve. R2 x100:", _depths(deep)]
    return "\n\n".join(parts)


def _pick(rows: Sequence[Row], share: float) -> list[Row]:
    """The rows of whole inputs and random splits."""
    return [r for r in rows if r["share"] == share and r["inputs"] == "TS+AP+HP" and r["depth"] == 0]


def _grid(
    columns: Sequence[str],
    found: Mapping[tuple[str, str], Row],
    cell: Callable[[Row], str],
    paper: Callable[[Case], Mapping[str, float]] | None = None,
    goal: bool = False,
) -> str:
    """A Markdown table: a line a case, a column a model or a set of inputs."""
    head = ["table (rows, tau of T)", *columns] + (["goal of auto"] if goal else [])
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    for case in CASES:
        cells = {column: found[case.title, column] for column in columns if (case.title, column) in found}
        if not cells:
            continue
        row = next(iter(cells.values()))
        title = f"{case.title} ({row['train'] + row['test']}, {row['tau']} of {row['horizon']})"
        values = [cell(cells[column]) if column in cells else "" for column in columns]
        lines.append("| " + " | ".join([title, *values] + ([f"{case.goal:g}"] if goal else [])) + " |")
        said = paper(case) if paper else {}
        if said:
            values = [f"*{said[column]}*" if column in said else "" for column in columns]
            lines.append("| " + " | ".join(["*paper*", *values] + ([""] if goal else [])) + " |")
    return "\n".join(lines)


def _verdicts(found: Mapping[tuple[str, str], Row], paper: Callable[[Case], Mapping[str, float]]) -> str:
    """Which figures of the paper reproduce, in words."""
    lines = []
    for case in CASES:
        gaps = {
            column: found[case.title, column]["r2"] - said
            for column, said in paper(case).items()
            if (case.title, column) in found and found[case.title, column]["r2"] is not None
        }
        if gaps:
            missed = [column for column, gap in gaps.items() if abs(gap) > TOLERANCE]
            verdict = f"{', '.join(missed)} not reproduced" if missed else "reproduced"
            listed = ", ".join(f"{column} {gap:+.1f}" for column, gap in gaps.items())
            lines.append(f"- {case.title}: **{verdict}** within {TOLERANCE} points (ours minus the paper's: {listed})")
    return "\n".join(lines)


def _depths(rows: Sequence[Row]) -> str:
    """A Markdown table: a line a case and number of layers, a column a model."""
    models = [model for model in MODELS if any(row["model"] == model for row in rows)]
    head = "| table | trained on | tested on | " + " | ".join(models) + " | paper, svr_rbf |"
    lines = [head, "|---|---|---" + "|---:" * (len(models) + 1) + "|"]
    for case in CASES:
        for layers in DEPTHS:
            found = {r["model"]: r for r in rows if r["case"] == case.title and r["depth"] == layers}
            if found:
                row = next(iter(found.values()))
                sizes = f"{row['train']} of < {layers} layers | {row['test']} of > {layers}"
                cells = " | ".join(_r2(found[model]) if model in found else "" for model in models)
                lines.append(f"| {case.title} | {sizes} | {cells} | *{case.depths[layers]}* |")
    return "\n".join(lines)


def _r2(row: Row) -> str:
    return "-" if row["r2"] is None else f"{row['r2']:.1f} ± {row['r2_se']:.1f}"


def _rho(row: Row) -> str:
    return "-" if row["spearman"] is None else f"{row['spearman']:.3f}"


def _seconds(row: Row) -> str:
    return f"{row['seconds']:.3f}"


def _mean_and_error(values: Sequence[float]) -> tuple[float | None, float | None]:
    """Mean and its standard error; None of nothing."""
    if not values:
        return None, None
    error = float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0
    return float(np.mean(values)), error
