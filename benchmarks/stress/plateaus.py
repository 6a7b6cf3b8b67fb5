"""Families of made-up curves most of which rest on one level, where they differ by little, and a few go elsewhere.

Where most arms end alike, their order is told by small differences, which last. A regression whose error is larger than
these ranks such arms worse than their last value does. As in `families`, t is the epoch, and x the position of the
learning rate between its lowest (-1) and highest (1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Metric
from bandits.objectives import CurveTable
from bandits.rng import rng_for
from benchmarks.unseen.synthetic import ACCURACY, LOSS

__all__ = ["PLATEAUS", "one_plateau", "one_plateau_of_scores", "slow_starts", "stuck_losses", "stuck_or_learning"]

Floats = NDArray[np.float64]


def one_plateau(arms: int = 1000, seed: int = 0, epochs: int = 50) -> CurveTable:
    """Losses that fall to one plateau, and differ there by a hundredth; 1 in 12 explodes, up to 1e6 times.

    A fifth leaves the plateau downwards, by a tenth or two. The learning rate tells a part of it.
    """
    rng = rng_for(seed, "one plateau")
    x, decay, t = rng.uniform(-1, 1, arms), rng.uniform(-1, 1, arms), np.arange(1, epochs + 1)
    leaves = rng.random(arms) < 0.4 * _logistic(4 * x)
    depth = np.where(leaves, 0.25 * rng.random(arms), 0.0)
    level = np.log(1.2) + 0.01 * decay**2 + 0.006 * rng.normal(size=arms)
    fall = 0.5 * rng.uniform(0.5, 1.5, arms)[:, None] * np.exp(-t / np.exp(0.5 - x)[:, None])
    logs = level[:, None] + fall - depth[:, None] * (1 - np.exp(-t / (0.3 * epochs)))
    logs += 0.0007 * rng.normal(size=logs.shape)
    return _table("one plateau", np.exp(_exploded(logs, rng, 0.16 * _logistic(4 * x))), x, decay, LOSS)


def slow_starts(arms: int = 1000, seed: int = 0, epochs: int = 50) -> CurveTable:
    """Losses over learning rates of six decades: those of half of the arms hardly leave where they started, and differ
    there by a thousandth; large rates end lower, and the largest explode, up to 1e6.
    """
    rng = rng_for(seed, "slow starts")
    x, decay, t = rng.uniform(-1, 1, arms), rng.uniform(-1, 1, arms), np.arange(1, epochs + 1)
    speed = 10 ** (5 * x - 2 + 0.3 * rng.normal(size=arms))
    end = 0.4 + 0.15 * (x - 0.6) ** 2 + 0.05 * decay + 0.03 * rng.normal(size=arms)
    start = np.log(10) + 0.0005 * rng.normal(size=arms)
    learnt = 1 - 1 / (1 + speed[:, None] * t) ** 0.7
    losses = start[:, None] - (start - end)[:, None] * learnt
    losses *= np.exp((0.0001 + 0.02 * learnt) * rng.normal(size=losses.shape))
    curves = np.exp(_exploded(np.log(losses), rng, np.where(x > 0.6, 0.3, 0.0)))
    return _table("slow starts", curves, x, decay, LOSS)


def one_plateau_of_scores(arms: int = 1000, seed: int = 0, epochs: int = 40) -> CurveTable:
    """Accuracies that rise to .9 within a few epochs, and differ there by half a point; 1 in 12 collapses to chance."""
    rng = rng_for(seed, "one plateau of scores")
    x, width, t = rng.uniform(-1, 1, arms), rng.uniform(-1, 1, arms), np.arange(1, epochs + 1)
    level = 0.9 - 0.01 * (x - 0.2) ** 2 + 0.003 * width + 0.004 * rng.normal(size=arms)
    rise = np.exp(-t / np.exp(0.5 + 0.5 * rng.normal(size=arms))[:, None])
    curves = level[:, None] - 0.5 * rise + 0.0007 * rng.normal(size=rise.shape)
    falls = np.where(rng.random(arms) < 0.16 * _logistic(4 * x), rng.integers(1, epochs + 1, arms), epochs + 1)
    chance = 0.1 + 0.002 * rng.normal(size=curves.shape)
    curves = np.where(t >= falls[:, None], chance, curves)
    return _table("one plateau of scores", np.clip(curves, 0.0, 1.0), x, width, ACCURACY)


def stuck_or_learning(arms: int = 1000, seed: int = 0, epochs: int = 30) -> CurveTable:
    """Accuracies: an arm stays at chance for ever, or begins to learn after some epochs. Features tell the chances.

    At chance the score is exactly that of the most frequent class in most epochs.
    """
    rng = rng_for(seed, "stuck or learning")
    x, width, t = rng.uniform(-1, 1, arms), rng.uniform(-1, 1, arms), np.arange(1, epochs + 1)
    learning, end = _learning(rng, x, width, t)
    scores = 0.1 + (end - 0.1)[:, None] * (1 - np.exp(-learning / 4))
    scores += 0.006 * rng.normal(size=scores.shape) * (learning > 0)
    wobble = 0.01 * np.abs(rng.normal(size=scores.shape)) * (rng.random(scores.shape) < 0.1)
    return _table("stuck or learning", np.clip(scores - wobble * (learning == 0), 0.0, 1.0), x, width, ACCURACY)


def stuck_losses(arms: int = 1000, seed: int = 0, epochs: int = 30) -> CurveTable:
    """Losses: an arm stays at ln 10 for ever, within a thousandth, or begins to learn; 1 in 20 returns there."""
    rng = rng_for(seed, "stuck losses")
    x, width, t = rng.uniform(-1, 1, arms), rng.uniform(-1, 1, arms), np.arange(1, epochs + 1)
    learning, end = _learning(rng, x, width, t)
    shown = 1 - np.exp(-learning / 4)
    logs = np.log(np.log(10)) + (np.log(1.7 * (1 - end)) - np.log(np.log(10)))[:, None] * shown
    logs += 0.01 * rng.normal(size=logs.shape) * (learning > 0)
    returns = np.where(rng.random(arms) < 0.05, rng.integers(1, epochs + 1, arms), epochs + 1)
    logs = np.where(t >= returns[:, None], np.log(np.log(10)), logs)
    logs += 0.0003 * np.abs(rng.normal(size=arms))[:, None] + 0.0001 * rng.normal(size=logs.shape)
    return _table("stuck losses", np.exp(logs), x, width, LOSS)


PLATEAUS: Mapping[str, Callable[..., CurveTable]] = {
    "one plateau": one_plateau,
    "slow starts": slow_starts,
    "one plateau of scores": one_plateau_of_scores,
    "stuck or learning": stuck_or_learning,
    "stuck losses": stuck_losses,
}
"""By name; each takes (arms, seed, epochs)."""


def _learning(rng: np.random.Generator, x: Floats, width: Floats, t: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """For how many epochs each arm has learnt, `[n, T]`, and which accuracy it would end at; a part never learns."""
    never = rng.random(len(x)) < _logistic(2 * x - 1 + 0.8 * width)
    start = np.where(never, len(t) + 1, np.ceil(rng.gamma(1.2, 1.2 + 1.5 * (x > 0))))
    end = 0.8 + 0.08 * width - 0.1 * (x - 0.2) ** 2 + 0.03 * rng.normal(size=len(x))
    return np.maximum(t - start[:, None], 0.0), np.clip(end, 0.2, 0.95)


def _exploded(logs: Floats, rng: np.random.Generator, chance: Floats) -> Floats:
    """Logarithms of losses of which some, by `[n]` chances, jump at a random epoch, up to 1e6 times, and stay there."""
    arms, epochs = logs.shape
    at = np.where(rng.random(arms) < chance, rng.integers(1, epochs + 1, arms), epochs + 1)
    height = rng.uniform(0.5, np.log(1e6), (arms, 1))
    return logs + np.where(np.arange(1, epochs + 1) >= at[:, None], height, 0.0)


def _logistic(z: Floats) -> Floats:
    return 1 / (1 + np.exp(-z))


def _table(name: str, curves: Floats, x: Floats, other: Floats, metric: Metric) -> CurveTable:
    """The second feature is a width for accuracies and a weight decay for losses: its logarithm is what counts."""
    columns: dict[str, list[Any]] = {"lr": (10 ** (-3 + 3 * x)).tolist(), "other": (10 ** (-4 + 2 * other)).tolist()}
    configs = [{key: values[i] for key, values in columns.items()} for i in range(len(curves))]
    return CurveTable.from_arrays(curves, configs, metric=metric, name=name)
