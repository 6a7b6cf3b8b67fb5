"""The settings of a what-if: the pruner, and the orders of the replays."""

from __future__ import annotations

from dataclasses import dataclass

from bandits.errors.checks import check_whole
from bandits.integrations.optuna import PredictivePruner
from bandits.predictors.base import Predictor
from bandits.stopping import StoppingRule

__all__ = ["Settings"]

_STARTUP_TRIALS = 10  # the pruner's own default


@dataclass(frozen=True, slots=True)
class Settings:
    """The pruner, and the orders in which the trials are replayed.

    Args:
        predictor: the pruner's predictor.
        rule: the pruner's rule.
        max_epochs: T, the epochs of a full training, >= 1.
        top: how many of the best trials to follow, >= 1.
        orders: how many random orders to replay as well, >= 0. With 20 of them, the 95 % interval of a share is at
            most 0.4 wide.
        seed: seed of the pruner and of the random orders, >= 0.

    Raises:
        SettingError: an argument breaks its rule.
    """

    predictor: Predictor
    rule: StoppingRule
    max_epochs: int
    top: int = 5
    orders: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        check_whole("top", self.top, 1)
        check_whole("orders", self.orders, 0)
        check_whole("seed", self.seed, 0)
        self.pruner()

    def pruner(self, replay: int = 0) -> PredictivePruner:
        """A pruner that has seen no trial yet.

        Args:
            replay: 0 for a pruner with the seed of the settings; with other numbers it audits other trials.
        """
        return PredictivePruner(
            self.predictor,
            max_epochs=self.max_epochs,
            rule=self.rule,
            n_startup_trials=_STARTUP_TRIALS,
            seed=self.seed + replay,
        )

    @property
    def check_epochs(self) -> frozenset[int]:
        """The epochs after which the pruner's answer may change, for a trial that reports after each epoch."""
        return frozenset(self.rule.check_epochs(self.max_epochs))

    @property
    def needed(self) -> int:
        """How many trials must have been trained to `max_epochs` before the first one may be dropped."""
        needed = self.predictor.curves_needed(self.max_epochs)
        return max(_STARTUP_TRIALS, self.rule.keep, needed, self.rule.least_curves)

    @property
    def rule_words(self) -> str:
        """The rule in words, by its main number: "risk 0.1", "confidence 0.95"; another rule by its name."""
        settings = self.rule.settings()
        for name in ("risk", "confidence"):
            if name in settings:
                return f"{name} {settings[name]:g}"
        return type(self.rule).__name__
