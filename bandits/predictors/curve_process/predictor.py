"""One process over all curves: forecasts of the end from arms that stopped anywhere, none of them complete."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.errors.checks import check_whole
from bandits.forecasts import Abstain, Forecast
from bandits.predictors.base import Forecaster, Predictor
from bandits.predictors.curve_process.ensemble import Ensemble, Learnt
from bandits.predictors.curve_process.inputs import UnitCube
from bandits.predictors.curve_process.mixture import quantiles
from bandits.predictors.curve_process.observations import Observations
from bandits.predictors.curve_process.time_grid import TimeGrid
from bandits.predictors.score_range import ScoreRange
from bandits.predictors.threads import one_thread

__all__ = ["CurveProcess"]

_LEAST_ARMS = 3
_LEARN_GROWTH = 2.0  # hyperparameters and weights are learnt again when epochs have grown by this factor since


@dataclass(frozen=True)
class CurveProcess(Predictor):
    """Gaussian processes over whole curves and features; every epoch of every arm teaches, and none need be complete.

    A curve is the sum of a course common to all arms, one that arms with similar features share, and the arm's own. It
    is modelled as it is, or by its logarithm, logit or inverse hyperbolic sine. Other members of the ensemble forecast
    that the last value grows as it did for other arms. The members are weighted by how well they
    forecast later scores of arms that were cut short. Forecasts stay in the range of the metric: shares in [0, 1],
    losses at least 0.

    An arm without an epoch is forecast as well, from its features: `forecast(trial, Curve([]))`. A feature that is
    missing counts as the median of the others. See docs/predictors.md.

    Args:
        min_arms: abstain until so many arms have an epoch, >= 3.

    Raises:
        SettingError: an argument breaks its rule.

    Source: the idea of Swersky, Snoek, Adams, "Freeze-thaw Bayesian optimization" (2014); matrices of low rank as in
    Williams, Seeger, "Using the Nystroem method to speed up kernel machines" (NIPS 2000).

    Example:
        >>> from bandits.rng import rng_for
        >>> rising = [(Trial(i), Curve(0.5 + 0.04 * i - 0.4 / np.arange(1.0, 4 + i))) for i in range(6)]
        >>> forecaster = CurveProcess().fit(History.from_curves(rising), horizon=20, rng=rng_for(0))
        >>> low, high = forecaster.forecast(*rising[5]).interval(0.9)
        >>> bool(low < 0.68 < high)
        True
    """

    _: KW_ONLY
    min_arms: int = 3

    name = "CurveProcess"
    learns_from_every_step = True

    def __post_init__(self) -> None:
        check_whole("min_arms", self.min_arms, _LEAST_ARMS)

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:  # noqa: ARG002
        """See `Predictor.fit`. Nothing is drawn from `rng`."""
        check_whole("horizon", horizon, 1)
        return _fitted(self, history, horizon, None)

    def refit(
        self,
        forecaster: Forecaster,
        history: History,
        *,
        horizon: int,
        rng: np.random.Generator,  # noqa: ARG002
    ) -> Forecaster:
        """See `Predictor.refit`: milliseconds, unless epochs have doubled since hyperparameters were learnt."""
        check_whole("horizon", horizon, 1)
        learnt = forecaster.learnt if isinstance(forecaster, _Fitted) and forecaster.horizon == horizon else None
        return _fitted(self, history, horizon, learnt)

    def curves_needed(self, horizon: int) -> int:  # noqa: ARG002 - the same for every horizon
        """See `Predictor.curves_needed`: 0, since no curve need be complete."""
        return 0


def _fitted(settings: CurveProcess, history: History, horizon: int, learnt: Learnt | None) -> Forecaster:
    trials = [trial for trial, _ in history.reaching(1)]
    if len(trials) < settings.min_arms:
        reason = f"{settings.name} needs {settings.min_arms} arms that have trained an epoch, there are {len(trials)}"
        return _Refused(Abstain(reason, Cause.TOO_FEW_CURVES))
    curves = [np.array(history.scores(trial.id)[:horizon]) for trial in trials]
    bounds = ScoreRange.learn(np.concatenate(curves))
    cube, grid = UnitCube.learn(trials), TimeGrid.up_to(horizon)
    arms = _observed(grid, cube, bounds, trials, curves)
    epochs = int(arms.taus.sum())
    with one_thread():
        try:
            if learnt is None or epochs >= _LEARN_GROWTH * learnt.epochs or not learnt.fits(arms):
                ensemble = Ensemble.learn(arms, epochs, learnt)
            else:
                ensemble = Ensemble.condition(arms, learnt)
        except np.linalg.LinAlgError:
            return _Refused(Abstain("no process can be fitted to the curves so far", Cause.NO_FIT))
    return _Fitted(ensemble, grid, cube, bounds)


def _observed(
    grid: TimeGrid,
    cube: UnitCube,
    bounds: ScoreRange,
    trials: Sequence[Trial],
    curves: Sequence[NDArray[np.float64]],
) -> Observations:
    """Curves on the grid, in units: each value is the median of the epochs since the grid's epoch before."""
    passed = np.array([grid.passed(len(scores)) for scores in curves], dtype=np.intp)
    values = np.full((len(curves), len(grid)), np.nan)
    for row, (scores, count) in enumerate(zip(curves, passed, strict=True)):
        values[row, :count] = grid.medians(scores[: grid.epochs[count - 1]]) if count else []
    taus = np.array([len(scores) for scores in curves], dtype=np.intp)
    last = np.array([grid.last_median(scores) if len(scores) else 0.0 for scores in curves])
    return Observations(grid, bounds.in_units(values), passed, taus, bounds.in_units(last), cube.places(trials))


class _Refused(Forecaster):
    """What `fit` returns where there is nothing to learn from."""

    def __init__(self, answer: Abstain) -> None:
        self._answer = answer

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:  # noqa: ARG002
        """See `Forecaster.forecast`."""
        return self._answer


class _Fitted(Forecaster):
    """What `CurveProcess.fit` returns: the ensemble, and how arms are shown to it."""

    def __init__(self, ensemble: Ensemble, grid: TimeGrid, cube: UnitCube, bounds: ScoreRange) -> None:
        self._ensemble, self._grid, self._cube, self._bounds = ensemble, grid, cube, bounds

    @property
    def horizon(self) -> int:
        """The epoch that is forecast."""
        return self._grid.horizon

    @property
    def learnt(self) -> Learnt:
        """What a later fit may keep."""
        return self._ensemble.learnt

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        """See `Forecaster.forecast`; the curve may be empty."""
        return self.forecast_many([(trial, curve)])[0]

    def forecast_many(self, arms: Sequence[tuple[Trial, Curve]]) -> list[Forecast | Abstain]:
        """See `Forecaster.forecast_many`; curves may be empty."""
        horizon = self.horizon
        answers: list[Forecast | Abstain] = [_at_horizon(horizon) for _ in arms]
        open_ = [i for i, (_, curve) in enumerate(arms) if curve.tau < horizon]
        if not open_:
            return answers
        trials, curves = [arms[i][0] for i in open_], [arms[i][1].scores for i in open_]
        observed = _observed(self._grid, self._cube, self._bounds, trials, curves)
        with one_thread():
            scores = self._bounds.to_scores(quantiles(self._ensemble.members, observed))
        for i, trial, row in zip(open_, trials, scores.tolist(), strict=True):
            answers[i] = _forecast(trial, row, horizon)
        return answers


def _at_horizon(horizon: int) -> Abstain:
    return Abstain(f"the arm has already reached epoch {horizon}", Cause.AT_HORIZON)


def _forecast(trial: Trial, scores: list[float], horizon: int) -> Forecast | Abstain:
    """Equally likely scores as a forecast: the mean is their median, the error is that of the middle two thirds."""
    std = (scores[-1 - len(scores) // 6] - scores[len(scores) // 6]) / 2.0
    if not (math.isfinite(scores[0]) and math.isfinite(scores[-1]) and math.isfinite(std)):
        return Abstain(f"the scores of trial {trial.id} are too large to compute with", Cause.UNUSABLE_SCORES)
    return Forecast(scores[len(scores) // 2], std, horizon, samples=tuple(scores))
