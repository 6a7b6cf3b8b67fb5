"""What a what-if asks: which pruner, and how the replay goes."""

from __future__ import annotations

from dataclasses import dataclass

from bandits.errors import check_at_least
from bandits.integrations.optuna import PredictivePruner
from bandits.predictors.base import Predictor
from bandits.stopping import RiskControlledRule, StoppingRule, choose_rule

__all__ = ["Settings"]

_STARTUP_TRIALS = 10  # the pruner's own default


@dataclass(frozen=True, slots=True)
class Settings:
    """The pruner that is asked about, and the orders in which the trials come.

    Args:
        predictor: how it forecasts.
        max_epochs: T, the epochs of a full training, >= 1.
        risk, audit, confidence, margin, keep: see `PredictivePruner`.
        top: how many of the best trials are followed, >= 1.
        orders: how many random orders are replayed as well, >= 0. With 20 of them, the 95 % interval of a share is at
            most 0.4 wide.
        seed: of the pruner and of the random orders, >= 0.

    Raises:
        SettingError: an argument breaks its rule.
    """

    predictor: Predictor
    max_epochs: int
    risk: float = 0.1
    audit: float = 0.02
    confidence: float | None = None
    margin: float = 0.0
    keep: int = 1
    top: int = 5
    orders: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        check_at_least("top", self.top, 1)
        check_at_least("orders", self.orders, 0)
        check_at_least("seed", self.seed, 0)
        self.pruner()

    def pruner(self, replay: int = 0) -> PredictivePruner:
        """A pruner that has seen no trial yet.

        Args:
            replay: 0 for the one with the seed of the settings; others audit other trials.
        """
        return PredictivePruner(
            self.predictor,
            max_epochs=self.max_epochs,
            rule=self.rule,
            n_startup_trials=_STARTUP_TRIALS,
            seed=self.seed + replay,
        )

    @property
    def rule(self) -> StoppingRule:
        """The rule that the numbers mean."""
        usual = RiskControlledRule()
        return choose_rule(
            risk=None if self.risk == usual.risk else self.risk,
            audit=None if self.audit == usual.audit else self.audit,
            confidence=self.confidence,
            margin=self.margin,
            keep=self.keep,
        )

    @property
    def checkpoints(self) -> frozenset[int]:
        """After which epochs the pruner may have something new to say of a trial that reports after each."""
        if self.confidence is not None:
            return frozenset(range(1, self.max_epochs))
        return frozenset(RiskControlledRule(self.risk, audit=self.audit).checkpoints(self.max_epochs))

    @property
    def needed(self) -> int:
        """How many trials must have been trained to `max_epochs` before the first one may be dropped."""
        least = max(_STARTUP_TRIALS, self.keep, self.predictor.curves_needed(self.max_epochs))
        if self.confidence is not None:
            return least
        return max(least, RiskControlledRule(self.risk, audit=self.audit).least_curves)
