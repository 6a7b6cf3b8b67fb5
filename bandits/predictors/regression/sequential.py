"""One regression per epoch, from a curve's start to its end: the machinery of `SRM` and of every predictor like it.

For every tau < horizon asked about, a regression maps x = (curve up to tau, its differences, features of the
trial) to the score at the horizon (Baker et al. 2017, section 3.1). What all such predictors have in common is
here: which curves and features teach, on which scale, when to abstain, and that each regression is fitted once.
Curves that stopped before the horizon may teach too: see `imputation`.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.errors.checks import check_whole
from bandits.forecasts import Abstain, ErrorShape, Forecast, Link
from bandits.predictors.base import Forecaster, LeaveOneOut, Predictor, too_few_curves
from bandits.predictors.features import (
    OUTSIZED,
    Inputs,
    StaticFeatures,
    apply_link,
    feature_row,
    in_proportion,
    link_of,
)
from bandits.predictors.regression.forecast_range import ForecastRange
from bandits.predictors.regression.imputation import (
    Imputed,
    ImputingFitted,
    ImputingRegressor,
    StoppedCurves,
    stopped_curves,
)
from bandits.predictors.regression.regressors import Fitted, Regressor
from bandits.predictors.score_scale import ScoreScale
from bandits.predictors.threads import one_thread
from bandits.rng import rng_for

__all__ = ["SequentialPredictor"]

Floats = NDArray[np.float64]

_LARGEST_LOG = 700.0  # exp of more overflows
_BATCH = 128  # arms forecast at once: more would not fit a processor's cache


class SequentialPredictor(Predictor):
    """A predictor that fits one regression per tau. Subclasses hold settings and name the regression.

    Attributes:
        link: scale on which scores are modelled; "auto" decides from the training curves.
        use_curve: whether the start of the curve is among the inputs, or the features alone.
        partial: whether curves that stopped before the horizon teach too, where the regression knows how to.
    """

    link: Link | Literal["auto"]
    use_curve: bool = True
    partial: bool = False

    @abstractmethod
    def regressor(self) -> Regressor:
        """The regression that these settings name."""

    def resists_explosions(self) -> bool:
        """Whether scores are on `ScoreScale.robust`, and forecasts within a `ForecastRange`."""
        return False

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        """See `Predictor.fit`. Cheap: each regression is fitted when its tau is first asked about."""
        check_whole("horizon", horizon, 1)
        return _Fitted(self, history, horizon, int(rng.integers(2**63)))

    def refit(self, forecaster: Forecaster, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        """See `Predictor.refit`. Hyperparameters stay as they were for every tau that had been asked about."""
        renewed = self.fit(history, horizon=horizon, rng=rng)
        if isinstance(renewed, _Fitted) and isinstance(forecaster, _Fitted):
            renewed.reuse_hyperparameters(forecaster)
        return renewed


@dataclass(frozen=True, slots=True)
class _Stage:
    """The regression of one tau.

    Args:
        inputs: from curves and features to its design.
        fitted: from a design to the target on the link's scale, in units of the training scores. Its residuals are
            those of complete curves, in the order of `History.reaching` (less those without finite features).
    """

    inputs: Inputs
    fitted: Fitted


class _Fitted(Forecaster):
    """What `fit` returns: one regression per tau, fitted when first asked about and then kept."""

    def __init__(self, settings: SequentialPredictor, history: History, horizon: int, seed: int) -> None:
        self._settings, self._horizon, self._seed = settings, horizon, seed
        self._stages: dict[int, _Stage | Abstain] = {}
        self._reused: dict[int, Regressor] = {}
        self._refusal: Abstain | None = None
        self._stopped: list[StoppedCurves] = []
        self._imputed: dict[int, Imputed | None] = {}
        pairs = history.reaching(horizon)
        needed = settings.curves_needed(horizon)
        reached = len(pairs)
        complete: list[int] = []
        if pairs:
            kept = in_proportion(np.stack([curve.scores for _, curve in pairs]), settings.link)
            pairs = [pairs[i] for i in np.flatnonzero(kept)]
            self._static, self._features, complete = StaticFeatures.learn(pairs)
        if len(complete) < needed:
            self._refusal = too_few_curves(settings.name, needed, horizon, len(complete), reached, reached - len(pairs))
            return
        scores = np.stack([pairs[i][1].scores for i in complete])
        self._link = link_of(settings.link, scores)
        linked = apply_link(self._link, scores)
        if not np.isfinite(linked).all():
            self._refusal = Abstain(
                f"{settings.name} was told to use the logarithm of the loss, but a training curve has a loss <= 0",
                Cause.UNUSABLE_SCORES,
            )
            return
        # Numbers of magnitude 1, so that no square overflows.
        resists = settings.resists_explosions()
        self._scale = ScoreScale.robust(linked) if resists else ScoreScale.proportional(linked)
        self._range = ForecastRange.learn(scores, self._link, self._scale) if resists else None
        self._largest = float(np.abs(linked).max()) or 1.0
        self._scores = self._scale.apply(linked)
        if settings.partial and settings.use_curve and isinstance(settings.regressor(), ImputingRegressor):
            self._stopped = stopped_curves(history, horizon, self._static, self._link, self._scale)
        self._trials = [pairs[i][0].id for i in complete]

    def reuse_hyperparameters(self, earlier: _Fitted) -> None:
        """Take over the hyperparameters of an earlier fit, for every tau that it was asked about."""
        regressor = self._settings.regressor()
        for tau, stage in earlier._stages.items():
            if isinstance(stage, _Stage):
                self._reused[tau] = regressor.with_hyperparameters_of(stage.fitted)

    def leave_one_out(self, tau: int) -> LeaveOneOut | Abstain:
        """See `Forecaster.leave_one_out`. At no cost: a regression knows its out-of-sample errors."""
        stage = self._refusal or self._stage(tau)
        if isinstance(stage, Abstain):
            return stage
        fitted = stage.fitted
        rows = np.arange(len(self._scores)) if fitted.rows is None else fitted.rows
        means = self._in_range(self._scores[rows, -1] - fitted.residuals, self._scores[rows, tau - 1])
        trials = [self._trials[row] for row in rows.tolist()]
        stds = fitted.own_errors() * self._scale.slope(means)
        return LeaveOneOut(trials, self._scale.restore(means), stds, self._link)

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        """See `Forecaster.forecast`. About 0.1 ms once the regression for `curve.tau` is fitted."""
        return self.forecast_many([(trial, curve)])[0]

    def forecast_many(self, arms: Sequence[tuple[Trial, Curve]]) -> list[Forecast | Abstain]:
        """See `Forecaster.forecast_many`. One prediction per tau, not per arm."""
        if self._refusal is not None:
            return [self._refusal] * len(arms)
        answers: list[Forecast | Abstain | None] = [None] * len(arms)
        groups: dict[int, list[int]] = {}
        for position, (_, curve) in enumerate(arms):
            groups.setdefault(curve.tau, []).append(position)
        for tau, members in groups.items():
            for start in range(0, len(members), _BATCH):
                batch = members[start : start + _BATCH]
                for position, answer in zip(batch, self._answer([arms[i] for i in batch], tau), strict=True):
                    answers[position] = answer
        return answers  # type: ignore[return-value]

    def _answer(self, arms: Sequence[tuple[Trial, Curve]], tau: int) -> list[Forecast | Abstain]:
        """Forecasts of arms that have all trained for `tau` epochs."""
        stage = self._stage(tau)
        if isinstance(stage, Abstain):
            return [stage] * len(arms)
        scores = apply_link(self._link, np.array([curve.scores for _, curve in arms]))
        rows = [feature_row(trial.features, self._static.names) for trial, _ in arms]
        raw = np.array(rows, dtype=np.float64).reshape(len(arms), len(self._static.names))
        with one_thread(), np.errstate(all="ignore"):
            scaled = self._scale.apply(scores)
            design = stage.inputs.design(scaled, self._static.scale(raw))
            means, stds, shapes = stage.fitted.predict_with_error(design)
            means = self._in_range(means, scaled[:, -1])
            if self._scale.bends:
                arms_errors = zip(means.tolist(), stds.tolist(), shapes, strict=True)
                shapes = [self._scale.restore_shape(*errors) for errors in arms_errors]
            restored, stds = self._scale.restore(means), stds * self._scale.slope(means)
        answers = zip(restored.tolist(), stds.tolist(), shapes, strict=True)
        return [
            self._forecast(mean, std, shape) or self._objection(trial, scores[i])
            for i, ((trial, _), (mean, std, shape)) in enumerate(zip(arms, answers, strict=True))
        ]

    def _in_range(self, means: Floats, last: Floats) -> Floats:
        """`[m]` means of arms with the `[m]` last scores, kept in range; all on the scale of the regression."""
        return means if self._range is None else self._range.clip(means, last)

    def _forecast(self, mean: float, std: float, shape: ErrorShape) -> Forecast | None:
        """From the link's scale to score units (a std over the link's slope there); None if too large."""
        if self._link is not Link.IDENTITY:
            if not abs(mean) <= _LARGEST_LOG:
                return None
            mean = self._link.invert(mean)
            std /= self._link.slope(mean)
        elif abs(mean) > OUTSIZED * self._largest:
            return None
        if not (math.isfinite(mean) and math.isfinite(std)):
            return None
        return Forecast(mean, std, self._horizon, self._link, shape=shape)

    def _objection(self, trial: Trial, scores: Floats) -> Abstain:
        """Why the numbers of an arm gave no finite forecast; `scores` are on the link's scale."""
        features = self._static.objection(trial, self._settings.name)
        if features is not None:
            return features
        if not np.isfinite(scores).all():
            return Abstain(
                f"trial {trial.id} has a loss <= 0, and {self._settings.name} uses the logarithm of the loss here",
                Cause.UNUSABLE_SCORES,
            )
        return Abstain(
            f"the scores or features of trial {trial.id} are too large to compute with", Cause.UNUSABLE_SCORES
        )

    def _stage(self, tau: int) -> _Stage | Abstain:
        """The regression for `tau`, fitted now if it has not been asked for before."""
        if tau not in self._stages:
            self._stages[tau] = self._fit(tau)
        return self._stages[tau]

    def _fit(self, tau: int) -> _Stage | Abstain:
        """Fit the regression for `tau`; nothing after epoch tau is among its inputs."""
        if tau >= self._horizon:
            return Abstain(f"the arm has already reached epoch {self._horizon}", Cause.AT_HORIZON)
        if tau < 1:
            return Abstain("the arm has not been measured yet", Cause.TOO_FEW_EPOCHS)
        n = len(self._scores)
        target = self._scores[:, -1]
        if float(np.ptp(target)) == 0.0:
            return Abstain(
                f"all {n} curves have the same score at epoch {self._horizon}, so there are no errors to learn from",
                Cause.CURVES_ALIKE,
            )
        stopped = [(curves, imputed) for curves in self._stopped if (imputed := self._impute(curves, tau)) is not None]
        stage = self._fitted_to(tau, stopped)
        return self._fitted_to(tau, []) if stopped and isinstance(stage, Abstain) else stage

    def _impute(self, curves: StoppedCurves, tau: int) -> Imputed | None:
        """What stands in for the scores at the horizon of curves that went on after epoch tau; None without a forecast.

        The forecasts are made at the curves' last epoch, by a regression that also learnt from longer curves.
        """
        length = curves.length
        if length <= tau:
            return None
        if length not in self._imputed:
            stage = self._stage(length)
            imputed = None
            if isinstance(stage, _Stage) and isinstance(stage.fitted, ImputingFitted):
                with one_thread(), np.errstate(all="ignore"):
                    imputed = stage.fitted.impute(stage.inputs.design(curves.scores, curves.features))
            self._imputed[length] = imputed if imputed is not None and imputed.usable else None
        return self._imputed[length]

    def _fitted_to(self, tau: int, stopped: Sequence[tuple[StoppedCurves, Imputed]]) -> _Stage | Abstain:
        """The regression for `tau` from the complete curves and some that stopped later than that."""
        n = len(self._scores)
        scores = np.concatenate([self._scores[:, :tau], *(curves.scores[:, :tau] for curves, _ in stopped)])
        features = np.concatenate([self._features, *(curves.features for curves, _ in stopped)])
        inputs = Inputs.learn(scores, features, use_curve=self._settings.use_curve)
        if inputs.width == 0:
            return Abstain(f"the {n} training curves have the same inputs at epoch {tau}", Cause.FEATURES_ALIKE)
        rng = rng_for(self._seed, "tau", tau)
        design = inputs.design(scores, features)
        regressor = self._reused.get(tau, self._settings.regressor())
        target = self._scores[:, -1]
        with one_thread(), np.errstate(all="ignore"):  # a fit with numbers that are not finite is refused below
            if stopped and isinstance(regressor, ImputingRegressor):
                imputed = Imputed.together([imputed for _, imputed in stopped])
                fitted: Fitted = regressor.fit(design, target, rng, imputed)
            else:
                fitted = regressor.fit(design, target, rng)
            stds, _ = fitted.errors(design.rows(np.arange(1)))
        if not (np.isfinite(stds).all() and (stds > 0).all()):
            return Abstain(f"the {n} training curves leave no error to learn from at epoch {tau}", Cause.CURVES_ALIKE)
        return _Stage(inputs, fitted)
