"""Parts of runs without chance: what happens is known beforehand."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from bandits.causes import Cause
from bandits.curves import Curve, Goal, History, Metric, Trial
from bandits.forecasts import Abstain, Forecast
from bandits.objectives.base import Measurement, Objective
from bandits.predictors.base import Forecaster, Predictor
from bandits.rng import rng_for
from bandits.samplers.base import Sampler
from bandits.schedulers.base import Done, Failed, Job, Measured, Scheduler, Wait
from bandits.stopping.rules import StoppingRule
from bandits.verdicts import Drop, Keep, Verdict

__all__ = ["NeverDropRule", "OraclePredictor", "ReplayObjective", "SpyPredictor", "play", "ramps"]


class ReplayObjective(Objective):
    """Replays a table held in memory; trial i trains row i modulo the number of rows.

    Args:
        curves: raw values, a row for each configuration, all of the same length; NaN where training fails.
        goal: "maximize" or "minimize".
        seconds: how long an epoch of row i takes: entry i modulo their number.

    Attributes:
        begun: (trial id, epoch) for every epoch that has begun, in order.
        released: ids that will not train again, in order.

    Example:
        >>> objective = ReplayObjective([[0.3, 0.5], [0.2, 0.6]])
        >>> [measurement.value for measurement in objective.train(Trial(id=3), start=0, stop=2)]
        [0.2, 0.6]
    """

    virtual_time = True

    def __init__(
        self, curves: Sequence[Sequence[float]], goal: Goal = "maximize", seconds: Sequence[float] = (1.0,)
    ) -> None:
        self.name = "replay"
        self.metric = Metric("value", goal)
        self.max_epochs = len(curves[0])
        self.curves = curves
        self.seconds = seconds
        self.begun: list[tuple[int, int]] = []
        self.released: list[int] = []

    def sampler(self, seed: int) -> Sampler:
        return _RowNumbers(len(self.curves))

    def features(self, config: Mapping[str, object]) -> Mapping[str, float]:
        return {"row": float(str(config["row"]))}

    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        row = trial.id % len(self.curves)
        for epoch in range(start + 1, stop + 1):
            self.begun.append((trial.id, epoch))
            yield Measurement(epoch, self.curves[row][epoch - 1], self.seconds[row % len(self.seconds)])

    def release(self, trial: Trial) -> None:
        self.released.append(trial.id)


class _RowNumbers(Sampler):
    def __init__(self, rows: int) -> None:
        self._rows = rows

    def propose(self, trial_id: int) -> Mapping[str, object]:
        return {"row": trial_id % self._rows}


class OraclePredictor(Predictor):
    """Knows how every arm ends, and says so without error.

    Args:
        scores: larger is better, a row for each configuration; trial i has row i modulo the number of rows.

    Example:
        >>> oracle = OraclePredictor([[0.1, 0.9]])
        >>> oracle.fit(History(), horizon=2, rng=rng_for(0)).forecast(Trial(id=0), Curve([0.1])).mean
        0.9
    """

    name = "oracle"

    def __init__(self, scores: Sequence[Sequence[float]]) -> None:
        self.scores = scores

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        return _Lookup(self.scores, horizon)

    def curves_needed(self, horizon: int) -> int:
        return 0


class _Lookup(Forecaster):
    def __init__(self, scores: Sequence[Sequence[float]], horizon: int) -> None:
        self._scores = scores
        self._horizon = horizon

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        if curve.tau >= self._horizon:
            return Abstain(f"the arm has already reached epoch {self._horizon}", Cause.AT_HORIZON)
        row = self._scores[trial.id % len(self._scores)]
        if len(row) < self._horizon or not math.isfinite(row[self._horizon - 1]):
            return Abstain(f"it never reaches epoch {self._horizon}")
        return Forecast(float(row[self._horizon - 1]), 0.0, self._horizon)


class SpyPredictor(Predictor):
    """Passes questions on to another predictor and writes down what it was shown.

    Attributes:
        fits: (horizon, how many curves reached it, epochs of the longest one), for every fit.
        seen: (trial id, scores so far, horizon), for every forecast.
    """

    def __init__(self, inner: Predictor) -> None:
        self.inner = inner
        self.name = f"spied {inner.name}"
        self.learns_from_every_step = inner.learns_from_every_step
        self.fits: list[tuple[int, int, int]] = []
        self.seen: list[tuple[int, tuple[float, ...], int]] = []

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:
        curves = history.reaching(horizon)
        self.fits.append((horizon, len(curves), max((curve.tau for _, curve in curves), default=0)))
        return _Spied(self, self.inner.fit(history, horizon=horizon, rng=rng), horizon)

    def curves_needed(self, horizon: int) -> int:
        return self.inner.curves_needed(horizon)


class _Spied(Forecaster):
    def __init__(self, spy: SpyPredictor, inner: Forecaster, horizon: int) -> None:
        self._spy = spy
        self._inner = inner
        self._horizon = horizon

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        self._spy.seen.append((trial.id, tuple(curve.scores.tolist()), self._horizon))
        return self._inner.forecast(trial, curve)


class NeverDropRule(StoppingRule):
    """Keeps every arm, whatever its forecast says."""

    keep = 1

    def settings(self) -> Mapping[str, Any]:
        return {}

    def judge(self, forecast: Forecast, *, bar: float) -> Verdict:
        return Keep("this rule never drops an arm")


def play(
    scheduler: Scheduler,
    score_of: Callable[[int, int], float | None],
    *,
    workers: int = 1,
    before_event: Callable[[Measured | Failed], None] | None = None,
) -> list[Job]:
    """Drive a scheduler to its end, without objective, clock or journal; epochs all take equally long.

    Args:
        scheduler: an unused one.
        score_of: the score (larger is better) of a trial id after an epoch; None fails the arm there.
        workers: how many arms train at a time.
        before_event: called with every event before the scheduler is told of it.

    Returns:
        The jobs, in the order in which they started.

    Raises:
        AssertionError: the scheduler waits although no arm is running, or hands out more jobs than arms and
            horizons allow.

    Example:
        >>> from bandits import SuccessiveHalving
        >>> [(job.trial_id, job.stop) for job in play(SuccessiveHalving(max_epochs=3), lambda trial, _: trial)]
        [(0, 1), (1, 1), (2, 1), (2, 3)]
    """
    jobs: list[Job] = []
    running: deque[tuple[Job, int]] = deque()
    step: Job | Wait | Done = Wait()
    most = scheduler.total_trials * len(scheduler.horizons)
    while True:
        while len(running) < workers:
            step = scheduler.ask()
            if not isinstance(step, Job):
                break
            jobs.append(step)
            running.append((step, step.start))
            assert len(jobs) <= most, f"a run must have at most {most} jobs"
        if not running:
            assert isinstance(step, Done), "a scheduler must not wait while no arm is running"
            return jobs
        job, epoch = running.popleft()
        epoch += 1
        score = score_of(job.trial_id, epoch)
        trial = Trial(job.trial_id)
        event = Failed(trial, "told to fail") if score is None else Measured(trial, epoch, score)
        if before_event is not None:
            before_event(event)
        verdict = scheduler.tell(event)
        if score is not None and epoch < job.stop and not isinstance(verdict, Drop):
            running.append((job, epoch))


def ramps(arms: int, epochs: int, *, key: str = "ramps") -> list[tuple[Trial, Curve]]:
    """Curves that rise towards limits of their own, with a little noise: easy to forecast, no two alike.

    Args:
        arms: how many.
        epochs: how many epochs each curve has.
        key: names the random numbers; another key gives other curves.

    Returns:
        Pairs of a trial, whose features are its limit and its pace, and its curve; scores lie in (0, 1).
    """
    rng = rng_for(0, key)
    pairs = []
    for i in range(arms):
        limit, pace = rng.uniform(0.3, 0.9), rng.uniform(0.3, 1.0)
        scores = limit * (1 - np.exp(-pace * np.arange(1, epochs + 1))) + rng.normal(0, 0.005, epochs)
        pairs.append((Trial(i, {}, {"limit": limit, "pace": pace}), Curve(scores)))
    return pairs
