"""How a predictor would have judged curves whose end is known: what a rule learns its thresholds from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Abstain, Forecast, Link
from bandits.predictors.base import Forecaster, Predictor
from bandits.rng import rng_for

__all__ = ["TrackRecord", "look_back", "noise_of"]

Floats = NDArray[np.float64]

_FOLDS = 5  # where a predictor cannot tell what it would have said without a curve
_LAST_SHARE = 4  # the noise of a measurement is read off the last 1 / this of a curve, where it rises no more
_TOP_SHARE = 4  # and off the best 1 / this of the curves, among which a search decides
_LEAST_EPOCHS = 4  # that give second differences worth a mean


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """Forecasts of fair curves, made without them, against their ends; all on the scale of the forecasts' link.

    Args:
        horizon: the epoch that is forecast.
        epochs: `[K]` checkpoints at which there was a forecast for every curve, ascending.
        link: the scale.
        ends: `[n]` scores at the horizon.
        errors: `[n, K]` by how many of its standard deviations a forecast fell short of the end.
        noise: standard deviation of one measurement near the end of good curves, >= 0; 0 where it cannot be told.
        audited: `[n]` which of the curves came to their end after arms had begun to be dropped, and at no forecast's
            mercy; in the same order.
    """

    horizon: int
    epochs: Sequence[int]
    link: Link
    ends: Floats
    errors: Floats
    noise: float
    audited: NDArray[np.bool_]

    def __len__(self) -> int:
        """How many curves it is about."""
        return len(self.ends)

    def of(self, chosen: NDArray[np.bool_]) -> TrackRecord:
        """The record of some of the curves."""
        ends, errors, audited = self.ends[chosen], self.errors[chosen], self.audited[chosen]
        return replace(self, ends=ends, errors=errors, audited=audited)


def look_back(
    predictor: Predictor,
    forecaster: Forecaster,
    training: History,
    history: History,
    *,
    horizon: int,
    epochs: Sequence[int],
    seed: int,
) -> TrackRecord:
    """Ask what would have been forecast for every fair curve that reached the horizon, had it not been learnt from.

    Args:
        predictor: whose forecasts.
        forecaster: its fit to `training`.
        training: what it learnt from.
        history: knows which curves were at a forecast's mercy on their way to the horizon; those are left out. Curves
            of earlier studies, with negative ids, are fair and no audits.
        horizon: the epoch that is forecast.
        epochs: the checkpoints.
        seed: of the folds and fits, for a predictor that must be fitted again without some of the curves.

    Returns:
        The record; checkpoints without a forecast for each curve are left out.
    """
    pairs = [pair for pair in training.reaching(horizon) if history.is_fair(pair[0].id, horizon)]
    columns: dict[int, dict[int, float]] = {}
    link = Link.IDENTITY
    folds: list[dict[int, Forecaster]] = []
    for tau in epochs:
        told = forecaster.hindsight(tau)
        if isinstance(told, Abstain):
            continue
        if told is None:
            folds = folds or [_cross_fitted(predictor, training.reaching(horizon), horizon, seed)]
            link, errors = _from_folds(folds[0], pairs, tau)
        else:
            link = told.link
            ends = {trial.id: link.apply(float(curve.scores[-1])) for trial, curve in pairs}
            rows = zip(told.trials, told.means.tolist(), told.stds.tolist(), strict=True)
            errors = {trial: (ends[trial] - mean) / std for trial, mean, std in rows if trial in ends}
        columns[tau] = errors
    known = [pair for pair in pairs if all(pair[0].id in errors for errors in columns.values())] if columns else []
    ids = [trial.id for trial, _ in known]
    curves = np.array([curve.scores for _, curve in known]).reshape(len(known), horizon)
    linked = np.array([[link.apply(score) for score in scores] for scores in curves.tolist()]).reshape(curves.shape)
    return TrackRecord(
        horizon=horizon,
        epochs=tuple(columns),
        link=link,
        ends=linked[:, -1],
        errors=np.array([[errors[trial] for errors in columns.values()] for trial in ids]).reshape(len(ids), -1),
        noise=noise_of(linked),
        audited=np.array([trial >= 0 and history.is_audit(trial, horizon) for trial in ids], dtype=np.bool_),
    )


def noise_of(curves: Floats) -> float:
    """The standard deviation of one measurement, by the second differences of the best curves' last quarters.

    Where a curve is smooth, they consist of noise: of white noise of variance v, their mean square is 6 v.

    Args:
        curves: `[n, T]`, larger is better.

    Returns:
        The median over the best quarter of the curves; 0 where the curves are too few or too short to tell.
    """
    n, epochs = curves.shape
    last = max(_LEAST_EPOCHS, epochs // _LAST_SHARE)
    if n == 0 or epochs < last:
        return 0.0
    best = np.argsort(-curves[:, -1], kind="stable")[: math.ceil(n / _TOP_SHARE)]
    bends = np.diff(curves[best, -last:], 2, axis=1)
    return float(np.median(np.sqrt((bends**2).mean(axis=1) / 6.0)))


def _cross_fitted(
    predictor: Predictor, pairs: Sequence[tuple[Trial, Curve]], horizon: int, seed: int
) -> dict[int, Forecaster]:
    """For each training curve a forecaster that has not seen it, by trial."""
    rng = rng_for(seed, "folds", horizon, len(pairs))
    fold = rng.permutation(len(pairs)) % _FOLDS
    found: dict[int, Forecaster] = {}
    for k in range(_FOLDS):
        rest = History.from_curves(pair for pair, own in zip(pairs, fold, strict=True) if own != k)
        fitted = predictor.fit(rest, horizon=horizon, rng=rng_for(seed, "fold", horizon, len(pairs), k))
        found.update((pair[0].id, fitted) for pair, own in zip(pairs, fold, strict=True) if own == k)
    return found


def _from_folds(
    fitted: dict[int, Forecaster], pairs: Sequence[tuple[Trial, Curve]], tau: int
) -> tuple[Link, dict[int, float]]:
    """The link and the standardised errors of forecasts after `tau` epochs; curves without a forecast are left out."""
    link, errors = Link.IDENTITY, {}
    for trial, curve in pairs:
        forecast = fitted[trial.id].forecast(trial, curve.prefix(tau))
        if isinstance(forecast, Forecast):
            link = forecast.link
            error = forecast.standardized(float(curve.scores[-1]))
            if math.isfinite(error):
                errors[trial.id] = error
    return link, errors
