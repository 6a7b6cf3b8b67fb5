"""Which trials may teach, and how many are needed, by the settings of a pruner."""

from __future__ import annotations

from dataclasses import dataclass

from bandits.stopping import EarlyStopper

__all__ = ["TeachingPolicy", "needed_curves", "policy_of"]


@dataclass(frozen=True, slots=True)
class TeachingPolicy:
    """Which trials teach, and from when on.

    Args:
        learns: whether the rule learns the errors of forecasts. Then only uncensored trials teach; else all with a
            curve up to the horizon.
        keep: how many of the best trials the bar protects, >= 1.
        needed: how many curves a verdict needs, >= 1.
        n_startup_trials: no verdict before this many trials are complete, >= 0.
        growth: factor by which a training set must have grown for another fit, >= 1.
        most: the most trials that teach, >= `needed`.
        every_step: whether pruned trials teach as well, by the epochs that they have.
    """

    learns: bool
    keep: int
    needed: int
    n_startup_trials: int
    growth: float
    most: int
    every_step: bool = False


def needed_curves(stopper: EarlyStopper, horizon: int) -> int:
    """How many curves a stopper needs before it gives its first verdict, at least 1."""
    return max(1, stopper.rule.least_curves, stopper.predictor.curves_needed(horizon))


def policy_of(stopper: EarlyStopper, horizon: int, n_startup_trials: int, max_curves: int) -> TeachingPolicy:
    """The policy for this stopper and these settings of a pruner."""
    needed = needed_curves(stopper, horizon)
    return TeachingPolicy(
        learns=stopper.rule.learns,
        keep=stopper.keep,
        needed=needed,
        n_startup_trials=n_startup_trials,
        growth=stopper.refit_growth,
        most=max(max_curves, needed),
        every_step=stopper.predictor.learns_from_every_step and not stopper.rule.learns,
    )
