"""Every built-in scheduler keeps the contract of schedulers."""

from typing import Any

import pytest

from bandits.config import registry
from bandits.schedulers import (
    ASHA,
    DEHB,
    PASHA,
    FreezeThaw,
    Hyperband,
    MedianRule,
    MetaQNN,
    RandomSearch,
    Scheduler,
    SuccessiveHalving,
    TopK,
)
from bandits.testing import SchedulerContract, play

MACHINES: dict[str, tuple[type[Scheduler], dict[str, Any]]] = {
    "random search": (RandomSearch, {"trials": 7, "max_epochs": 4, "burn_in": 3}),
    "random search of one": (RandomSearch, {"trials": 1, "max_epochs": 1}),
    "halving": (SuccessiveHalving, {"max_epochs": 9}),
    "halving, odd sizes": (SuccessiveHalving, {"max_epochs": 11, "eta": 2, "trials": 13, "kappa": 0.7}),
    "halving of one": (SuccessiveHalving, {"max_epochs": 1, "trials": 1}),
    "hyperband": (Hyperband, {"max_epochs": 9}),
    "hyperband, Table 1": (Hyperband, {"max_epochs": 9, "sizes": "floor", "loops": 2}),
    "hyperband, odd sizes": (Hyperband, {"max_epochs": 7, "eta": 2, "kappa": 0.5}),
    "hyperband, looking ahead": (Hyperband, {"max_epochs": 9, "loops": 2, "look_ahead": True}),
    "hyperband of one": (Hyperband, {"max_epochs": 1}),
    "dehb": (DEHB, {"max_epochs": 9, "loops": 2}),
    "dehb, odd sizes": (DEHB, {"max_epochs": 7, "eta": 2, "loops": 3}),
    "dehb of one": (DEHB, {"max_epochs": 1}),
    "asha, promotion": (ASHA, {"max_epochs": 9}),
    "asha, promotion, odd sizes": (ASHA, {"max_epochs": 13, "eta": 2, "trials": 17, "min_epochs": 2}),
    "asha, stopping": (ASHA, {"max_epochs": 9, "form": "stopping"}),
    "asha, stopping, odd sizes": (ASHA, {"max_epochs": 13, "eta": 2, "trials": 17, "form": "stopping"}),
    "asha of one": (ASHA, {"max_epochs": 1}),
    "pasha": (PASHA, {"max_epochs": 9, "trials": 20}),
    "pasha, odd sizes": (PASHA, {"max_epochs": 13, "eta": 2, "trials": 17, "min_epochs": 2, "percentile": 50}),
    "pasha of one": (PASHA, {"max_epochs": 1}),
    "median": (MedianRule, {"trials": 17, "max_epochs": 9}),
    "median, odd sizes": (
        MedianRule,
        {"trials": 13, "max_epochs": 7, "burn_in": 6, "warm_up": 2, "min_arms": 2, "interval": 3},
    ),
    "metaqnn": (MetaQNN, {"trials": 17, "max_epochs": 9, "burn_in": 5}),
    "halving, three loops": (SuccessiveHalving, {"max_epochs": 4, "eta": 2, "loops": 3}),
    "top-k, two loops": (TopK, {"trials": 5, "max_epochs": 7, "loops": 2}),
    "median of one": (MedianRule, {"trials": 1, "max_epochs": 1}),
    "top-k": (TopK, {"trials": 9, "max_epochs": 7}),
    "top-k, odd sizes": (TopK, {"trials": 2, "max_epochs": 7, "k": 5, "first_epochs": 3}),
    "top-k of one rung": (TopK, {"trials": 4, "max_epochs": 2, "first_epochs": 2}),
}


class TestSchedulers(SchedulerContract):
    @pytest.fixture(params=MACHINES.values(), ids=MACHINES)
    def scheduler(self, request: pytest.FixtureRequest) -> Scheduler:
        """An unused scheduler of every kind, in ordinary and in odd sizes."""
        kind, settings = request.param
        return kind(**settings)


FREEZE_THAW: dict[str, dict[str, Any]] = {
    "a few trainings": {"max_epochs": 9, "budget": 4},
    "a few configurations": {"max_epochs": 9, "budget": 4, "trials": 7},
    "epochs": {"max_epochs": 7, "budget": "40epochs", "switch_cost": 2},
    "one training": {"max_epochs": 5, "budget": 1},
    "one configuration": {"max_epochs": 9, "budget": 3, "trials": 1},
    "one epoch": {"max_epochs": 1, "budget": 5},
}


class TestFreezeThaw(SchedulerContract):
    @pytest.fixture(params=FREEZE_THAW.values(), ids=FREEZE_THAW)
    def scheduler(self, request: pytest.FixtureRequest) -> Scheduler:
        """An unused machine; the budget says how many arms there are, not a plan."""
        return FreezeThaw(**request.param)

    def test_keeps_its_promises(self, scheduler: Scheduler) -> None:
        """It tries at most `total_trials` arms, with ids from 0, and spends no more than its budget."""
        assert isinstance(scheduler, FreezeThaw)
        jobs = play(scheduler, self._score)

        assert set(scheduler.arms) == set(range(len(scheduler.arms)))
        assert 1 <= len(scheduler.arms) <= scheduler.total_trials
        assert sum(job.stop - job.start for job in jobs) <= scheduler.budget.epochs(scheduler.max_epochs)


def test_every_algorithm_is_here() -> None:
    """Whatever the registry lists is among the machines above."""
    tested = {kind for kind, _ in MACHINES.values()} | {FreezeThaw}
    loaded = (registry.load("algorithms", name) for name in registry.names("algorithms"))

    assert {getattr(algorithm, "func", algorithm) for algorithm in loaded} <= tested
