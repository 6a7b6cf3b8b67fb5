"""Every arm's forecast, kept until enough arms have trained on to be worth a new fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Forecast
from bandits.rng import rng_for
from bandits.schedulers.freeze_thaw.improvement import expected_improvement, middle_and_reach
from bandits.schedulers.freeze_thaw.last_value import LastValueGrowth
from bandits.schedulers.freeze_thaw.predictor_role import CurveForecaster, CurvePredictor

__all__ = ["OpenArms"]

Floats = NDArray[np.float64]
_NEWS = 0.06  # a new fit is made when this share of the arms has trained on since the last one
_FROM_SCRATCH = 1.5  # a fit from scratch is made when all epochs have grown by this factor since the last such fit
_MOST_FRESH = 200  # arms that stand for a fresh one


class OpenArms:
    """Forecasts of arms at R, and of a fresh one.

    Args:
        predictor: who forecasts. None stands for the last value plus the growth of other arms, which is also the
            forecast where a predictor abstains.
        history: the history of the run, read at every fit.
        epochs: the check epochs, the last one R.
        seed: of the predictor's randomness.

    Attributes:
        middles, reaches: `[n]` of each trial's forecast by its id, see `middle_and_reach`; NaN where there is none.
        forecasts: by trial id.
    """

    def __init__(self, predictor: CurvePredictor | None, history: History, epochs: Sequence[int], seed: int) -> None:
        self._predictor, self._history, self._epochs, self._seed = predictor, history, epochs, seed
        self.middles = self.reaches = np.full(0, np.nan)
        self.forecasts: dict[int, Forecast] = {}
        self._forecaster: CurveForecaster | None = None
        self._plain = LastValueGrowth((), epochs)
        self._fresh: tuple[Floats, Floats] = (np.zeros(0), np.zeros(0))
        self._news, self._size, self._scratch = np.inf, 0, 0

    def refresh(self, trials: Sequence[Trial], open_ids: Sequence[int]) -> None:
        """Fit again if enough has happened since, and forecast all arms that can still go on.

        Args:
            trials: all arms with an epoch.
            open_ids: the ids of those that can go on.
        """
        if not trials or self._news < max(1.0, _NEWS * len(trials)):
            return
        self._news = 0
        by_id = {trial.id: trial for trial in trials}
        curves = {trial.id: self._history.curve(trial.id) for trial in trials}
        self._plain = LastValueGrowth([curve.scores for curve in curves.values()], self._epochs)
        self._forecaster = self._fitted()
        self._take([(by_id[i], curves[i]) for i in open_ids if i in by_id])
        like_fresh = trials[-_MOST_FRESH:]
        self._fresh = self._numbers(self._fresh_forecasts(like_fresh, [curves[trial.id] for trial in like_fresh]))

    def _fitted(self) -> CurveForecaster:
        predictor, horizon = self._predictor, self._epochs[-1]
        if predictor is None:
            return self._plain
        epochs = self._history.epochs
        rng = rng_for(self._seed, "freeze-thaw fit", epochs)
        if self._forecaster is None or epochs >= _FROM_SCRATCH * self._scratch:
            self._scratch = epochs
            return predictor.fit(self._history, horizon=horizon, rng=rng)
        return predictor.refit(self._forecaster, self._history, horizon=horizon, rng=rng)

    def note(self, trial: Trial, open_still: bool) -> None:
        """An arm's stretch is over: count it for the next fit, and forecast the arm again by the current fit."""
        self._news += 1
        if open_still and self._forecaster is not None:
            self._take([(trial, self._history.curve(trial.id))])

    def _take(self, arms: Sequence[tuple[Trial, Curve]]) -> None:
        forecasts = self._forecast(arms)
        middles, reaches = self._numbers(forecasts)
        ids = np.array([trial.id for trial, _ in arms], dtype=np.intp)
        if len(ids):
            self._grow_to(int(ids.max()) + 1)
            self.middles[ids], self.reaches[ids] = middles, reaches
            self.forecasts.update(zip(ids.tolist(), forecasts, strict=True))

    def _grow_to(self, size: int) -> None:
        if size > len(self.middles):
            more = np.full(max(size, 2 * len(self.middles)) - len(self.middles), np.nan)
            self.middles, self.reaches = np.append(self.middles, more), np.append(self.reaches, more)

    def _forecast(self, arms: Sequence[tuple[Trial, Curve]]) -> list[Forecast]:
        forecaster = self._plain if self._forecaster is None else self._forecaster
        said = forecaster.forecast_many(arms)
        return [
            each if isinstance(each, Forecast) else self._plain.forecast(curve)
            for each, (_, curve) in zip(said, arms, strict=True)
        ]

    def _fresh_forecasts(self, trials: Sequence[Trial], curves: Sequence[Curve]) -> list[Forecast]:
        """Forecasts that stand for a fresh arm: those of known arms before their first epoch, if the predictor can make
        them; else those after their first epoch."""
        if self._predictor is not None and self._predictor.learns_from_every_step and self._forecaster is not None:
            unseen = Curve(np.zeros(0))
            said = self._forecaster.forecast_many([(trial, unseen) for trial in trials])
            found = [each for each in said if isinstance(each, Forecast)]
            if found:
                return found
        if self._epochs[-1] == 1:
            return [Forecast(float(curve.scores[0]), 0.0, 1) for curve in curves]
        return self._forecast([(trial, curve.prefix(1)) for trial, curve in zip(trials, curves, strict=True)])

    def _numbers(self, forecasts: Sequence[Forecast]) -> tuple[Floats, Floats]:
        numbers = np.array([middle_and_reach(forecast) for forecast in forecasts]).reshape(-1, 2)
        return numbers[:, 0], numbers[:, 1]

    def middles_of(self, ids: NDArray[np.intp]) -> Floats:
        """Medians of the forecasts of arms, `[n]`; NaN where there is none yet."""
        self._grow_to(int(ids.max(initial=-1)) + 1)
        return self.middles[ids]

    def improvements(self, ids: NDArray[np.intp], bar: float) -> Floats:
        """Expected improvement of each arm's end over the bar, `[n]`."""
        return np.nan_to_num(expected_improvement(self.middles_of(ids), self.reaches[ids], bar))

    def fresh_improvement(self, bar: float) -> float:
        """The same for a fresh arm; infinite before anything is known."""
        middles, reaches = self._fresh
        return float(expected_improvement(middles, reaches, bar).mean()) if len(middles) else float("inf")

    def usual_end(self) -> float:
        """The median of the forecasts for a fresh arm: the bar as long as no arm is fully trained."""
        return float(np.median(self._fresh[0])) if len(self._fresh[0]) else 0.0
