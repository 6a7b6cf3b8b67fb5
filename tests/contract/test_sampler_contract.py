"""Every built-in sampler keeps the contract of samplers."""

from collections.abc import Callable

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from bandits.architectures import Grammar
from bandits.objectives import CurveTable
from bandits.samplers import (
    ArchitectureSampler,
    DifferentialEvolution,
    EpsilonSchedule,
    QLearning,
    RandomSampler,
    Sampler,
    TableSampler,
)
from bandits.samplers.optuna import OptunaSampler
from bandits.testing import SamplerContract

SPACE = {
    "lr": FloatDistribution(1e-4, 1.0, log=True),
    "units": IntDistribution(8, 512, log=True),
    "optimizer": CategoricalDistribution(["sgd", "adam"]),
}
GRAMMAR = Grammar.for_images(8, 1, 10)
TABLE = CurveTable("lstm_ptb")

SAMPLERS: dict[str, Callable[[int], Sampler]] = {
    "random": lambda seed: RandomSampler(SPACE, seed),
    "rows": lambda seed: TableSampler(TABLE.configs, seed),
    "nets": lambda seed: ArchitectureSampler(GRAMMAR, {"lr": FloatDistribution(1e-4, 1.0)}, seed),
    "q-learning": lambda seed: QLearning(GRAMMAR, epsilon=EpsilonSchedule.scaled(12), seed=seed),
    "evolution": lambda seed: DifferentialEvolution(SPACE, seed=seed),
    "evolution, rows": lambda seed: DifferentialEvolution(TABLE.space, seed=seed, project=TABLE.projection()),
    "tpe": lambda seed: OptunaSampler("tpe", SPACE, seed=seed, min_arms=4),
    "tpe, rows": lambda seed: OptunaSampler("tpe", TABLE.space, seed=seed, min_arms=4, project=TABLE.projection()),
    "cmaes": lambda seed: OptunaSampler("cmaes", SPACE, seed=seed, dropped="measured"),
    "qmc": lambda seed: OptunaSampler("qmc", SPACE, seed=seed, dropped="nothing"),
    "nsgaii": lambda seed: OptunaSampler("nsgaii", SPACE, seed=seed),
}


@pytest.mark.parametrize("make", SAMPLERS.values(), ids=SAMPLERS.keys())
class TestSamplers(SamplerContract):
    """Every built-in sampler keeps the contract of samplers."""
