"""The simplest forecast: an arm ends where it is now."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass
from typing import Literal

import numpy as np

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.errors.checks import check_whole
from bandits.forecasts import Abstain, Forecast, Link
from bandits.predictors.base import Forecaster, Predictor, too_few_curves
from bandits.predictors.features import OUTSIZED, apply_link, check_link, in_proportion, link_of
from bandits.predictors.regression.regressors import root_mean_square

__all__ = ["LastSeenValue"]


@dataclass(frozen=True)
class LastSeenValue(Predictor):
    """Forecasts the last score seen; the baseline that every predictor has to beat.

    Its standard deviation at tau is the root mean square, over the training curves, of the score at the horizon
    minus the score at tau. So what curves still gain counts as error.

    Args:
        min_curves: abstain until so many curves reached the horizon, >= 2.
        link: scale of the error; "auto" decides as `bandits.predictors.SRM` does.

    Raises:
        SettingError: an argument breaks its rule.

    Source: the "last seen value" baseline of Baker et al. (2017) and of Domhan et al. (2015).

    Example:
        >>> history = History.from_curves((Trial(i), Curve([0.1, 0.2 + i / 10])) for i in range(2))
        >>> forecaster = LastSeenValue(min_curves=2).fit(history, horizon=2, rng=np.random.default_rng(0))
        >>> forecaster.forecast(Trial(9), Curve([0.15])).mean
        0.15
    """

    _: KW_ONLY
    min_curves: int = 20
    link: Link | Literal["auto"] = "auto"

    name = "LastSeenValue"

    def __post_init__(self) -> None:
        check_whole("min_curves", self.min_curves, 2)
        check_link(self.link)

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:  # noqa: ARG002
        """See `Predictor.fit`. Nothing is drawn from `rng`."""
        check_whole("horizon", horizon, 1)
        return _Fitted(self, [curve for _, curve in history.reaching(horizon)], horizon)

    def curves_needed(self, horizon: int) -> int:  # noqa: ARG002 - the same for every horizon
        """See `Predictor.curves_needed`."""
        return self.min_curves


class _Fitted(Forecaster):
    """What `LastSeenValue.fit` returns: one error per tau, computed at the first forecast for that tau."""

    def __init__(self, settings: LastSeenValue, curves: list[Curve], horizon: int) -> None:
        self._name, self._horizon = settings.name, horizon
        self._sigmas: dict[int, float | Abstain] = {}
        self._refusal: Abstain | None = None
        needed, reached = settings.curves_needed(horizon), len(curves)
        scores = np.array([curve.scores for curve in curves]).reshape(reached, horizon)
        if reached:
            scores = scores[in_proportion(scores, settings.link)]
        if len(scores) < needed:
            outsized = reached - len(scores)
            self._refusal = too_few_curves(self._name, needed, horizon, len(scores), reached, outsized)
            return
        self._link = link_of(settings.link, scores)
        self._scores = apply_link(self._link, scores)
        self._largest = OUTSIZED * float(np.abs(scores).max())
        if not np.isfinite(self._scores).all():
            self._refusal = Abstain(
                f"{self._name} was told to use the logarithm of the loss, but a training curve has a loss <= 0",
                Cause.UNUSABLE_SCORES,
            )

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        """See `Forecaster.forecast`."""
        if self._refusal is not None:
            return self._refusal
        sigma = self._sigmas.get(curve.tau)
        if sigma is None:
            sigma = self._sigmas[curve.tau] = self._measure(curve.tau)
        if isinstance(sigma, Abstain):
            return sigma
        last = float(curve.scores[-1])
        if not math.isfinite(self._link.apply(last)):
            return Abstain(
                f"trial {trial.id} has a loss <= 0, and {self._name} uses the logarithm of the loss here",
                Cause.UNUSABLE_SCORES,
            )
        std = sigma / self._link.slope(last)
        if not math.isfinite(std) or (self._link is Link.IDENTITY and abs(last) > self._largest):
            return Abstain(f"the scores of trial {trial.id} are too large to compute with", Cause.UNUSABLE_SCORES)
        return Forecast(last, std, self._horizon, self._link)

    def _measure(self, tau: int) -> float | Abstain:
        """The RMS change from epoch `tau` to the horizon, on the link's scale."""
        if tau >= self._horizon:
            return Abstain(f"the arm has already reached epoch {self._horizon}", Cause.AT_HORIZON)
        if tau < 1:
            return Abstain("the arm has not been measured yet", Cause.TOO_FEW_EPOCHS)
        with np.errstate(all="ignore"):
            sigma = root_mean_square(self._scores[:, -1] - self._scores[:, tau - 1])
        if not (math.isfinite(sigma) and sigma > 0):
            return Abstain(f"the training curves leave no error to learn from at epoch {tau}", Cause.CURVES_ALIKE)
        return sigma
