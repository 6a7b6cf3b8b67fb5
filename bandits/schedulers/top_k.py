"""Train all arms for a few epochs, then the best k in full: halving with a single cut."""

from __future__ import annotations

from typing import Any

from bandits.errors.checks import check_whole
from bandits.schedulers.hyperband import BracketScheduler
from bandits.schedulers.plan import BracketPlan, top_k_bracket
from bandits.verdicts import Stopper

__all__ = ["TopK"]


class TopK(BracketScheduler):
    """Train every configuration for a few epochs, one by default, then the best k to the end.

    It is a baseline for other algorithms: one bracket with two rungs. Failed arms are not among the best, no other arm
    replaces one that fails later, and of equal scores the smaller id wins.

    With a stopper, forecasts work inside the two rungs as in any other bracket. The first rung is usually too short for
    forecasts; on the way to R, an arm is compared with the n-th best that has got there, n being the stopper's `keep`.

    Args:
        trials: how many configurations, >= 1.
        max_epochs: R, epochs of a full training, >= 1.
        k: how many arms train to the end, >= 1; all of them if there are no more.
        first_epochs: epochs that every arm is given, between 1 and max_epochs.
        stopper: drops arms by forecasts; None to train all k in full.
        loops: how often all that is done, with new configurations each time, >= 1.

    Raises:
        SettingError: an argument breaks its rule.

    Source: Egele et al., "Is one epoch all you need for multi-fidelity hyperparameter optimization?" (ESANN 2023,
    arXiv 2307.15422).

    Example:
        >>> TopK(trials=200, max_epochs=100).planned_epochs
        497
    """

    name = "top-k"

    def __init__(
        self,
        trials: int,
        max_epochs: int,
        k: int = 3,
        first_epochs: int = 1,
        stopper: Stopper | None = None,
        loops: int = 1,
    ) -> None:
        self.trials = check_whole("trials", trials, 1)
        max_epochs = check_whole("max_epochs", max_epochs, 1)
        self.k = check_whole("k", k, 1)
        self.first_epochs = check_whole("first_epochs", first_epochs, 1, max_epochs)
        plan = top_k_bracket(self.trials, max_epochs, self.k, self.first_epochs)
        super().__init__(max_epochs, (plan,), loops, None, stopper)

    def settings(self) -> dict[str, Any]:
        return {
            "trials": self.trials,
            "max_epochs": self.max_epochs,
            "k": self.k,
            "first_epochs": self.first_epochs,
            "loops": self.loops,
        }

    def _bracket_name(self, plan: BracketPlan) -> str:  # noqa: ARG002 - all are alike
        return f"best {self.k}"
