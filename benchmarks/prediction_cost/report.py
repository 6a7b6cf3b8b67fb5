"""The measured costs as Markdown, beside their goals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["report"]

SEARCH_GOAL, RATIO_GOAL = 0.7, 10.0
FIT_GOALS = {100: 0.3, 1000: 3.0}  # CPU seconds, by training curves
REFIT_GOAL, BATCH_GOAL, MEMORY_GOAL = 0.5, 0.2, 200.0

SAME = 0.1  # points of R2 that two solvers of the same problems may differ by


def report(payload: Mapping[str, Any]) -> str:
    """Everything that goes into the README."""
    parts = []
    settings = payload["settings"]
    if payload["search"]:
        parts.append(
            f"The paper's search ({settings['draws']} draws, 3 folds) and 100 leave-one-out refits, CPU seconds, mean"
            f" of {settings['splits']} splits (goal: ours <= {SEARCH_GOAL}, ratio >= {RATIO_GOAL:g}, R2 no worse):"
        )
        lines = [
            "| table | kernel | ours, s | scikit-learn, s | ratio | R2 x100, ours | R2 x100, scikit-learn | goals |",
            "|---|---|---:|---:|---:|---:|---:|---|",
        ]
        for row in payload["search"]:
            met = {
                "time": row["ours_s"] <= SEARCH_GOAL,
                "ratio": row["ratio"] >= RATIO_GOAL,
                "R2": row["ours_r2"] >= row["sklearn_r2"] - SAME,
            }
            lines.append(
                f"| {row['case']} | {row['kernel']} | {row['ours_s']:.2f} | {row['sklearn_s']:.1f}"
                f" | {row['ratio']:.0f}x | {row['ours_r2']:.1f} | {row['sklearn_r2']:.1f} | {_verdict(met)} |"
            )
        parts.append("\n".join(lines))
    if payload["default"]:
        parts.append(
            "The default, `SRM()`, at a quarter of the curve: fit from scratch and one forecast with its interval; the"
            f" same after one more curve, as a share of it (goal: <= {REFIT_GOAL}); forecast with interval, in"
            f" batches of {settings['batch']} (goal: <= {BATCH_GOAL} ms) and alone:"
        )
        lines = [
            "| table | training curves | fit, CPU s | goal | refit / fit | ms an arm, batch | ms an arm, alone |",
            "|---|---:|---:|---:|---:|---:|---:|",
        ]
        lines += [
            f"| {row['table']} | {row['curves']:,} | {row['fit_s']:.3f} | {_goal(FIT_GOALS.get(row['curves']))}"
            f" | {row['refit_share']:.2f} | {row['ms_in_batch']:.4f} | {row['ms_alone']:.3f} |"
            for row in payload["default"]
        ]
        parts.append("\n".join(lines))
    if payload["memory"]:
        row = payload["memory"]
        parts.append(
            f"Memory: fitting and forecasting from {row['curves']:,} curves of {row['epochs']} epochs raised the"
            f" process's peak by {row['fit_mib']:.0f} MiB (goal: <= {MEMORY_GOAL:.0f}); the history itself holds"
            f" {row['history_mib']:.0f} MiB."
        )
    return "\n\n".join(parts)


def _verdict(met: Mapping[str, bool]) -> str:
    missed = [name for name, good in met.items() if not good]
    return f"{', '.join(missed)} missed" if missed else "met"


def _goal(seconds: float | None) -> str:
    return "" if seconds is None else f"<= {seconds:g}"
