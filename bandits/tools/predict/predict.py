"""Forecasts for the rows of a curve table: the complete rows teach, the partial ones are forecast."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bandits.causes import Cause
from bandits.curves import Metric
from bandits.errors import SettingError
from bandits.errors.checks import check_whole
from bandits.forecasts import Abstain, Forecast
from bandits.objectives.curve_table import CurveTable
from bandits.predictors.base import Predictor
from bandits.rng import rng_for
from bandits.tools.predict.results import Check, Predictions, RowForecast
from bandits.tools.predict.rows import Rows, sort_rows

__all__ = ["predict_table"]

_FOLDS = 5


def predict_table(
    table: CurveTable,
    predictor: Predictor,
    *,
    at: int | None = None,
    horizon: int | None = None,
    check: int = 200,
    seed: int = 0,
) -> Predictions:
    """Learn from the complete rows of a table and forecast its partial ones.

    Args:
        table: the curves; load it with `duplicates="keep"`, so that rows have the same numbers as in the file.
        predictor: how to forecast.
        at: forecast from the first `at` epochs of each row, 1 <= at < horizon; rows with fewer get no forecast.
            Complete rows are then forecast as well, out of sample: see `Predictions.check`. None uses every measured
            epoch.
        horizon: the epoch to forecast, from 2 to the table's last, which is the default.
        check: how many complete rows to forecast as a test, drawn at random, >= 0.
        seed: seed of the predictor and of the draw, >= 0.

    Returns:
        The forecasts. The predictor may also learn from the measured epochs of the partial rows.

    Raises:
        SettingError: an argument breaks its rule, there is nothing to forecast, or the complete rows are fewer
            than the predictor needs.
        MissingDependency: the predictor needs a library that is not installed.

    Cost: one fit and a forecast for each partial row; with `at`, five more fits and up to `check` more forecasts.

    Example:
        >>> from bandits.predictors import SRM
        >>> predictions = predict_table(CurveTable("metaqnn_cifar10"), SRM(), at=5)
        >>> len(predictions.training), predictions.horizon, len(predictions.forecasts)
        (1000, 20, 0)
        >>> predictions.check.rank_correlation() > 0.9
        True
    """
    horizon = table.max_epochs if horizon is None else check_whole("horizon", horizon, 2)
    if horizon > table.max_epochs:
        rule = f"must be <= {table.max_epochs}, the last epoch of {table.name}"
        raise SettingError.broken("`horizon`", rule, horizon)
    if at is not None and check_whole("at", at, 1) >= horizon:
        raise SettingError.broken("`at`", f"must be < {horizon}, the horizon", at)
    check_whole("check", check, 0)
    check_whole("seed", seed, 0)
    rows = sort_rows(table, horizon, at)
    if at is None and not rows.partial:
        rule = f"must have rows that end before epoch {horizon}, or come with `at`, the epoch at which to cut them"
        raise SettingError(f"table {table.name} {rule}, got {len(table):,} complete rows")
    needed, there = predictor.curves_needed(horizon), len(rows.teachers)
    if there < needed:
        rule = f"must have {needed} different rows measured up to epoch {horizon}, the horizon"
        raise SettingError.broken(f"table {table.name}", f"{rule}, to teach {predictor.name}", there)
    forecasts = _forecasts(rows, table.metric, predictor, rows.teachers, rows.partial, rng_for(seed, "fit", horizon))
    found, remarks = None, table.description.notes + rows.notes
    if at is not None and check:
        folds = _folds(there, needed)
        if folds:
            found = _check(rows, table.metric, predictor, size=check, folds=folds, seed=seed)
        if not folds:
            why = f"the predictor needs all {there} of them" if there else "there are none"
            remarks += (f"no check on complete rows: {why}",)
        elif check < there:
            remarks += (f"the check is on {check:,} of the {there:,} complete rows, drawn at random",)
    training = table.metric.orient(1.0) * rows.scores[list(rows.teachers)]
    return Predictions(
        table=table.name,
        predictor=predictor.name,
        metric=table.metric,
        horizon=horizon,
        at=at,
        training=training,
        best=_best(training, table.metric),
        forecasts=forecasts,
        check=found,
        notes=remarks,
    )


def _forecasts(
    rows: Rows,
    metric: Metric,
    predictor: Predictor,
    teachers: Sequence[int],
    wanted: Sequence[int],
    rng: np.random.Generator,
) -> tuple[RowForecast, ...]:
    """Fit on some rows and forecast others, in the order of `wanted`."""
    answers: dict[int, Forecast | Abstain] = {}
    for row in wanted:
        measured = rows.measured[row]
        if measured == 0:
            answers[row] = Abstain("no epoch of it has been measured", Cause.NOT_REPORTED)
        elif rows.at is not None and measured < rows.at:
            answers[row] = Abstain(
                f"it has been measured up to epoch {measured}, not to {rows.at}", Cause.TOO_FEW_EPOCHS
            )
        elif rows.curve(row).tau == 0:
            answers[row] = Abstain(f"none of its first {rows.at} epochs has been measured", Cause.NOT_REPORTED)
    arms = [row for row in wanted if row not in answers]
    if arms:
        forecaster = predictor.fit(rows.history(teachers, arms), horizon=rows.horizon, rng=rng)
        said = forecaster.forecast_many([(rows.trials[row], rows.curve(row)) for row in arms])
        answers.update(zip(arms, said, strict=True))
    return tuple(_row_forecast(rows, metric, row, answers[row]) for row in wanted)


def _row_forecast(rows: Rows, metric: Metric, row: int, answer: Forecast | Abstain) -> RowForecast:
    config = {name: value for name, value in rows.trials[row].config.items() if name != "row"}
    values = np.array([metric.restore(score) for score in rows.curve(row).scores.tolist()])
    complete = rows.measured[row] == rows.horizon
    truth = metric.restore(float(rows.scores[row, -1])) if complete else None
    return RowForecast(row, config, values, answer, metric, truth)


def _folds(there: int, needed: int) -> int:
    """Into how many parts to split the complete rows, so that all parts but one suffice to learn; 0 if none do."""
    for folds in range(min(_FOLDS, there), there + 1):
        if folds and there - math.ceil(there / folds) >= needed:
            return folds
    return 0


def _check(rows: Rows, metric: Metric, predictor: Predictor, *, size: int, folds: int, seed: int) -> Check:
    """Forecast complete rows with fits to other rows."""
    order = rng_for(seed, "check").permutation(np.array(rows.teachers)).tolist()
    tested = set(order[:size])
    found: list[RowForecast] = []
    for fold in range(folds):
        left_out = sorted(order[fold::folds])
        teachers = sorted(set(order).difference(left_out))
        wanted = [row for row in left_out if row in tested]
        found += _forecasts(rows, metric, predictor, teachers, wanted, rng_for(seed, "check", rows.horizon, fold))
    return Check(tuple(sorted(found, key=lambda forecast: forecast.row)), folds)


def _best(training: NDArray[np.float64], metric: Metric) -> float | None:
    """The best raw value of complete curves at the horizon."""
    if not len(training):
        return None
    ends = training[:, -1]
    return float(ends.max() if metric.goal == "maximize" else ends.min())
