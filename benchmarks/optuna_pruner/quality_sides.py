"""Who prunes: each pruner of Optuna and ours as they come, built for T epochs, a seed and a budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from optuna.pruners import (
    BasePruner,
    HyperbandPruner,
    MedianPruner,
    NopPruner,
    SuccessiveHalvingPruner,
)

from bandits.integrations.optuna import PredictivePruner
from bandits.predictors import SRM, LastSeenValue
from bandits.stopping import EconomicRule
from benchmarks.optuna_pruner.quick_wilcoxon import QuickWilcoxonPruner

__all__ = ["DEFAULT", "KNOW_BUDGET", "NAMES", "OURS", "SIDES"]

OURS = "srm"
ETA = 3
CONFIDENCE = 0.95
FEWEST = 10  # curves that the last value needs: as many as SRM


def _hyperband(T: int) -> HyperbandPruner:
    return HyperbandPruner(min_resource=1, max_resource=T, reduction_factor=ETA)


SIDES: Mapping[str, Callable[[int, int, int], BasePruner]] = {
    "none": lambda T, seed, budget: NopPruner(),  # noqa: ARG005 - as the others
    "hyperband": lambda T, seed, budget: _hyperband(T),  # noqa: ARG005
    "halving": lambda T, seed, budget: SuccessiveHalvingPruner(),  # noqa: ARG005
    "median": lambda T, seed, budget: MedianPruner(),  # noqa: ARG005
    "wilcoxon": lambda T, seed, budget: QuickWilcoxonPruner(),  # noqa: ARG005
    "srm": lambda T, seed, budget: PredictivePruner(SRM(), max_epochs=T, seed=seed),  # noqa: ARG005
    "srm-0.95": lambda T, seed, budget: PredictivePruner(SRM(), max_epochs=T, confidence=CONFIDENCE, seed=seed),  # noqa: ARG005
    "economic": lambda T, seed, budget: PredictivePruner(rule=EconomicRule(budget), max_epochs=T, seed=seed),
    "srm+hyperband": lambda T, seed, budget: PredictivePruner(SRM(), max_epochs=T, inner=_hyperband(T), seed=seed),  # noqa: ARG005
    "last-seen": lambda T, seed, budget: PredictivePruner(LastSeenValue(min_curves=FEWEST), max_epochs=T, seed=seed),  # noqa: ARG005
}
"""By name, in the order of the tables; each builds a fresh pruner for T epochs, a seed, and a budget in trainings."""

KNOW_BUDGET = frozenset({"economic"})
"""Sides whose pruner is told the budget: a study of their own for each budget."""

DEFAULT = tuple(name for name in SIDES if name != "srm-0.95")
"""Those that are compared unless sides are named."""

NAMES: Mapping[str, str] = {
    "none": "no pruner",
    "hyperband": "Hyperband",
    "halving": "SuccessiveHalving",
    "median": "Median",
    "wilcoxon": "Wilcoxon",
    "srm": "**ours, at a risk**",
    "srm-0.95": "ours, confidence 0.95",
    "economic": "**ours, for a budget**",
    "srm+hyperband": "ours and Hyperband",
    "last-seen": "our rule, last value",
}
"""As the tables call them."""
