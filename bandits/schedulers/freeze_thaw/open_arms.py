"""Every arm's forecast and worth, kept until enough arms have trained on to be worth a new fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Forecast
from bandits.rng import rng_for
from bandits.schedulers.freeze_thaw.fresh import FreshForecasts
from bandits.schedulers.freeze_thaw.improvement import middle_and_reach
from bandits.schedulers.freeze_thaw.last_value import LastValueGrowth
from bandits.schedulers.freeze_thaw.predictor_role import CurveForecaster, CurvePredictor
from bandits.schedulers.freeze_thaw.unknown import straight, unknown_shares
from bandits.schedulers.freeze_thaw.worth import Plan, worth_per_epoch

__all__ = ["OpenArms"]

Floats = NDArray[np.float64]
Ids = NDArray[np.intp]
_NEWS = 0.1  # a new fit is made when this share of the arms has trained on since the last one
_FROM_SCRATCH = 2.0  # a fit from scratch is made when all epochs have grown by this factor since the last such fit
_MOST_FRESH = 100  # arms that stand for a fresh one
_MOST_TRACED = 24  # arms that show how forecasts narrow from check epoch to check epoch
_HIGH = 0.9  # a quantile
_UNSEEN = Curve(np.zeros(0))


class OpenArms:
    """Forecasts of arms at R, and of fresh ones; and what they are worth.

    Args:
        predictor: who forecasts. None stands for the last value plus the growth of other arms, which is also the
            forecast where a predictor abstains.
        history: the history of the run, read at every fit.
        epochs: the check epochs, the last one R.
        seed: of the predictor's randomness.
        switch_cost: epochs that are added to the cost of an arm.

    Attributes:
        middles: `[n]` medians of the forecasts by trial id; NaN where there is none.
        forecasts: by trial id.
        high_start: nine in ten arms had no higher score after their first epoch.
    """

    def __init__(
        self,
        predictor: CurvePredictor | None,
        history: History,
        epochs: Sequence[int],
        seed: int,
        switch_cost: float = 0.0,
    ) -> None:
        self._predictor, self._history, self._epochs, self._seed = predictor, history, epochs, seed
        self._switch_cost = switch_cost
        self._arrays = np.full((4, 64), np.nan)  # middles, reaches, worth by each plan
        self.forecasts: dict[int, Forecast] = {}
        self._forecaster: CurveForecaster | None = None
        self._plain = LastValueGrowth((), epochs)
        self._fresh = FreshForecasts()
        self._unknown = straight(len(epochs))
        self._bar = np.nan
        self.high_start = np.inf
        self._news, self._scratch = np.inf, 0

    @property
    def middles(self) -> Floats:
        """Medians of the forecasts by trial id."""
        return np.asarray(self._arrays[0])

    # Forecasts

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
        self.high_start = float(np.quantile([curve.scores[0] for curve in curves.values()], _HIGH))
        self._forecaster = self._fitted()
        self._arrays[2:] = np.nan
        self._take([(by_id[i], curves[i]) for i in open_ids if i in by_id])
        like_fresh = trials[-_MOST_FRESH:]
        known = self._fresh_forecasts(like_fresh, [curves[trial.id] for trial in like_fresh])
        self._fresh.renew(_numbers(known), _numbers(self._unseen(self._fresh.offered)))
        self._fresh.judge(lambda i: curves[i].tau if i in curves else 0, lambda i: self._plain.forecast(curves[i]).mean)
        self._unknown = self._traced(by_id, curves)

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
        ids = np.array([trial.id for trial, _ in arms], dtype=np.intp)
        if len(ids):
            self._grow_to(int(ids.max()) + 1)
            self._arrays[:2, ids] = _numbers(forecasts)
            self._arrays[2:, ids] = np.nan
            self.forecasts.update(zip(ids.tolist(), forecasts, strict=True))

    def _grow_to(self, size: int) -> None:
        have = self._arrays.shape[1]
        if size > have:
            self._arrays = np.concatenate((self._arrays, np.full((4, max(size, 2 * have) - have), np.nan)), axis=1)

    def _forecast(self, arms: Sequence[tuple[Trial, Curve]]) -> list[Forecast]:
        forecaster = self._plain if self._forecaster is None else self._forecaster
        said = forecaster.forecast_many(arms)
        return [
            each if isinstance(each, Forecast) else self._plain.forecast(curve)
            for each, (_, curve) in zip(said, arms, strict=True)
        ]

    def _unseen(self, trials: Sequence[Trial]) -> list[Forecast]:
        """Forecasts of arms before their first epoch; none if the predictor cannot make them for all."""
        if self._predictor is None or not self._predictor.learns_from_every_step or self._forecaster is None:
            return []
        said = self._forecaster.forecast_many([(trial, _UNSEEN) for trial in trials])
        found = [each for each in said if isinstance(each, Forecast)]
        return found if len(found) == len(trials) else []

    def _fresh_forecasts(self, trials: Sequence[Trial], curves: Sequence[Curve]) -> list[Forecast]:
        """Forecasts of known arms before their first epoch, if the predictor can make them; else after it."""
        found = self._unseen(trials)
        if found:
            return found
        if self._epochs[-1] == 1:
            return [Forecast(float(curve.scores[0]), 0.0, 1) for curve in curves]
        return self._forecast([(trial, curve.prefix(1)) for trial, curve in zip(trials, curves, strict=True)])

    def _traced(self, trials: dict[int, Trial], curves: dict[int, Curve]) -> Floats:
        """How forecasts of the longest curves narrow from epoch 0 to each check epoch, see `unknown_shares`."""
        longest = sorted(curves, key=lambda i: (-curves[i].tau, i))[:_MOST_TRACED]
        stops = [0, *self._epochs[:-1]]
        asked = [(i, k) for i in longest for k, stop in enumerate(stops) if stop <= curves[i].tau]
        if not self._unseen([trials[i] for i in longest]):
            asked = [(i, k) for i, k in asked if k]
        said = self._forecast([(trials[i], curves[i].prefix(stops[k]) if k else _UNSEEN) for i, k in asked])
        by_arm: dict[int, dict[int, float]] = {i: {} for i in longest}
        for (i, k), reach in zip(asked, _numbers(said)[1].tolist(), strict=True):
            by_arm[i][k] = reach
        return unknown_shares(list(by_arm.values()), len(self._epochs))

    # Worth

    def middles_of(self, ids: Ids) -> Floats:
        """Medians of the forecasts of arms, `[n]`; NaN where there is none yet."""
        self._grow_to(int(ids.max(initial=-1)) + 1)
        return self.middles[ids]

    def worths(self, plan: Plan, ids: Ids, passed: Ids, bar: float) -> Floats:
        """What it is worth to train arms on, per epoch, `[n]`.

        Args:
            plan: how they would train on.
            ids: of arms that wait.
            passed: how many check epochs each has passed.
            bar: the end to improve on.
        """
        self._grow_to(int(ids.max(initial=-1)) + 1)
        if bar != self._bar:
            self._bar = bar
            self._arrays[2:] = np.nan
        kept = self._arrays[2 + (plan is Plan.WITH_STOPS)]
        stale = np.isnan(kept[ids])
        for level in np.unique(passed[stale]).tolist():
            at = ids[stale & (passed == level)]
            kept[at] = self._worths(plan, np.nan_to_num(self._arrays[:2, at], nan=-1e300), bar, level)
        return np.asarray(kept[ids])

    def _worths(self, plan: Plan, numbers: Floats, bar: float, level: int, *, one_arm: bool = False) -> Floats:
        """Of forecasts `[2, n]` of arms that have passed as many check epochs as `level` says."""
        now = self._epochs[level - 1] if level else 0
        costs = np.array(self._epochs[level:], dtype=np.float64) - now + self._switch_cost
        known_now = self._unknown[level]
        unknown = self._unknown[level + 1 :] / known_now if known_now > 0 else straight(len(costs))[1:]
        return worth_per_epoch(plan, numbers[0], np.maximum(numbers[1], 0.0), bar, costs, unknown, one_arm=one_arm)

    def fresh_worth(self, plan: Plan, bar: float) -> float:
        """The same for a fresh arm; infinite before anything is known."""
        numbers, to_choose = self._fresh.like_the_next()
        if not len(numbers[0]):
            return float("inf")
        return float(self._worths(plan, np.array(numbers), bar, 0, one_arm=not to_choose).max())

    def prefer(self, trials: Sequence[Trial], bar: float, *, by_chance: bool) -> int:
        """Which of several proposals is begun; the first one where it is to be one by chance."""
        said = self._unseen(trials)
        if not said:
            return 0
        numbers = _numbers(said)
        worths = self._worths(Plan.WITH_STOPS, np.array(numbers), bar, 0)
        return self._fresh.take(trials, numbers, np.zeros(len(trials)) if by_chance else worths)

    def usual_end(self) -> float:
        """The median of the forecasts for a fresh arm: the bar as long as no arm is fully trained."""
        return float(np.median(self._fresh.known[0])) if len(self._fresh.known[0]) else 0.0


def _numbers(forecasts: Sequence[Forecast]) -> tuple[Floats, Floats]:
    numbers = np.array([middle_and_reach(forecast) for forecast in forecasts]).reshape(-1, 2)
    return numbers[:, 0], numbers[:, 1]
