"""Sequential regression models (Baker et al. 2017): one regression per epoch, from a curve's start to its end.

For every tau < horizon asked about, a regression maps x = (curve up to tau, its differences, features of the
trial) to the score at the horizon; its out-of-sample error on the training curves is the forecast's standard
deviation, one number per tau (section 3.3).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Curve, History, Trial
from bandits.errors import SettingError
from bandits.forecasts import Abstain, Forecast, Link
from bandits.predictors.base import Forecaster, Predictor
from bandits.predictors.blend import Blend
from bandits.predictors.features import Inputs, StaticFeatures, apply_link, choose_link, feature_row
from bandits.predictors.regressors import OLS, Fitted, Forest, Regressor, Ridge, root_mean_square
from bandits.predictors.support_vectors import SVR
from bandits.predictors.threads import one_thread
from bandits.rng import rng_for

__all__ = ["SRM"]

Floats = NDArray[np.float64]

_MODELS: dict[str, tuple[Callable[[int, int], Regressor], int]] = {
    # name: (regressor from draws and folds, default draws)
    "auto": (lambda _draws, _folds: Blend(), 1),
    "svr_rbf": (lambda draws, folds: SVR("rbf", draws, folds), 400),
    "svr_linear": (lambda draws, folds: SVR("linear", draws, folds), 100),
    "forest": (lambda draws, folds: Forest(draws, folds), 2),
    "ols": (lambda _draws, _folds: OLS(), 1),
    "ridge": (lambda _draws, _folds: Ridge(), 1),
}

_LARGEST_LOG = 700.0  # exp of more overflows


@dataclass(frozen=True, init=False, repr=False)
class SRM(Predictor):
    """Sequential regression models: settings only; `fit` returns what forecasts.

    Args:
        model: "auto" (linear and local models, weighted by their errors), one of the paper's ("svr_rbf",
            "svr_linear", "forest", "ols"), or "ridge".
        min_curves: abstain until so many curves reached the horizon, >= 2. The standard deviation of a
            forecast is estimated from them, itself with relative standard error 1 / sqrt(2 n): 16 % for 20.
        link: scale on which scores are modelled. "auto" takes the logarithm of a loss or perplexity whose
            worst training value is at least three times its best, and leaves everything else as it is.
        draws: settings tried by random search, for the models that have one, >= 1. None takes what fits in
            about a second at 100 curves; the paper's figure is 1000.
        folds: folds of the random search, >= 2 (the paper's 3).

    Raises:
        SettingError: an argument breaks its rule.

    Cost of a fit, once per tau: with "auto", about 3 ms of one core for 20 curves, 20 ms for 100, 130 ms for 400 and
    no more than 200 ms beyond; about a second at 100 curves for the models with a random search. A forecast then
    takes about 0.1 ms, a thousand at once 5 ms.

    Source: Baker, Gupta, Raskar, Naik, "Accelerating neural architecture search using performance
    prediction" (arXiv 1705.10823), section 3.

    Example:
        >>> from bandits.rng import rng_for
        >>> ramps = [(Trial(id=i), Curve(np.linspace(0.1, 0.5 + i / 100, 10))) for i in range(30)]
        >>> forecaster = SRM().fit(History.from_curves(ramps), horizon=10, rng=rng_for(0))
        >>> forecast = forecaster.forecast(Trial(id=99), Curve(np.linspace(0.1, 0.655, 10)[:4]))
        >>> round(forecast.mean, 2)
        0.65
    """

    model: str
    link: Link | Literal["auto"]
    draws: int | None
    folds: int
    _min_curves: int

    name = "SRM"

    def __init__(
        self,
        model: str = "auto",
        *,
        min_curves: int = 20,
        link: Link | Literal["auto"] = "auto",
        draws: int | None = None,
        folds: int = 3,
    ) -> None:
        if model not in _MODELS:
            raise SettingError.broken("`model`", f"must be one of {', '.join(_MODELS)}", model)
        if not isinstance(min_curves, int) or min_curves < 2:
            raise SettingError.broken("`min_curves`", "must be >= 2", min_curves)
        if link != "auto" and not isinstance(link, Link):
            raise SettingError.broken("`link`", "must be 'auto', Link.IDENTITY or Link.LOG_LOSS", link)
        if draws is not None and (not isinstance(draws, int) or draws < 1):
            raise SettingError.broken("`draws`", "must be >= 1 or None", draws)
        if not isinstance(folds, int) or folds < 2:
            raise SettingError.broken("`folds`", "must be >= 2", folds)
        for setting, value in zip(
            ("model", "link", "draws", "folds", "_min_curves"), (model, link, draws, folds, min_curves), strict=True
        ):
            object.__setattr__(self, setting, value)

    def __repr__(self) -> str:
        return (
            f"SRM({self.model!r}, min_curves={self._min_curves}, link={self.link!r}, draws={self.draws},"
            f" folds={self.folds})"
        )

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        """See `Predictor.fit`. Cheap: each regression is fitted when its tau is first asked about."""
        if horizon < 1:
            raise SettingError.broken("`horizon`", "must be >= 1", horizon)
        return _Fitted(self, history.reaching(horizon), horizon, int(rng.integers(2**63)))

    def min_curves(self, horizon: int) -> int:  # noqa: ARG002 - the same for every horizon
        """See `Predictor.min_curves`."""
        return self._min_curves

    def regressor(self) -> Regressor:
        """The regression that these settings name."""
        make, default_draws = _MODELS[self.model]
        return make(self.draws or default_draws, self.folds)


@dataclass(frozen=True, slots=True)
class _Stage:
    """The regression of one tau.

    Args:
        inputs: from curves and features to its design.
        fitted: from a design to the target on the link's scale, in units of the training scores.
        sigma: RMS of its out-of-sample residuals, likewise.
    """

    inputs: Inputs
    fitted: Fitted
    sigma: float


class _Fitted(Forecaster):
    """What `SRM.fit` returns: one regression per tau, fitted when first asked about and then kept."""

    def __init__(self, settings: SRM, pairs: list[tuple[Trial, Curve]], horizon: int, seed: int) -> None:
        self._settings, self._horizon, self._seed = settings, horizon, seed
        self._stages: dict[int, _Stage | Abstain] = {}
        self._refusal: Abstain | None = None
        needed = settings.min_curves(horizon)
        reached = len(pairs)
        complete: list[int] = []
        if pairs:
            self._static, self._features, complete = StaticFeatures.learn(pairs)
        if len(complete) < needed:
            left_out = "" if len(complete) == reached else f" ({reached - len(complete)} more lack a finite feature)"
            self._refusal = Abstain(
                f"{settings.name} needs {needed} curves that reached epoch {horizon}, has {len(complete)}{left_out}"
            )
            return
        scores = np.stack([pairs[i][1].scores for i in complete])
        self._link = choose_link(scores) if settings.link == "auto" else settings.link
        linked = apply_link(self._link, scores)
        if not np.isfinite(linked).all():
            self._refusal = Abstain(
                f"{settings.name} was told to use the logarithm of the loss, but a training curve has a loss <= 0"
            )
            return
        # Numbers of magnitude 1, so that no square overflows.
        self._unit = float(np.abs(linked).max()) or 1.0
        self._scores = linked / self._unit

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
            for position, answer in zip(members, self._answer([arms[i] for i in members], tau), strict=True):
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
            design = stage.inputs.design(scores / self._unit, self._static.scale(raw))
            means = (stage.fitted.predict(design) * self._unit).tolist()
        sigma = stage.sigma * self._unit
        return [
            self._forecast(mean, sigma) or self._objection(trial, scores[i])
            for i, ((trial, _), mean) in enumerate(zip(arms, means, strict=True))
        ]

    def _forecast(self, mean: float, sigma: float) -> Forecast | None:
        """From the link's scale to score units (`std` is sigma over the link's slope there); None if too large."""
        if not math.isfinite(mean) or (self._link is Link.LOG_LOSS and abs(mean) > _LARGEST_LOG):
            return None
        score = self._link.invert(mean)
        std = sigma / self._link.slope(score)
        return Forecast(score, std, self._horizon, self._link) if math.isfinite(std) else None

    def _objection(self, trial: Trial, scores: Floats) -> Abstain:
        """Why the numbers of an arm gave no finite forecast; `scores` are on the link's scale."""
        for name, value in zip(self._static.names, feature_row(trial.features, self._static.names), strict=True):
            if name not in trial.features:
                return Abstain(f"{self._settings.name} learned from the feature {name!r}, which trial {trial.id} lacks")
            if not math.isfinite(value):
                return Abstain(f"feature {name!r} of trial {trial.id} is not a finite number: {trial.features[name]!r}")
        if not np.isfinite(scores).all():
            return Abstain(
                f"trial {trial.id} has a loss <= 0, and {self._settings.name} uses the logarithm of the loss here"
            )
        return Abstain(f"the scores or features of trial {trial.id} are too large to compute with")

    def _stage(self, tau: int) -> _Stage | Abstain:
        """The regression for `tau`, fitted now if it has not been asked for before."""
        if tau not in self._stages:
            self._stages[tau] = self._fit(tau)
        return self._stages[tau]

    def _fit(self, tau: int) -> _Stage | Abstain:
        """Fit the regression for `tau`; nothing after epoch tau is among its inputs."""
        if tau >= self._horizon:
            return Abstain(f"the arm has already reached epoch {self._horizon}")
        if tau < 1:
            return Abstain("the arm has not been measured yet")
        n = len(self._scores)
        target = self._scores[:, -1]
        if float(np.ptp(target)) == 0.0:
            return Abstain(f"all {n} curves have the same score at epoch {self._horizon}, which says nothing of errors")
        inputs = Inputs.learn(self._scores[:, :tau], self._features)
        if len(inputs.series.kept) + len(inputs.static.kept) == 0:
            return Abstain(f"nothing tells the {n} training curves apart at epoch {tau}")
        rng = rng_for(self._seed, "tau", tau)
        design = inputs.design(self._scores[:, :tau], self._features)
        with one_thread():
            fitted = self._settings.regressor().fit(design, target, rng)
        sigma = root_mean_square(fitted.residuals)
        if not (math.isfinite(sigma) and sigma > 0):
            return Abstain(f"the {n} training curves leave no error to learn from at epoch {tau}")
        return _Stage(inputs, fitted, sigma)
