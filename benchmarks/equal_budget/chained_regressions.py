"""Forecasts by a chain of small regressions: one for each step from a check epoch to the next.

Every arm that took a step teaches it, whatever became of it later, so no complete curve is needed. Under the scheduler
of freeze-thaw, it is compared with the default predictor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from bandits.causes import Cause
from bandits.curves import Curve, History, Trial
from bandits.forecasts import Abstain, Forecast
from bandits.predictors.base import Forecaster, Predictor
from bandits.predictors.curve_process.inputs import UnitCube
from bandits.predictors.curve_process.scales import Scale, kinds_for
from bandits.rng import rng_for
from bandits.schedulers.freeze_thaw.stretches import Stretches
from benchmarks.equal_budget.chain_step import LEAST, STATE, Step, states

__all__ = ["ChainedRegressions"]

Floats = NDArray[np.float64]
_WAVES = 24  # random Fourier features of a Gaussian kernel
_MEMBERS = 3  # the best of them are mixed
_COUNTED = 20  # arms of a step, at most, that count as evidence: late steps, which few arms took, count too
_LEVELS = (np.arange(41) + 0.5) / 41


def designs(places: Floats) -> list[Floats]:
    """Of features in the unit cube `[n, p]`: none; themselves; squares as well; waves, for a smooth function."""
    z = 12**0.5 * (places - 0.5)
    if not z.shape[1]:
        return [z]
    rng = rng_for(0, "waves")
    directions = 1.5 * rng.standard_normal((z.shape[1], _WAVES)) / z.shape[1] ** 0.5
    waves = np.cos(z @ directions + rng.uniform(0, 2 * np.pi, _WAVES))
    return [z[:, :0], z, np.hstack([z, z**2]), np.hstack([z, waves])]


class Member:
    """A scale of scores and a design of features, with its steps.

    Args:
        scale: on which steps may be alike.
        design: which of the designs.
        features: `[n, p]` that design of the arms that teach.
        scores: `[n, K]` of these at the check epochs; NaN where they have not been.

    Attributes:
        evidence: log density of each arm's next score given the others, means over arms, summed over the steps.
    """

    def __init__(self, scale: Scale, design: int, features: Floats, scores: Floats) -> None:
        self.scale, self.design, self.evidence = scale, design, 0.0
        self._steps: list[Step | float] = []  # a number is the error of a step that too few have taken
        values, error = scale.to_bounded(scores), 0.5
        for k, took in enumerate(np.isfinite(scores[:, 1:]).T):
            if took.sum() < LEAST:
                self._steps.append(error)
                continue
            inputs = np.hstack([states(values[took], k), features[took]])
            step, densities = Step.learn(inputs, values[took, k + 1] - values[took, k], error)
            densities = densities + scale.log_slope(scores[took, k + 1])
            self.evidence += float(densities.mean()) * min(step.arms, _COUNTED)
            error = (error + step.error) / 2
            self._steps.append(step)

    def ends(self, features: Floats, scores: Floats) -> Floats:
        """Equally likely ends `[n, 41]` of arms with scores `[n, k + 1]` at check epochs: the steps, chained."""
        first = scores.shape[1] - 1
        state, covariance = states(self.scale.to_bounded(scores), first), np.zeros((len(scores), STATE, STATE))
        for step in self._steps[first:]:
            if isinstance(step, float):
                change, slopes, variance = np.zeros(len(state)), np.zeros(STATE), np.full(len(state), step**2)
            else:
                change, slopes, variance = step.ahead(np.hstack([state, features]))
            carry = np.array([slopes + [1, 0, 0], slopes, [0, 1, 0]])
            covariance = carry @ covariance @ carry.T
            covariance[:, :2, :2] += variance[:, None, None]
            state = np.column_stack([state[:, 0] + change, change, state[:, 1]])
        return self.scale.to_scores(state[:, :1] + np.sqrt(covariance[:, :1, 0]) * ndtri(_LEVELS))


@dataclass(frozen=True)
class ChainedRegressions(Predictor):
    """Members of several scales and designs, weighted by their evidence."""

    name = "ChainedRegressions"
    learns_from_every_step = True

    def fit(self, history: History, *, horizon: int, rng: np.random.Generator) -> Forecaster:  # noqa: ARG002
        """See `Predictor.fit`. Nothing is drawn from `rng`."""
        return _Chains(
            [(trial, history.curve(trial.id)) for trial, _ in history.reaching(1)], Stretches(horizon).epochs
        )

    def curves_needed(self, horizon: int) -> int:  # noqa: ARG002 - none
        """See `Predictor.curves_needed`: 0, since no curve need be complete."""
        return 0


class _Chains(Forecaster):
    def __init__(self, arms: Sequence[tuple[Trial, Curve]], epochs: tuple[int, ...]) -> None:
        trials = [trial for trial, _ in arms]
        self._epochs, self._cube = epochs, UnitCube.learn(trials)
        scores = np.full((len(arms), len(epochs)), np.nan)
        for row, (_, curve) in zip(scores, arms, strict=True):
            row[: self._passed(curve)] = self._scores(curve)
        known = scores[np.isfinite(scores)]
        scales = [Scale.learn(kind, known) for kind in kinds_for(known)] if len(arms) >= LEAST else []
        shown = designs(self._cube.places(trials))
        members = [Member(scale, d, features, scores) for scale in scales for d, features in enumerate(shown)]
        self._members = sorted(members, key=lambda member: -member.evidence)[:_MEMBERS]
        evidences = np.array([member.evidence for member in self._members])
        self._weights = np.exp(evidences - evidences.max(initial=-np.inf))

    def _passed(self, curve: Curve) -> int:
        return sum(epoch <= curve.tau for epoch in self._epochs)

    def _scores(self, curve: Curve) -> list[float]:
        return [float(curve.scores[epoch - 1]) for epoch in self._epochs[: self._passed(curve)]]

    def forecast(self, trial: Trial, curve: Curve) -> Forecast | Abstain:
        """See `Forecaster.forecast`."""
        return self.forecast_many([(trial, curve)])[0]

    def forecast_many(self, arms: Sequence[tuple[Trial, Curve]]) -> list[Forecast | Abstain]:
        """See `Forecaster.forecast_many`; it abstains for arms without an epoch."""
        unknown = Abstain("no chain leads from here to the horizon", Cause.TOO_FEW_CURVES)
        answers: list[Forecast | Abstain] = [unknown] * len(arms)
        passed = np.array([self._passed(curve) for _, curve in arms])
        shown = designs(self._cube.places([trial for trial, _ in arms]))
        for count in set(passed.tolist()) - {0, len(self._epochs)} if self._members else ():
            at = np.flatnonzero(passed == count).tolist()
            scores = np.array([self._scores(arms[i][1]) for i in at])
            ends = np.stack([member.ends(shown[member.design][at], scores) for member in self._members])
            for i, own in zip(at, ends.transpose(1, 0, 2), strict=True):
                answers[i] = self._mixed(own)
        return answers

    def _mixed(self, ends: Floats) -> Forecast:
        """The members' equally likely ends `[members, 41]` as one forecast, by their weights."""
        order = np.argsort(ends, axis=None, kind="stable")
        weights = np.repeat(self._weights / self._weights.sum(), ends.shape[1])[order] / ends.shape[1]
        samples = np.interp(_LEVELS, np.cumsum(weights) - weights / 2, ends.ravel()[order]).tolist()
        error = (samples[-1 - len(samples) // 6] - samples[len(samples) // 6]) / 2
        return Forecast(samples[len(samples) // 2], error, self._epochs[-1], samples=tuple(samples))
