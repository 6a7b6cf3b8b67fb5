"""Every built-in objective keeps the contract of objectives."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import optuna
import pytest

from bandits.curves import Metric
from bandits.objectives import CurveTable, FunctionObjective, Objective
from bandits.testing import ObjectiveContract, ReplayObjective
from bandits.testing.objective_wrappers import FailingObjective, NegatedObjective, NoisyObjective

SPACE: dict[str, optuna.distributions.BaseDistribution] = {
    "rate": optuna.distributions.FloatDistribution(1e-5, 1e-1, log=True),
    "layers": optuna.distributions.IntDistribution(1, 4),
    "optimizer": optuna.distributions.CategoricalDistribution(["sgd", "adam"]),
}


def train(config: dict, seed: int) -> Iterator[float]:
    """A training that depends on everything it is given."""
    rng = np.random.default_rng(seed)
    for epoch in range(1, 9):
        yield config["layers"] / epoch - math.log10(config["rate"]) + rng.normal(0, 0.1)


def function() -> FunctionObjective:
    """The training above as an objective."""
    return FunctionObjective(train, space=SPACE, metric=Metric("loss", "minimize"), max_epochs=8)


OBJECTIVES: dict[str, Callable[[], Objective]] = {
    "replay": lambda: ReplayObjective([[0.1, 0.2, 0.3, 0.4], [0.3, 0.2, 0.1, 0.0]]),
    "replay with a failure": lambda: ReplayObjective([[0.1, math.nan, math.nan]], goal="minimize", seconds=[2.0]),
    "replay of one epoch": lambda: ReplayObjective([[0.1]]),
    "shipped table": lambda: CurveTable("metaqnn_cifar10"),
    "table of arrays": lambda: CurveTable.from_arrays(
        np.linspace(0, 1, 40).reshape(8, 5),
        [{"lr": 0.1 * (i + 1), "depth": i} for i in range(8)],
        metric=Metric("accuracy", "maximize"),
    ),
    "function": function,
    "failing": lambda: FailingObjective(ReplayObjective([[0.5] * 4]), trials=[0], epoch=3, failure=math.nan),
    "negated": lambda: NegatedObjective(function()),
    "noisy": lambda: NoisyObjective(ReplayObjective([[0.5] * 4, [0.6] * 4]), std=0.1, seed=3),
}


class TestObjectives(ObjectiveContract):
    @pytest.fixture(params=OBJECTIVES.values(), ids=OBJECTIVES)
    def objective(self, request: pytest.FixtureRequest) -> Objective:
        """Every objective."""
        return request.param()
