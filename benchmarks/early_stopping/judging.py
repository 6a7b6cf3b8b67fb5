"""Forecasts of all arms at all check epochs, and every rule at every level on them, a bar at a time.

The rules' own `judge` takes one forecast; here the same arithmetic runs over arrays. `check` holds the two against each
other on a sample of every replay.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Curve, Trial
from bandits.forecasts import ErrorShape, Forecast, Link
from bandits.predictors import Forecaster
from bandits.stopping import ProbabilityRule, StoppingRule
from bandits.stopping.calibration_set import CalibrationSet, Scale
from bandits.stopping.risk_control import RiskControlledRule, Threshold
from bandits.verdicts import Drop, Keep
from benchmarks.early_stopping.replaying import DroppedAt, Floats, Ints, first_epochs

__all__ = ["Forecasts", "RiskJudge", "check", "constant", "probability"]

_CHECKED = 8  # forecasts of a replay that are judged a second time


@dataclass(frozen=True)
class Forecasts:
    """What was forecast for each arm at each check epoch.

    Args:
        epochs: `[K]` ascending.
        means, stds: `[n, K]` on the link's scale, NaN without a forecast.
        link: the scale.
        answers: `[K]` lists of the n forecasts; None without one.
    """

    epochs: Ints
    means: Floats
    stds: Floats
    link: Link
    answers: Sequence[Sequence[Forecast | None]]

    @classmethod
    def make(
        cls,
        forecaster: Forecaster,
        arms: Sequence[tuple[Trial, NDArray[np.float64]]],
        lengths: Ints,
        epochs: Sequence[int],
        skip: int,
    ) -> Forecasts:
        """Ask for every arm but the first `skip`, at every check epoch that it comes to."""
        n = len(arms)
        means, stds = np.full((n, len(epochs)), np.nan), np.full((n, len(epochs)), np.nan)
        answers: list[list[Forecast | None]] = []
        link = Link.IDENTITY
        for column, tau in enumerate(epochs):
            asked = [arm for arm in range(skip, n) if lengths[arm] >= tau]
            told = forecaster.forecast_many([(arms[arm][0], Curve(arms[arm][1][:tau])) for arm in asked])
            own: list[Forecast | None] = [None] * n
            for arm, answer in zip(asked, told, strict=True):
                if isinstance(answer, Forecast):
                    own[arm], link = answer, answer.link
                    means[arm, column] = link.apply(answer.mean)
                    stds[arm, column] = answer.std * link.slope(answer.mean)
            answers.append(own)
        return cls(np.array(epochs, dtype=np.int64), means, stds, link, answers)

    def of(self, chosen: Ints) -> Forecasts:
        """The same, of some arms or of arms in another order."""
        answers = [[own[arm] for arm in chosen.tolist()] for own in self.answers]
        return Forecasts(self.epochs, self.means[chosen], self.stds[chosen], self.link, answers)


def constant(forecasts: Forecasts, c: float) -> DroppedAt:
    """Drop where the forecast lies more than `c` standard deviations below the bar."""
    critical = forecasts.means + c * forecasts.stds
    return lambda bar: first_epochs(forecasts.epochs, forecasts.link.apply(bar) > critical)


def probability(forecasts: Forecasts, confidence: float) -> DroppedAt:
    """`ProbabilityRule`: the least bar at which each forecast drops its arm, once for all bars."""
    quantiles: dict[int, float] = {}

    def quantile(shape: ErrorShape) -> float:
        if id(shape) not in quantiles:
            quantiles[id(shape)] = shape.quantile(confidence)
        return quantiles[id(shape)]

    critical = np.full(forecasts.means.shape, np.nan)
    for column, own in enumerate(forecasts.answers):
        for arm, forecast in enumerate(own):
            if forecast is None:
                continue
            if forecast.samples is None:
                at = forecasts.means[arm, column] + forecasts.stds[arm, column] * quantile(forecast.shape)
            else:
                needed = math.ceil(confidence * len(forecast.samples) - 1e-9)
                at = forecast.link.apply(forecast.samples[needed - 1])
            critical[arm, column] = at
    return lambda bar: first_epochs(forecasts.epochs, forecasts.link.apply(bar) >= critical)


class RiskJudge:
    """`RiskControlledRule` at all levels: what the thresholds have in common is computed once for each bar.

    Args:
        forecasts: of all arms.
        record: what the rule learns from.
        keep: how many of the best arms it protects.
    """

    def __init__(self, forecasts: Forecasts, record: CalibrationSet, keep: int = 1) -> None:
        self.forecasts, self.record, self.keep = forecasts, record, keep
        self._lines: list[Mapping[int, Threshold]] = []
        self._shares: dict[tuple[int, float], Floats] = {}

    def at(self, risk: float) -> tuple[DroppedAt, Mapping[int, StoppingRule] | Keep]:
        """When arms are dropped at this risk, and what the rule has learnt there."""
        learnt = RiskControlledRule(risk, keep=self.keep).learn(self.record)
        if isinstance(learnt, Keep):
            never = np.zeros(len(self.forecasts.means), dtype=np.int64)
            return (lambda bar: never), learnt  # noqa: ARG005 - at any bar
        thresholds = {epoch: rule for epoch, rule in learnt.items() if isinstance(rule, Threshold)}
        place = self._place(thresholds)
        epochs = self.forecasts.epochs
        return (lambda bar: first_epochs(epochs, self._share(place, bar) <= risk + 1e-12)), learnt

    def _errors(self, scale: Scale, column: int, end: float) -> Floats:
        """`[n]` by how many standard deviations forecasts fall short of an end, as `Scale.of_forecast` says."""
        forecasts = self.forecasts
        if scale.link is forecasts.link:
            return (end - forecasts.means[:, column]) / np.maximum(forecasts.stds[:, column], scale.least_std)
        said = forecasts.answers[column]  # folds of few curves chose another scale
        return np.array([math.nan if forecast is None else scale.of_forecast(forecast, end) for forecast in said])

    def _place(self, thresholds: Mapping[int, Threshold]) -> int:
        """Which of the thresholds met before these are, but for their risk; new ones are added."""
        for place, known in enumerate(self._lines):
            if known.keys() == thresholds.keys() and all(_alike(known[e], thresholds[e]) for e in known):
                return place
        self._lines.append(thresholds)
        return len(self._lines) - 1

    def _share(self, place: int, bar: float) -> Floats:
        """`[n, K]` P(an arm that ends at the bar looks as bad), NaN without a forecast or a threshold."""
        if (place, bar) not in self._shares:
            forecasts, shares = self.forecasts, np.full(self.forecasts.means.shape, np.nan)
            for column, epoch in enumerate(forecasts.epochs.tolist()):
                threshold = self._lines[place].get(epoch)
                if threshold is None:
                    continue
                lines, scale = threshold.lines, threshold.scale
                bar_end = min(scale.link.apply(bar) + threshold.tolerance, lines.reach)
                ways = [
                    lines.nonconformity(threshold.column, self._errors(scale, column, end), end)
                    for end in (bar_end, lines.reach)
                ]
                badness, n = np.minimum(*ways), len(lines.scores)
                share = (1 + n - np.searchsorted(lines.scores, badness, side="left")) / (n + 1)
                shares[:, column] = np.where(np.isnan(badness), np.nan, share)
            self._shares[place, bar] = shares
        return self._shares[place, bar]


def _alike(one: Threshold, other: Threshold) -> bool:
    """Whether two thresholds differ in nothing but their risk."""
    if (one.column, one.tolerance, one.scale) != (other.column, other.tolerance, other.scale):
        return False
    if one.lines is other.lines:
        return True
    names = [field.name for field in dataclasses.fields(one.lines)]
    return all(np.array_equal(getattr(one.lines, name), getattr(other.lines, name)) for name in names)


def check(
    forecasts: Forecasts,
    dropped_at: DroppedAt,
    rules: Mapping[int, StoppingRule] | Keep | ProbabilityRule,
    bars: Sequence[float],
    rng: np.random.Generator,
) -> None:
    """Hold a sample of arms against the rules' own verdicts, at some bars.

    Raises:
        ValueError: the two differ.
    """
    arms: Ints = np.flatnonzero(np.isfinite(forecasts.means).any(axis=1))
    for bar in bars:
        epochs: Ints = dropped_at(bar)
        for arm in rng.permutation(arms)[:_CHECKED].tolist():
            expected = _judged(forecasts, rules, arm, bar)
            if expected != epochs[arm]:
                raise ValueError(f"arm {arm} is dropped at {epochs[arm]} here, by the rule at {expected}; bar {bar!r}")


def _judged(
    forecasts: Forecasts, rules: Mapping[int, StoppingRule] | Keep | ProbabilityRule, arm: int, bar: float
) -> int:
    """The first epoch at which the rule itself drops an arm; 0 for never."""
    if isinstance(rules, Keep):
        return 0
    for column, epoch in enumerate(forecasts.epochs.tolist()):
        rule = rules if isinstance(rules, ProbabilityRule) else rules.get(epoch)
        forecast = forecasts.answers[column][arm]
        if rule is not None and forecast is not None and isinstance(rule.judge(forecast, bar=bar), Drop):
            return int(epoch)
    return 0
