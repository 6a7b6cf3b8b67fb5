"""Every built-in scheduler keeps the contract of schedulers."""

from typing import Any

import pytest

from bandits import registry
from bandits.schedulers import ASHA, Hyperband, RandomSearch, Scheduler, SuccessiveHalving
from bandits.testing import SchedulerContract

MACHINES: dict[str, tuple[type[Scheduler], dict[str, Any]]] = {
    "random search": (RandomSearch, {"trials": 7, "max_epochs": 4, "burn_in": 3}),
    "random search of one": (RandomSearch, {"trials": 1, "max_epochs": 1}),
    "halving": (SuccessiveHalving, {"max_epochs": 9}),
    "halving, odd sizes": (SuccessiveHalving, {"max_epochs": 11, "eta": 2, "trials": 13, "kappa": 0.7}),
    "halving of one": (SuccessiveHalving, {"max_epochs": 1, "trials": 1}),
    "hyperband": (Hyperband, {"max_epochs": 9}),
    "hyperband, Table 1": (Hyperband, {"max_epochs": 9, "sizes": "floor", "loops": 2}),
    "hyperband, odd sizes": (Hyperband, {"max_epochs": 7, "eta": 2, "kappa": 0.5}),
    "hyperband of one": (Hyperband, {"max_epochs": 1}),
    "asha, promotion": (ASHA, {"max_epochs": 9}),
    "asha, promotion, odd sizes": (ASHA, {"max_epochs": 13, "eta": 2, "trials": 17, "min_epochs": 2}),
    "asha, stopping": (ASHA, {"max_epochs": 9, "form": "stopping"}),
    "asha, stopping, odd sizes": (ASHA, {"max_epochs": 13, "eta": 2, "trials": 17, "form": "stopping"}),
    "asha of one": (ASHA, {"max_epochs": 1}),
}


class TestSchedulers(SchedulerContract):
    @pytest.fixture(params=MACHINES.values(), ids=MACHINES)
    def scheduler(self, request: pytest.FixtureRequest) -> Scheduler:
        """An unused scheduler of every kind, in ordinary and in odd sizes."""
        kind, settings = request.param
        return kind(**settings)


def test_every_algorithm_is_here() -> None:
    """Whatever the registry lists is among the machines above."""
    tested = {kind for kind, _ in MACHINES.values()}
    loaded = (registry.load("algorithms", name) for name in registry.names("algorithms"))

    assert {getattr(algorithm, "func", algorithm) for algorithm in loaded} <= tested
