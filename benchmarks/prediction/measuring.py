"""One job: fit a predictor on the training curves of a split, and compare its forecasts with the truth."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from bandits.curves import History
from bandits.forecasts import Forecast
from bandits.rng import rng_for
from benchmarks.prediction.cases import SEED, SLOW, TRAINING_CURVES, Case, by_depth, load, predictor_of, shuffled

__all__ = ["Job", "measure"]


@dataclass(frozen=True)
class Job:
    """What one process does in one go.

    Args:
        case: the table.
        model: the predictor.
        split: number of the random split.
        shares: of the curve that are seen, one after the other.
        draws: of the random search.
        common: how many test arms of the first split are kept one by one, for the figure.
        inputs: parts of TS+AP+HP that the model sees.
        depth: layers between training and test networks; 0 for a random split.
    """

    case: Case
    model: str
    split: int
    shares: tuple[float, ...]
    draws: int
    common: int = 0
    inputs: str = "TS+AP+HP"
    depth: int = 0

    @property
    def key(self) -> str:
        """Tells jobs apart."""
        numbers = (self.split, self.shares, self.draws, self.common, self.depth)
        return " / ".join((self.case.title, self.model, self.inputs, *map(str, numbers)))


def measure(job: Job) -> tuple[str, list[dict[str, Any]]]:
    """The job's key, and one result for each share of the curve."""
    table, _ = load(job.case)
    horizon = table.max_epochs
    arms = shuffled(job.case, job.split, job.inputs)
    if job.depth:
        train, test = by_depth(arms, job.depth)
    else:
        train, test = arms[:TRAINING_CURVES], arms[TRAINING_CURVES:]
    if job.model in SLOW:
        test = test[: job.common]
    finals = table.curves[np.isfinite(table.curves).all(axis=1), -1]
    unit = float(np.subtract(*np.quantile(finals, [0.75, 0.25])))
    predictor = predictor_of(job.model, job.case, job.draws, job.inputs)
    forecaster = predictor.fit(
        History.from_curves(train), horizon=horizon, rng=rng_for(SEED, job.model, job.split, job.inputs, job.depth)
    )
    results = []
    for share in job.shares:
        tau = max(1, round(share * horizon))
        start = time.process_time()
        answers = forecaster.forecast_many([(trial, curve.prefix(tau)) for trial, curve in test])
        seconds = time.process_time() - start
        truth = [table.metric.restore(float(curve.scores[-1])) for _, curve in test]
        said = [table.metric.restore(a.mean) if isinstance(a, Forecast) else None for a in answers]
        result: dict[str, Any] = {
            "case": job.case.title,
            "model": job.model,
            "inputs": job.inputs,
            "depth": job.depth,
            "share": share,
            "tau": tau,
            "horizon": horizon,
            "split": job.split,
            "train": len(train),
            "test": len(test),
            "seconds": round(seconds, 4),
            **compare(truth, said, unit),
        }
        if job.split == 0 and job.common:
            result["common_errors"] = [
                None if s is None else round(abs(s - t) / unit, 5)
                for s, t in zip(said[: job.common], truth[: job.common], strict=True)
            ]
        results.append(result)
    return job.key, results


def compare(truth: Sequence[float], said: Sequence[float | None], unit: float) -> Mapping[str, Any]:
    """R2 x100, rank correlation and median error; None where there are no two forecasts."""
    pairs = [(t, s) for t, s in zip(truth, said, strict=True) if s is not None]
    row: dict[str, Any] = {"abstained": len(truth) - len(pairs), "r2": None, "spearman": None, "median_error": None}
    if len(pairs) < 2:
        return row
    t, s = np.array(pairs).T
    row["median_error"] = round(float(np.median(np.abs(t - s))) / unit, 5)
    row["r2"] = round(100.0 * (1.0 - float(((t - s) ** 2).sum() / ((t - t.mean()) ** 2).sum())), 3)
    if np.ptp(s) > 0:
        row["spearman"] = round(float(spearmanr(t, s).statistic), 4)
    return row
