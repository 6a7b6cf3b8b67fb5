"""What `predict_table` returns: a forecast for each row, and a check of such forecasts on complete rows.

Values are raw, in the metric's units; only the forecasts themselves hold scores (larger is better).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bandits.causes import Cause
from bandits.curves import Metric
from bandits.forecasts import Abstain, Forecast

__all__ = ["Check", "Predictions", "RowForecast"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RowForecast:
    """The forecast of one row; raw values, in the metric's units.

    Args:
        row: its number in the table, from 0.
        config: its hyperparameters and labels.
        values: `[tau]` raw values that the predictor saw; empty if none was measured.
        answer: the forecast in scores (larger is better), or why there is none.
        metric: the table's metric.
        truth: the raw value at the horizon; None if unknown.
    """

    row: int
    config: Mapping[str, object]
    values: Floats
    answer: Forecast | Abstain
    metric: Metric
    truth: float | None = None

    @property
    def epochs(self) -> int:
        """How many epochs the predictor saw, tau."""
        return len(self.values)

    @property
    def last(self) -> float | None:
        """The last raw value that the predictor saw."""
        return float(self.values[-1]) if len(self.values) else None

    @property
    def mean(self) -> float | None:
        """The forecast raw value at the horizon; None where the predictor abstains."""
        return _restored(self.metric, self.answer.mean) if isinstance(self.answer, Forecast) else None

    @property
    def reason(self) -> str | None:
        """Why there is no forecast; None where there is one."""
        return self.answer.reason if isinstance(self.answer, Abstain) else None

    @property
    def cause(self) -> Cause | None:
        """The cause of an abstention; None where there is a forecast."""
        return self.answer.cause if isinstance(self.answer, Abstain) else None

    def interval(self, coverage: float) -> tuple[float, float] | None:
        """The central interval with this probability, low <= high; None where the predictor abstains.

        An end may be infinite, if the error of a loss is so large that its exponential overflows.
        """
        if isinstance(self.answer, Abstain):
            return None
        low, high = sorted(_restored(self.metric, score) for score in self.answer.interval(coverage))
        return low, high

    def probability_better(self, value: float) -> float | None:
        """The probability that the row ends better than a raw value; None where the predictor abstains."""
        if isinstance(self.answer, Abstain):
            return None
        return 1.0 - self.answer.prob_at_most(self.metric.orient(value))


@dataclass(frozen=True, slots=True)
class Check:
    """A test: complete rows, forecast from their first epochs by fits to other rows.

    Args:
        forecasts: forecasts of the tested rows, each with its truth.
        folds: number of fits; each left out another part of the complete rows.
    """

    forecasts: tuple[RowForecast, ...]
    folds: int

    @property
    def answered(self) -> tuple[RowForecast, ...]:
        """The rows for which the predictor gave a forecast."""
        return tuple(row for row in self.forecasts if row.mean is not None)

    def r2(self) -> float | None:
        """Share of the variance explained, in the metric's units; 1 at best, None if it is not defined."""
        truth, forecast = self._pairs()
        if len(truth) < 2 or np.ptp(truth) == 0.0:
            return None
        unit = float(np.abs(np.concatenate((truth, forecast))).max())  # no square overflows
        truth, forecast = truth / unit, forecast / unit
        total = float(((truth - truth.mean()) ** 2).sum())
        return 1.0 - float(((truth - forecast) ** 2).sum()) / total if total > 0.0 else None

    def rank_correlation(self) -> float | None:
        """Spearman's correlation of forecasts and truths; None if it is not defined."""
        truth, forecast = self._pairs()
        if len(truth) < 2 or np.ptp(truth) == 0.0 or np.ptp(forecast) == 0.0:
            return None
        from scipy.stats import spearmanr  # a slow import, which few need

        return float(spearmanr(truth, forecast).statistic)

    def median_error(self) -> float | None:
        """Median distance of forecast and truth, in the metric's units."""
        truth, forecast = self._pairs()
        return float(np.median(np.abs(truth - forecast))) if len(truth) else None

    def coverage(self, nominal: float) -> float | None:
        """Share of the rows that ended inside their interval of `nominal` coverage."""
        inside = []
        for row in self.answered:
            interval = row.interval(nominal)
            if interval is not None and row.truth is not None:
                inside.append(interval[0] <= row.truth <= interval[1])
        return sum(inside) / len(inside) if inside else None

    def _pairs(self) -> tuple[Floats, Floats]:
        pairs = [(row.truth, row.mean) for row in self.answered]
        truth, forecast = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
        return truth, forecast


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Forecasts of a table's partial rows, and how good such forecasts are on its complete ones.

    Args:
        table: name of the table.
        predictor: name of the predictor.
        metric: the table's metric.
        horizon: the epoch that is forecast.
        at: the epoch at which rows were cut; None if each is forecast from every measured epoch.
        training: `[n, horizon]` raw curves that the predictor learned from.
        best: the best raw value among them at the horizon; None without any.
        forecasts: one for each partial row, in the order of the table.
        check: on complete rows; None without `at`, or with too few of them.
        notes: further remarks, in sentences.
    """

    table: str
    predictor: str
    metric: Metric
    horizon: int
    at: int | None
    training: Floats = field(repr=False)
    best: float | None
    forecasts: tuple[RowForecast, ...] = field(repr=False)
    check: Check | None = field(repr=False)
    notes: tuple[str, ...]


def _restored(metric: Metric, score: float) -> float:
    """A score in the metric's units; -0 becomes 0."""
    return metric.restore(score) + 0.0
