"""Who may teach, and how many trials that takes: what follows from the settings of a pruner."""

from __future__ import annotations

from dataclasses import dataclass

from bandits.stopping import EarlyStopper, RiskControlledRule

__all__ = ["TeachingPolicy", "needed_curves", "policy_of"]


@dataclass(frozen=True, slots=True)
class TeachingPolicy:
    """When trials begin to teach, and who.

    Args:
        learns: whether the rule learns how wrong forecasts are. Then only uncensored trials teach; else all that have a
            curve to the horizon.
        keep: how many of the best trials the bar protects, >= 1.
        needed: how many curves it takes to give a verdict, >= 1.
        n_startup_trials: how many trials must be complete before the first verdict, >= 0.
        growth: how much larger a training set must be to be worth another fit, >= 1.
        most: how many trials teach at most, >= `needed`.
    """

    learns: bool
    keep: int
    needed: int
    n_startup_trials: int
    growth: float
    most: int


def needed_curves(stopper: EarlyStopper, horizon: int) -> int:
    """How many curves a stopper needs before it gives its first verdict, at least 1."""
    rule = stopper.rule
    least = rule.least_curves if isinstance(rule, RiskControlledRule) else 1
    return max(1, least, stopper.predictor.curves_needed(horizon))


def policy_of(stopper: EarlyStopper, horizon: int, n_startup_trials: int, max_curves: int) -> TeachingPolicy:
    """The policy of a pruner with this stopper and these settings."""
    needed = needed_curves(stopper, horizon)
    return TeachingPolicy(
        learns=stopper.rule.learns,
        keep=stopper.keep,
        needed=needed,
        n_startup_trials=n_startup_trials,
        growth=stopper.refit_growth,
        most=max(max_curves, needed),
    )
