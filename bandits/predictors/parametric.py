"""Parametric fits: one family of curves continues each curve. They are cheap and need no other curve."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.errors.checks import check_choice, check_flag, check_number, check_whole
from bandits.forecasts import Abstain, Forecast, Link
from bandits.predictors.base import Forecaster, Predictor
from bandits.predictors.extrapolation.saturating_curves import (
    EXP3,
    MMF,
    POW3,
    POW4,
    Extrapolation,
    SaturatingFamily,
    extrapolate,
)
from bandits.predictors.extrapolation.unit_scale import UnitScale
from bandits.predictors.features import check_link
from bandits.predictors.regression.student_errors import fitted_student, half_width, student_shape

__all__ = ["Parametric"]

Floats = NDArray[np.float64]

_FAMILIES: dict[str, SaturatingFamily] = {"pow3": POW3, "pow4": POW4, "exp3": EXP3, "mmf": MMF}
_LEAST_CURVES = 10  # fewer do not show how large errors are: 10 curves give the scale to within 22 %
_MOST_CURVES = 100  # more would cost time for little: 100 curves give the scale to within 7 %


@dataclass(frozen=True)
class Parametric(Predictor):
    """Fit one family of learning curves to an arm's curve by least squares; a forecast takes milliseconds.

    The families: "pow3" c - a x^-alpha, "pow4" c - (a x + b)^-alpha, "exp3" c - exp(-a x + b), "mmf" (Morgan, Mercer,
    Flodin) alpha - (alpha - beta) / (1 + (kappa x)^delta). All rise towards a limit. See docs/predictors.md.

    Args:
        family: "pow3", "pow4", "exp3" or "mmf"; three parameters need 4 epochs, four need 5.
        recency: how much more the last epoch counts than the first, > 0; with 1, all count alike.
        recalibrate: multiply the error by the factor that other curves show, once 10 have reached the horizon.
        link: scale of the curve; "auto" takes the logarithm of a loss that falls to a third or less.

    Raises:
        SettingError: an argument breaks its rule.

    Source: Domhan, Springenberg, Hutter, "Speeding up automatic hyperparameter optimization of deep neural networks by
    extrapolation of learning curves" (IJCAI 2015), table 1; exp3 is in its authors' code.

    Example:
        >>> from bandits.rng import rng_for
        >>> forecaster = Parametric("pow3").fit(History(), horizon=50, rng=rng_for(0))
        >>> forecast = forecaster.forecast(Trial(id=0), Curve(0.8 - 0.7 * np.arange(1, 11.0) ** -0.8))
        >>> bool(abs(forecast.mean - (0.8 - 0.7 * 50**-0.8)) < 0.002)
        True
    """

    family: Literal["pow3", "pow4", "exp3", "mmf"] = "pow3"
    _: KW_ONLY
    recency: float = 1.0
    recalibrate: bool = True
    link: Link | Literal["auto"] = "auto"

    name = "Parametric"

    def __post_init__(self) -> None:
        check_choice("family", self.family, _FAMILIES)
        check_number("recency", self.recency, above=0)
        check_flag("recalibrate", self.recalibrate)
        check_link(self.link)

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:  # noqa: ARG002
        """See `Predictor.fit`. It is cheap: the factor of a tau is computed at the first forecast. It draws nothing."""
        check_whole("horizon", horizon, 1)
        curves = [curve for _, curve in history.reaching(horizon)] if self.recalibrate else []
        return _Fitted(self, curves, horizon)

    def curves_needed(self, horizon: int) -> int:  # noqa: ARG002 - the same for every horizon
        """See `Predictor.curves_needed`: 0, since no other curve is needed."""
        return 0


class _Fitted(Forecaster):
    """What `Parametric.fit` returns: one factor of the error per tau, computed at the first forecast for that tau."""

    def __init__(self, settings: Parametric, curves: list[Curve], horizon: int) -> None:
        self._settings, self._family, self._horizon = settings, _FAMILIES[settings.family], horizon
        if len(curves) > _MOST_CURVES:
            curves = [curves[i] for i in np.linspace(0, len(curves) - 1, _MOST_CURVES).round().astype(int)]
        self._curves = curves
        self._factors: dict[int, tuple[float, int]] = {}

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        """See `Forecaster.forecast`."""
        tau, needed = curve.tau, self._family.size + 1
        if tau >= self._horizon:
            return Abstain(f"the arm has already reached epoch {self._horizon}", Cause.AT_HORIZON)
        if tau < needed:
            return Abstain(f"{self._family.name} needs {needed} epochs of the arm, has {tau}", Cause.TOO_FEW_EPOCHS)
        scale = UnitScale.choose(curve.scores, self._settings.link)
        if scale is None:
            return Abstain(
                f"the scores of trial {trial.id} are too large or too small, or its loss is <= 0", Cause.UNUSABLE_SCORES
            )
        end = self._extrapolate(scale, curve.scores)
        factor, freedom = self._factor(tau)
        spread = end.scale * factor * half_width(freedom)
        mean = float(scale.to_scores(np.asarray(end.mean)))
        std = spread * scale.unit * (1.0 if scale.link is Link.IDENTITY else -mean)
        if not (math.isfinite(scale.link.apply(mean)) and math.isfinite(std)):
            return Abstain(f"the scores of trial {trial.id} are too large to compute with", Cause.UNUSABLE_SCORES)
        return Forecast(mean, std, self._horizon, scale.link, shape=student_shape(freedom))

    def _extrapolate(self, scale: UnitScale, scores: Floats) -> Extrapolation:
        """The end of a curve that has been seen for some epochs, on its unit scale."""
        n = len(scores)
        weights = self._settings.recency ** (np.arange(n) / n)
        return extrapolate(
            self._family,
            scale.to_unit(scores),
            self._horizon,
            ceiling=scale.ceiling,
            weights=weights / weights.mean(),
        )

    def _factor(self, tau: int) -> tuple[float, int]:
        """The factor from a curve's own error estimate to the errors after `tau` epochs, and its degrees of freedom."""
        if tau not in self._factors:
            errors = [error for curve in self._curves if (error := self._error(curve.scores, tau)) is not None]
            freedom = tau - self._family.size
            enough = len(errors) >= _LEAST_CURVES
            self._factors[tau] = fitted_student(np.array(errors), freedom) if enough else (1.0, freedom)
        return self._factors[tau]

    def _error(self, scores: Floats, tau: int) -> float | None:
        """The error of the forecast of a known curve, in units of its scale; None where it cannot be computed."""
        scale = UnitScale.choose(scores[:tau], self._settings.link)
        if scale is None:
            return None
        end = self._extrapolate(scale, scores[:tau])
        with np.errstate(all="ignore"):
            error = (float(scale.to_unit(scores[-1:])[0]) - end.mean) / end.scale
        return error if math.isfinite(error) else None
