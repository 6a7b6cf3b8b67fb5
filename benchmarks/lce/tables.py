"""LCE on real learning curves, beside the last value seen."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Forecast
from bandits.objectives import CurveTable
from bandits.predictors.lce import LCE
from bandits.rng import rng_for

TABLES = (
    "metaqnn_cifar10",
    "metaqnn_svhn",
    "deep_resnets_cifar10",
    "deep_resnets_tinyimagenet",
    "lstm_ptb",
    "alexnet_imagenet",
    "nas_bench_nlp_wikitext2",
)
SHARES = (0.25, 0.5)  # of the curve that is seen
ARMS = 10  # of each table, drawn at random among those whose curves are complete
LEVELS = (0.5, 0.8, 0.95)
SEED = 0

Floats = NDArray[np.float64]


def table_rows(arms: int | None, name: str) -> list[dict[str, Any]]:
    """Forecast the ends of a sample of a table's curves, at each share of them.

    Args:
        arms: how many; None for `ARMS`.
        name: of a shipped table.
    """
    table = CurveTable(name, incomplete="drop")
    complete = np.flatnonzero(np.isfinite(table.scores).all(axis=1))
    chosen = rng_for(SEED, name).permutation(complete)[: arms or ARMS]
    scores, horizon = table.scores[chosen], table.max_epochs
    forecaster = LCE().fit(History(), horizon=horizon, rng=rng_for(SEED, "fit"))
    return [_row(name, share, scores, chosen.tolist(), forecaster) for share in SHARES]


def _row(name: str, share: float, scores: Floats, chosen: Sequence[int], forecaster: Any) -> dict[str, Any]:
    """How well the forecasts at one share of the curves fit."""
    horizon = scores.shape[1]
    seen = max(round(share * horizon), 5)
    answers, seconds = [], []
    for row, curve in zip(chosen, scores, strict=True):
        started = time.process_time()
        answers.append(forecaster.forecast(Trial(row), Curve(curve[:seen])))
        seconds.append(time.process_time() - started)
    kept = [i for i, answer in enumerate(answers) if isinstance(answer, Forecast)]
    said = [answers[i] for i in kept]
    truth, last = scores[kept, -1], scores[kept, seen - 1]
    means = np.array([answer.mean for answer in said])
    below = np.array([answer.prob_at_most(final) for answer, final in zip(said, truth, strict=True)])
    return {
        "table": name,
        "share": share,
        "epochs": horizon,
        "seen": seen,
        "arms": len(kept),
        "abstained": [answer.reason for answer in answers if not isinstance(answer, Forecast)],
        "lce": _fit(means, truth),
        "last_seen": _fit(last, truth),
        "coverage": {f"{level:g}": round(float(np.mean(np.abs(below - 0.5) <= level / 2)), 3) for level in LEVELS},
        "cpu_seconds_median": round(float(np.median(seconds)), 2),
        "cpu_seconds_largest": round(max(seconds), 2),
        "rows": [chosen[i] for i in kept],
        "forecasts": [round(mean, 6) for mean in means.tolist()],
        "finals": [round(final, 6) for final in truth.tolist()],
    }


def _fit(said: Floats, truth: Floats) -> dict[str, Any]:
    """R2, rank correlation, and how many forecasts are further off than the finals lie apart."""
    if len(truth) < 3:
        return {"r2": None, "spearman": None, "outliers": None}
    variance = float(np.sum((truth - truth.mean()) ** 2))
    rank = float(spearmanr(said, truth).statistic)
    return {
        "r2": round(1.0 - float(np.sum((said - truth) ** 2)) / variance, 3) if variance > 0 else None,
        "spearman": round(rank, 3) if np.isfinite(rank) else None,
        "outliers": int((np.abs(said - truth) > np.ptp(truth)).sum()),
    }


def report(rows: Sequence[Mapping[str, Any]]) -> str:
    """The README's table."""
    levels = " | ".join(f"{100 * level:.0f} %" for level in LEVELS)
    lines = [
        f"| table | epochs seen | arms | abstained | R2 | R2 of last seen | Spearman | of last seen | {levels}"
        " | outliers | CPU s |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        lce, last = row["lce"], row["last_seen"]
        covered = " | ".join(f"{100 * share:.0f}" for share in row["coverage"].values())
        cells = " | ".join("-" if v is None else f"{v:.2f}" for v in _in_turn(lce, last))
        lines.append(
            f"| {row['table']} | {row['seen']} of {row['epochs']} | {row['arms']} | {len(row['abstained'])} | {cells}"
            f" | {covered} | {lce['outliers']} | {row['cpu_seconds_median']:.2f} |"
        )
    return "\n".join(lines)


def _in_turn(lce: Mapping[str, Any], last: Mapping[str, Any]) -> list[Any]:
    return [lce["r2"], last["r2"], lce["spearman"], last["spearman"]]
