"""Objectives that wrap another one: they fail, negate or add noise, for tests of runs, schedulers and predictors."""

from __future__ import annotations

from abc import ABC
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from bandits.curves import Goal, Metric, Trial
from bandits.errors.checks import check_number, check_whole
from bandits.objectives.base import Measurement, Objective
from bandits.rng import rng_for
from bandits.samplers.base import Projection, Sampler

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

    from bandits.search_space import Encoder

__all__ = ["FailingObjective", "NegatedObjective", "NoisyObjective"]


class _Wrapped(Objective, ABC):
    """Passes everything on to another objective."""

    def __init__(self, inner: Objective) -> None:
        self.inner = inner
        self.name = inner.name
        self.metric = inner.metric
        self.max_epochs = inner.max_epochs
        self.virtual_time = inner.virtual_time

    def sampler(self, seed: int) -> Sampler:
        return self.inner.sampler(seed)

    @property
    def space(self) -> Mapping[str, BaseDistribution] | None:  # type: ignore[override]
        return self.inner.space

    @property
    def encoder(self) -> Encoder | None:  # type: ignore[override]
        return self.inner.encoder

    def declared_space(self) -> Mapping[str, BaseDistribution]:
        return self.inner.declared_space()

    def projection(self) -> Projection | None:
        return self.inner.projection()

    def features(self, config: Mapping[str, object]) -> Mapping[str, float]:
        return self.inner.features(config)

    def release(self, trial: Trial) -> None:
        self.inner.release(trial)


class FailingObjective(_Wrapped):
    """Fails chosen trials at one epoch, by an exception or by a bad value.

    Args:
        inner: what trains.
        trials: ids of the trials that fail.
        epoch: at which they fail, >= 1.
        failure: an exception, which is raised, or a value, which is given instead of the measured one (NaN, None).
    """

    def __init__(self, inner: Objective, *, trials: Collection[int], epoch: int, failure: object) -> None:
        super().__init__(inner)
        self._trials = frozenset(trials)
        self._epoch = check_whole("epoch", epoch, 1)
        self._failure = failure

    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        """Train; the chosen trials fail at the chosen epoch."""
        for measurement in self.inner.train(trial, start, stop):
            if measurement.epoch != self._epoch or trial.id not in self._trials:
                yield measurement
            elif isinstance(self._failure, Exception):
                raise self._failure
            else:
                yield Measurement(measurement.epoch, self._failure, measurement.seconds)  # type: ignore[arg-type]

    def best_possible(self, epochs: tuple[int, ...]) -> float | None:
        """The inner objective's best value; failures do not change it."""
        return self.inner.best_possible(epochs)


class NegatedObjective(_Wrapped):
    """The same trainings with every value negated and the goal swapped: every score is the same.

    Args:
        inner: what trains.
    """

    def __init__(self, inner: Objective) -> None:
        super().__init__(inner)
        goal: Goal = "minimize" if inner.metric.goal == "maximize" else "maximize"
        self.metric = Metric(f"negated {inner.metric.name}", goal, inner.metric.unit)

    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        """Train, with values negated."""
        for measurement in self.inner.train(trial, start, stop):
            yield Measurement(measurement.epoch, -measurement.value, measurement.seconds)

    def best_possible(self, epochs: tuple[int, ...]) -> float | None:
        """The inner objective's best value, negated."""
        best = self.inner.best_possible(epochs)
        return None if best is None else -best


class NoisyObjective(_Wrapped):
    """Adds Gaussian noise to every value; the same noise for the same seed, trial and epoch.

    Args:
        inner: what trains.
        std: standard deviation of the noise, in units of the metric, >= 0.
        seed: seed of the noise, >= 0.
    """

    def __init__(self, inner: Objective, *, std: float, seed: int = 0) -> None:
        super().__init__(inner)
        self._std = check_number("std", std, least=0)
        self._seed = check_whole("seed", seed, 0)

    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        """Train, with noise."""
        for measurement in self.inner.train(trial, start, stop):
            noise = rng_for(self._seed, "noise", trial.id, measurement.epoch).normal(0.0, self._std)
            yield Measurement(measurement.epoch, measurement.value + noise, measurement.seconds)
