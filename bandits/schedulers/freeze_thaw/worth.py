"""What it is worth to train an arm on: the improvement that is expected, per epoch that it costs."""

from __future__ import annotations

from enum import Enum

import numpy as np
from numpy.typing import NDArray

from bandits.schedulers.freeze_thaw.improvement import expected_improvement

__all__ = ["Plan", "worth_per_epoch"]

Floats = NDArray[np.float64]
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(9)  # a standard normal distribution, as nine weighted points
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
_ROUNDS = 4


class Plan(Enum):
    """How an arm is supposed to train on, when its worth is computed."""

    TO_THE_END = "to the end"  # whatever is seen on the way
    WITH_STOPS = "with a stop where it disappoints"


def worth_per_epoch(
    plan: Plan, middles: Floats, reaches: Floats, bar: float, costs: Floats, unknown: Floats, *, one_arm: bool = False
) -> Floats:
    """Expected improvement on the bar for each epoch spent, `[n]`, >= 0.

    With stops, an arm trains to one later check epoch, the best of all. There its forecast has moved, and it goes on to
    the end only if that is still worth the price. The worth is the highest price per epoch at which this pays.

    Args:
        plan: to the end, or with stops.
        middles, reaches: `[n]` forecasts of ends: means, and standard deviations.
        bar: a score.
        costs: `[J]` epochs from now to each later check epoch, ascending; the last one is the end.
        unknown: `[J]` which share of a forecast's variance will still be unknown at each of them; 0 at the end.
        one_arm: the forecasts are equally likely ones of one arm: the answer is `[1]`.

    Source: for one stop, the price is the index of Gittins, "Bandit processes and dynamic allocation indices" (1979).
    """
    direct = np.asarray(expected_improvement(middles, reaches, bar) / costs[-1], dtype=np.float64)
    if one_arm:
        direct = np.asarray(direct.mean(keepdims=True))
    if plan is Plan.TO_THE_END or len(costs) == 1:
        return direct
    moved = reaches[:, None] * np.sqrt(1.0 - unknown[:-1])
    left = np.broadcast_to((reaches[:, None] * np.sqrt(unknown[:-1]))[..., None], (*moved.shape, len(_NODES)))
    gains = expected_improvement(middles[:, None, None] + moved[..., None] * _NODES, left, bar)
    first, rest = costs[:-1], costs[-1] - costs[:-1]
    price = direct
    for _ in range(_ROUNDS):  # each round raises the price to what the best plan at the last price earns per epoch
        goes_on = gains > price[:, None, None] * rest[:, None]
        won, spent = np.where(goes_on, gains, 0.0) @ _WEIGHTS, first + rest * (goes_on @ _WEIGHTS)
        if one_arm:
            won, spent = won.mean(axis=0, keepdims=True), spent.mean(axis=0, keepdims=True)
        price = np.maximum(price, (won / spent).max(axis=1))
    return np.asarray(price)
