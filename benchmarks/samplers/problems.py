"""What is searched: the shipped tables whose rows have three parameters at least, and learning curves by formula."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from bandits.curves import Metric
from bandits.objectives import CurveTable, FunctionObjective
from bandits.objectives.base import Objective
from bandits.rng import rng_for
from bandits.samplers import RandomSampler

__all__ = ["FORMULAS", "TABLES", "Problem", "problem_of"]

TABLES = (
    "cnn_digits",
    "deep_resnets_tinyimagenet",
    "lstm_shakespeare",
    "metaqnn_cifar10",
    "nas_bench_nlp_wikitext2",
)
R = 50  # epochs of a formula
NOISE = 0.005  # standard deviation of every value of a formula, of a range of about 1
YARDSTICK = 1001  # random configurations, whose median has regret 100 %

Config = Mapping[str, Any]


@dataclass(frozen=True)
class Problem:
    """An objective, and what its configurations are worth in truth.

    Args:
        objective: what trains.
        end: the score of a configuration at the last epoch, without noise; NaN where it has none.
        best, median: of all configurations.
        most: how many different configurations there are; None for as many as one likes.
    """

    objective: Objective
    end: Callable[[Config], float]
    best: float
    median: float
    most: int | None

    def regret(self, end: float) -> float:
        """In % of the way from the best configuration to a median one; all beyond, and no configuration, is 100."""
        share = 100 * (self.best - end) / (self.best - self.median)
        return min(share, 100.0) if math.isfinite(share) else 100.0


def problem_of(name: str, seed: int) -> Problem:
    """A table, or a formula whose optimum the seed places."""
    if name in TABLES:
        table = CurveTable(name)
        ends = table.scores[:, -1]
        return Problem(
            table,
            lambda config: float(ends[config["row"]]),
            float(np.nanmax(ends)),
            float(np.nanmedian(ends)),
            len(table),
        )
    formula = FORMULAS[name](seed)

    def train(config: Config, seed: int) -> list[float]:
        noise = rng_for(seed, "noise").normal(0.0, NOISE, R)
        values: list[float] = (formula.curve(config) + noise).tolist()
        return values

    def end(config: Config) -> float:
        return float(formula.curve(config)[-1])

    metric = Metric("accuracy", "maximize")
    objective = FunctionObjective(train, space=formula.space, metric=metric, max_epochs=R, name=name, clock=lambda: 0.0)
    sampler = RandomSampler(formula.space, 0)
    median = float(np.median([end(sampler.propose(trial_id)) for trial_id in range(YARDSTICK)]))
    return Problem(objective, end, formula.best, median, None)


class Formula:
    """Curves over a space; the best configuration ends at `best`.

    Args:
        seed: places the optimum.
    """

    space: ClassVar[Mapping[str, BaseDistribution]]
    best = 1.0
    epochs = np.arange(1, R + 1)

    def __init__(self, seed: int) -> None:
        self.optimum = rng_for(seed, type(self).__name__).uniform(0.2, 0.8, len(self.space))

    def curve(self, config: Config) -> NDArray[np.float64]:
        raise NotImplementedError

    def place(self, config: Config) -> NDArray[np.float64]:
        """Where each parameter lies in its range, 0 to 1; choices in their order."""
        return np.array([_unit(config[name], distribution) for name, distribution in self.space.items()])


class Training(Formula):
    """Five hyperparameters of a training: a bowl in which learning rate and batch size go together.

    Low learning rates are slow, so early epochs favour larger ones than the end does.
    """

    space: ClassVar[Mapping[str, BaseDistribution]] = {
        "lr": FloatDistribution(1e-5, 1.0, log=True),
        "weight_decay": FloatDistribution(1e-6, 1e-1, log=True),
        "dropout": FloatDistribution(0.0, 0.8),
        "units": IntDistribution(16, 1024, log=True),
        "batch": CategoricalDistribution((16, 32, 64, 128, 256)),
    }

    def curve(self, config: Config) -> NDArray[np.float64]:
        lr, decay, dropout, units, batch = self.place(config) - self.optimum
        bowl = 4 * (lr - 0.4 * batch) ** 2 + 0.5 * decay**2 + dropout**2 + 0.7 * units**2 + 0.3 * batch**2
        slowness = 15 * 0.1 ** self.place(config)[0]
        start = 1 - np.exp(-self.epochs / slowness)
        return np.asarray(np.exp(-bowl) * start / start[-1])


class Hartmann(Formula):
    """Hartmann's function of six numbers, with several peaks; all curves have the same shape."""

    space: ClassVar[Mapping[str, BaseDistribution]] = {f"x{i}": FloatDistribution(0.0, 1.0) for i in range(6)}
    _ALPHA = np.array([1.0, 1.2, 3.0, 3.2])
    _A = np.array(
        [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
    )
    _P = 1e-4 * np.array(
        [
            [1312, 1696, 5569, 124, 8283, 5886],
            [2329, 4135, 8307, 3736, 1004, 9991],
            [2348, 1451, 3522, 2883, 3047, 6650],
            [4047, 8828, 8732, 5743, 1091, 381],
        ]
    )
    _MAXIMUM = 3.32237

    def __init__(self, seed: int) -> None:
        self.order = rng_for(seed, "Hartmann").permutation(6)

    def curve(self, config: Config) -> NDArray[np.float64]:
        x = self.place(config)[self.order]
        value = float(self._ALPHA @ np.exp(-(self._A * (x - self._P) ** 2).sum(axis=1))) / self._MAXIMUM
        start = 1 - 1 / (1 + self.epochs / 5)
        return np.asarray(value * start / start[-1])


class Crossing(Formula):
    """Four numbers: the better a configuration ends, the later it gets there, so early epochs mislead."""

    space: ClassVar[Mapping[str, BaseDistribution]] = {f"x{i}": FloatDistribution(0.0, 1.0) for i in range(4)}

    def curve(self, config: Config) -> NDArray[np.float64]:
        worth = math.exp(-3 * float(((self.place(config) - self.optimum) ** 2).sum()))
        slowness = 1.0 + 11.0 * worth**2
        start = 1 - np.exp(-self.epochs / slowness)
        return np.asarray((0.3 + 0.7 * worth) * start / start[-1])


def _unit(value: Any, distribution: Any) -> float:
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices.index(value) / (len(distribution.choices) - 1)
    low, high = distribution.low, distribution.high
    if distribution.log:
        value, low, high = math.log(value), math.log(low), math.log(high)
    return float((value - low) / (high - low))


FORMULAS: Mapping[str, Callable[[int], Formula]] = {"training": Training, "hartmann": Hartmann, "crossing": Crossing}
"""By name."""
