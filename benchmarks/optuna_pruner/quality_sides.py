"""Who prunes: each pruner of Optuna and ours as they come, built for T epochs and a seed."""

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
from benchmarks.optuna_pruner.quick_wilcoxon import QuickWilcoxonPruner

__all__ = ["DEFAULT", "NAMES", "OURS", "SIDES"]

OURS = "srm"
ETA = 3
CONFIDENCE = 0.95
FEWEST = 10  # curves that the last value needs: as many as SRM


def _hyperband(T: int) -> HyperbandPruner:
    return HyperbandPruner(min_resource=1, max_resource=T, reduction_factor=ETA)


SIDES: Mapping[str, Callable[[int, int], BasePruner]] = {
    "none": lambda T, seed: NopPruner(),  # noqa: ARG005 - as the others
    "hyperband": lambda T, seed: _hyperband(T),  # noqa: ARG005
    "halving": lambda T, seed: SuccessiveHalvingPruner(),  # noqa: ARG005
    "median": lambda T, seed: MedianPruner(),  # noqa: ARG005
    "wilcoxon": lambda T, seed: QuickWilcoxonPruner(),  # noqa: ARG005
    "srm": lambda T, seed: PredictivePruner(SRM(), max_epochs=T, seed=seed),
    "srm-0.95": lambda T, seed: PredictivePruner(SRM(), max_epochs=T, confidence=CONFIDENCE, seed=seed),
    "srm+hyperband": lambda T, seed: PredictivePruner(SRM(), max_epochs=T, inner=_hyperband(T), seed=seed),
    "last-seen": lambda T, seed: PredictivePruner(LastSeenValue(min_curves=FEWEST), max_epochs=T, seed=seed),
}
"""By name, in the order of the tables; each builds a fresh pruner for T epochs and a seed."""

DEFAULT = tuple(name for name in SIDES if name != "srm-0.95")
"""Those that are compared unless sides are named."""

NAMES: Mapping[str, str] = {
    "none": "no pruner",
    "hyperband": "Hyperband",
    "halving": "SuccessiveHalving",
    "median": "Median",
    "wilcoxon": "Wilcoxon",
    "srm": "**ours**",
    "srm-0.95": "ours, confidence 0.95",
    "srm+hyperband": "ours and Hyperband",
    "last-seen": "our rule, last value",
}
"""As the tables call them."""
