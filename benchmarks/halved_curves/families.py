"""Made-up families with looks that mislead: plateaus and explosions, arms that never learn, late starts, steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from bandits.rng import rng_for

__all__ = ["FAMILIES"]

Floats = NDArray[np.float64]


def plateaus(rng: np.random.Generator, arms: int = 300, epochs: int = 50) -> tuple[Floats, Floats]:
    """Losses on one plateau that differ by little; one arm in twelve or so explodes, up to 1e6 times."""
    x, t = rng.uniform(-1, 1, (arms, 3)), np.arange(1, epochs + 1)
    better = np.where(rng.random(arms) < 0.2, -0.25 * rng.random(arms), 0)
    end = np.log(1.2) + 0.02 * rng.normal(size=arms) + 0.03 * x[:, 0] ** 2 + better
    logs = end[:, None] + 0.5 * np.exp(-t / 1.2) * rng.uniform(0.5, 1.5, arms)[:, None]
    logs = logs + 0.004 * rng.normal(size=logs.shape)
    explodes = rng.random(arms) < 0.08 + 0.1 * (x[:, 1] > 0.5)
    at, height = rng.integers(1, epochs, arms), rng.uniform(2, 14, arms)
    logs += np.where(explodes[:, None] & (t >= at[:, None]), height[:, None], 0)
    return -np.exp(logs), 10.0**x


def stuck(rng: np.random.Generator, arms: int = 300, epochs: int = 30) -> tuple[Floats, Floats]:
    """Accuracies; an arm stays at chance for ever or begins to learn after some epochs, as its features make likely."""
    x, t = rng.uniform(-1, 1, (arms, 4)), np.arange(1, epochs + 1)
    never = rng.random(arms) < 1 / (1 + np.exp(-(2 * x[:, 0] - 1 + 0.8 * x[:, 1])))
    end = 0.8 + 0.08 * x[:, 2] - 0.1 * (x[:, 3] - 0.2) ** 2 + 0.03 * rng.normal(size=arms)
    start = np.where(never, epochs + 1, np.ceil(rng.gamma(1.2, 1.2 + 1.5 * (x[:, 0] > 0))))
    learning = np.maximum(t - start[:, None], 0)
    scores = 0.1 + (end - 0.1)[:, None] * (1 - np.exp(-learning / 4))
    scores = scores + rng.normal(size=scores.shape) * (0.002 + 0.006 * (learning > 0))
    return np.clip(scores, 0, 1), x


def late_starts(rng: np.random.Generator, arms: int = 400, epochs: int = 200) -> tuple[Floats, Floats]:
    """Accuracies that stay near the ground for long; two hyperparameters decide when they rise, and how far."""
    x, t = rng.uniform(-1, 1, (arms, 2)), np.arange(1, epochs + 1)
    speed = np.exp(-6 * (x[:, 0] - 0.3) ** 2 + 0.4 * x[:, 1] + 0.3 * rng.normal(size=arms))
    wait = epochs * 0.25 / speed * rng.uniform(0.6, 1.4, arms)
    end = 0.5 * np.exp(-3 * (x[:, 0] - 0.2) ** 2 - 0.5 * (x[:, 1] - 0.3) ** 2 + 0.1 * rng.normal(size=arms)) + 0.02
    with np.errstate(over="ignore"):
        scores = 0.001 + end[:, None] / (1 + np.exp(-(t - wait[:, None]) / (epochs * 0.06)))
    return np.clip(scores + 0.002 * rng.normal(size=scores.shape), 0, 1), x


def told_by_features(rng: np.random.Generator, arms: int = 300, epochs: int = 40) -> tuple[Floats, Floats]:
    """Scores whose ends a smooth function of five hyperparameters decides, more than the start of the curve does."""
    x, t = rng.uniform(-1, 1, (arms, 5)), np.arange(1, epochs + 1)
    value = np.sin(3 * x[:, 0]) + 0.8 * np.cos(4 * x[:, 1] * x[:, 2]) + 0.3 * x[:, 3]
    end = 0.7 + 0.07 * value + 0.01 * rng.normal(size=arms)
    speed = np.exp(0.4 * rng.normal(size=arms))
    scores = end[:, None] - (end - 0.1)[:, None] * np.exp(-t * speed[:, None] / 8)
    return scores + 0.01 * rng.normal(size=scores.shape), x


def step_losses(rng: np.random.Generator, arms: int = 300, epochs: int = 90) -> tuple[Floats, Floats]:
    """Losses that fall in steps when the learning rate does, at a half and at three quarters of the epochs."""
    x, t = rng.uniform(-1, 1, (arms, 3)), np.arange(1, epochs + 1)
    floor = np.log(0.3) + 0.2 * x[:, 0] ** 2 + 0.1 * rng.normal(size=arms)
    high = 0.6 + 0.25 * (x[:, 1] + 1)
    share = np.where(t < epochs // 2, 1.0, np.where(t < int(0.75 * epochs), 0.4, 0.0))
    logs = floor[:, None] + high[:, None] * share + 1.2 * t**-0.7
    return -np.exp(logs + 0.03 * rng.normal(size=logs.shape)), x


FAMILIES: Mapping[str, Callable[[], tuple[Floats, Floats]]] = {
    name: lambda make=make, name=name: make(rng_for(0, name))  # type: ignore[misc]
    for name, make in {
        "plateaus": plateaus,
        "stuck": stuck,
        "late starts": late_starts,
        "told by features": told_by_features,
        "step losses": step_losses,
    }.items()
}
"""By name: scores `[n, T]`, larger is better, and features `[n, p]`."""
