"""What a what-if asks: which pruner, and how the replay goes."""

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
    """The pruner that is asked about, and the orders in which the trials come.

    Args:
        predictor: how it forecasts.
        rule: when it drops a trial.
        max_epochs: T, the epochs of a full training, >= 1.
        top: how many of the best trials are followed, >= 1.
        orders: how many random orders are replayed as well, >= 0. With 20 of them, the 95 % interval of a share is at
            most 0.4 wide.
        seed: of the pruner and of the random orders, >= 0.

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
    def check_epochs(self) -> frozenset[int]:
        """After which epochs the pruner may have something new to say of a trial that reports after each."""
        return frozenset(self.rule.check_epochs(self.max_epochs))

    @property
    def needed(self) -> int:
        """How many trials must have been trained to `max_epochs` before the first one may be dropped."""
        needed = self.predictor.curves_needed(self.max_epochs)
        return max(_STARTUP_TRIALS, self.rule.keep, needed, self.rule.least_curves)

    @property
    def rule_words(self) -> str:
        """The number that says most of the rule: "risk 0.1", "confidence 0.95"; the name of another rule."""
        settings = self.rule.settings()
        for name in ("risk", "confidence"):
            if name in settings:
                return f"{name} {settings[name]:g}"
        return type(self.rule).__name__
