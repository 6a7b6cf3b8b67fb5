"""How the pruners of Optuna studies are built for a case."""

from __future__ import annotations

from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, SuccessiveHalvingPruner

from bandits.integrations.optuna import PredictivePruner
from bandits.predictors import SRM
from benchmarks.equal_budget.case import Case
from benchmarks.equal_budget.schedulers import ETA

__all__ = ["halving", "hyperband", "median", "srm"]


def srm(case: Case) -> BasePruner:
    """Ours, as it comes: the promise is a risk."""
    return PredictivePruner(SRM(), max_epochs=case.table.max_epochs, seed=case.order)


def hyperband(case: Case) -> BasePruner:
    """Optuna's, with the rungs of the other sides."""
    return HyperbandPruner(1, case.table.max_epochs, ETA)


def halving(case: Case) -> BasePruner:  # noqa: ARG001 - as the others
    """Likewise."""
    return SuccessiveHalvingPruner(1, ETA)


def median(case: Case) -> BasePruner:  # noqa: ARG001 - likewise
    """Optuna's, as it comes."""
    return MedianPruner()
