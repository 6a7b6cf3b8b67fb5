"""Leave-one-out forecasts of curves whose ends are known; a rule learns its thresholds from them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Forecast, Link
from bandits.predictors.base import Forecaster, LeaveOneOut, Predictor
from bandits.predictors.features import apply_link
from bandits.rng import rng_for

__all__ = ["CalibrationSet", "Scale", "leave_one_out", "noise_of"]

Floats = NDArray[np.float64]

_FOLDS = 5  # of fits, where a predictor makes no leave-one-out forecasts itself
_LAST_SHARE = 4  # the noise of a measurement is read off the last 1 / this of a curve, where it rises no more
_TOP_SHARE = 4  # and off the best 1 / this of the curves, among which a search decides
_LEAST_EPOCHS = 4  # that give second differences worth a mean
_LEAST_STD = 1e-6  # of the spread of the ends: a smaller standard deviation of a forecast is taken to be this
_SMALLEST = 1e-300


@dataclass(frozen=True, slots=True)
class Scale:
    """How errors of forecasts are measured, those of a calibration set and those of arms alike.

    Args:
        link: the scale on which they are differences.
        least_std: the smallest standard deviation by which they are divided, > 0: forecasts that claim to be exact are
            held to it.
    """

    link: Link
    least_std: float

    def error(self, mean: float, std: float, end: float) -> float:
        """How many standard deviations a forecast lies below an end; all three on the link's scale."""
        return (end - mean) / max(std, self.least_std)

    def of_forecast(self, forecast: Forecast, end: float) -> float:
        """The error of a forecast; `end` is on the link's scale.

        -inf if the forecast lies outside the link's domain, above every end.
        """
        mean = self.link.apply(forecast.mean)
        return self.error(mean, forecast.std * self.link.slope(forecast.mean), end) if mean < math.inf else -math.inf


@dataclass(frozen=True, slots=True)
class CalibrationSet:
    """Leave-one-out forecasts of uncensored curves beside their ends.

    Args:
        horizon: the epoch that is forecast.
        epochs: `[K]` check epochs at which there was a forecast for every curve, ascending.
        scale: of the ends, the errors and the noise.
        ends: `[n]` scores at the horizon, finite.
        errors: `[n, K]` how many of its standard deviations a forecast was below the end.
        noise: standard deviation of one measurement near the end of good curves, >= 0; 0 if unknown.
        audited: `[n]` which of the curves reached the horizon after the first curve had been censored there.
    """

    horizon: int
    epochs: Sequence[int]
    scale: Scale
    ends: Floats
    errors: Floats
    noise: float
    audited: NDArray[np.bool_]

    def __len__(self) -> int:
        """How many curves it holds."""
        return len(self.ends)

    def of(self, chosen: NDArray[np.bool_]) -> CalibrationSet:
        """Some of its curves."""
        ends, errors, audited = self.ends[chosen], self.errors[chosen], self.audited[chosen]
        return replace(self, ends=ends, errors=errors, audited=audited)


def leave_one_out(
    predictor: Predictor,
    forecaster: Forecaster,
    training: History,
    history: History,
    *,
    horizon: int,
    epochs: Sequence[int],
    seed: int,
) -> CalibrationSet:
    """Forecast every uncensored curve that reached the horizon, each with a fit that has not learnt from it.

    Args:
        predictor: the predictor.
        forecaster: its fit to `training`.
        training: the history from which it learnt.
        history: knows which curves a forecast has censored on their way to the horizon; those are left out. Curves of
            earlier studies, with negative ids, are uncensored and no audits.
        horizon: the epoch that is forecast.
        epochs: the check epochs.
        seed: of the folds and fits, for a predictor that must be fitted again without some of the curves.

    Returns:
        The calibration set. Check epochs with forecasts of less than half of the curves are left out, and then curves
        without a forecast at one of the others.
    """
    complete = training.reaching(horizon)
    pairs = [pair for pair in complete if history.is_uncensored(pair[0].id, horizon)]
    made: dict[int, LeaveOneOut | dict[int, Forecast]] = {}
    fitted: dict[int, Forecaster] = {}
    for tau in epochs:
        left_out = forecaster.leave_one_out(tau)
        if left_out is None:
            fitted = fitted or _cross_fitted(predictor, complete, horizon, seed)
            made[tau] = _from_folds(fitted, pairs, tau)
        elif isinstance(left_out, LeaveOneOut):
            made[tau] = left_out
    link = _common_link(made.values())
    linked = apply_link(link, np.array([curve.scores for _, curve in pairs]).reshape(len(pairs), horizon))
    ends = {trial.id: end for (trial, _), end in zip(pairs, linked[:, -1].tolist(), strict=True) if math.isfinite(end)}
    scale = Scale(link, max(_LEAST_STD * float(np.std(list(ends.values()))), _SMALLEST) if ends else _SMALLEST)
    columns = {tau: _errors(forecasts, scale, ends) for tau, forecasts in made.items()}
    most = max(map(len, columns.values()), default=0)
    columns = {tau: errors for tau, errors in columns.items() if errors and 2 * len(errors) >= most}
    rows = [i for i, (trial, _) in enumerate(pairs) if all(trial.id in errors for errors in columns.values())]
    rows = rows if columns else []
    ids = [pairs[i][0].id for i in rows]
    errors = [[errors[trial] for errors in columns.values()] for trial in ids]
    return CalibrationSet(
        horizon=horizon,
        epochs=tuple(columns),
        scale=scale,
        ends=np.array([ends[trial] for trial in ids]),
        errors=np.array(errors).reshape(len(ids), len(columns)),
        noise=noise_of(linked[rows]),
        audited=np.array([trial >= 0 and history.is_audit(trial, horizon) for trial in ids], dtype=np.bool_),
    )


def _common_link(made: Iterable[LeaveOneOut | Mapping[int, Forecast]]) -> Link:
    """A scale for all forecasts: the logarithm of the loss if all were made on it."""
    links = {
        link
        for each in made
        for link in ([each.link] if isinstance(each, LeaveOneOut) else [forecast.link for forecast in each.values()])
    }
    return links.pop() if len(links) == 1 else Link.IDENTITY


def _errors(
    forecasts: LeaveOneOut | Mapping[int, Forecast], scale: Scale, ends: Mapping[int, float]
) -> dict[int, float]:
    """The errors of forecasts, by trial; infinite errors are left out."""
    if isinstance(forecasts, LeaveOneOut):
        rows = zip(forecasts.trials, forecasts.means.tolist(), forecasts.stds.tolist(), strict=True)
        found = {trial: scale.error(mean, std, ends[trial]) for trial, mean, std in rows if trial in ends}
    else:
        found = {
            trial: scale.of_forecast(forecast, ends[trial]) for trial, forecast in forecasts.items() if trial in ends
        }
    return {trial: error for trial, error in found.items() if math.isfinite(error)}


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
    with np.errstate(all="ignore"):
        bends = np.diff(curves[best, -last:], 2, axis=1)
        noise = float(np.median(np.sqrt((bends**2).mean(axis=1) / 6.0)))
    return noise if math.isfinite(noise) else 0.0


def _cross_fitted(
    predictor: Predictor, pairs: Sequence[tuple[Trial, Curve]], horizon: int, seed: int
) -> dict[int, Forecaster]:
    """For each training curve a forecaster that has not learnt from it, by trial."""
    rng = rng_for(seed, "folds", horizon, len(pairs))
    fold = rng.permutation(len(pairs)) % _FOLDS
    found: dict[int, Forecaster] = {}
    for k in range(_FOLDS):
        rest = History.from_curves(pair for pair, own in zip(pairs, fold, strict=True) if own != k)
        fitted = predictor.fit(rest, horizon=horizon, rng=rng_for(seed, "fold", horizon, len(pairs), k))
        found.update((pair[0].id, fitted) for pair, own in zip(pairs, fold, strict=True) if own == k)
    return found


def _from_folds(
    fitted: Mapping[int, Forecaster], pairs: Sequence[tuple[Trial, Curve]], tau: int
) -> dict[int, Forecast]:
    """Forecasts after `tau` epochs, by trial; of curves for which there is one."""
    answers = {trial.id: fitted[trial.id].forecast(trial, curve.prefix(tau)) for trial, curve in pairs}
    return {trial: forecast for trial, forecast in answers.items() if isinstance(forecast, Forecast)}
