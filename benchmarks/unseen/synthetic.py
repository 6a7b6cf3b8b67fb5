"""Families of made-up learning curves whose parameters depend on hyperparameters, as many as are asked for.

Each is a function of (arms, seed, epochs) that returns a `CurveTable`; the same arguments give the same table. With t
the epoch, u its share of the epochs, and x the position of the learning rate between its lowest (-1) and highest (1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Metric
from bandits.objectives import CurveTable
from bandits.rng import rng_for

__all__ = ["FAMILIES", "late_divergence", "power_laws", "sigmoids", "step_decays"]

Floats = NDArray[np.float64]
ACCURACY = Metric("accuracy", goal="maximize")
LOSS = Metric("loss", goal="minimize")


def power_laws(arms: int, seed: int = 0, epochs: int = 50) -> CurveTable:
    """Accuracies c - a t^-b (pow3); Student noise is proportional to the error and grows with the learning rate.

    c is a ridge of learning rate and width plus what no hyperparameter tells; b falls where the rate is low.
    """
    rng = rng_for(seed, "power laws")
    x, columns = _learning_rates(rng, arms)
    width, l2 = rng.uniform(-1, 1, arms), rng.uniform(-1, 1, arms)
    t = np.arange(1, epochs + 1)
    end = 0.9 - 0.15 * (x - 0.4 * width) ** 2 + 0.05 * width + 0.03 * rng.normal(size=arms)
    speed = 0.3 + 0.5 * _logistic(2 * x) * rng.uniform(0.7, 1.3, arms)
    clean = end[:, None] - (end - 0.1)[:, None] * t ** -speed[:, None]
    noise = (0.02 * np.exp(0.7 * x))[:, None] * (1 - clean) * rng.standard_t(4, size=clean.shape)
    features = {**columns, "width": np.round(2 ** (6 + 3 * width)), "l2": 10 ** (-4 + 2 * l2)}
    return _table("power laws", np.clip(clean + noise, 0.0, 1.0), features, ACCURACY)


def sigmoids(arms: int, seed: int = 0, epochs: int = 40) -> CurveTable:
    """Accuracies that rest, rise along a sigmoid of ln t, and cross: the best rise late; a tenth never do.

    Noise is binomial, as that of 500 validation rows.
    """
    rng = rng_for(seed, "sigmoids")
    x, columns = _learning_rates(rng, arms)
    depth = rng.integers(1, 7, arms)
    dropout = rng.uniform(0, 0.7, arms)
    t = np.arange(1, epochs + 1)
    end = 0.55 + 0.05 * depth - 0.1 * (x + 0.1 * depth) ** 2 + 0.1 * dropout + 0.03 * rng.normal(size=arms)
    middle = np.log(epochs) * (0.2 + 0.08 * depth + 0.25 * dropout - 0.15 * x + 0.05 * rng.normal(size=arms))
    end = np.where(rng.random(arms) < 0.05 + 0.1 * (x > 0.5), 0.0, end)
    rise = np.clip(end - 0.1, 0.0, 0.89)[:, None] * _logistic(3 * (np.log(t) - middle[:, None]))
    curves = rng.binomial(500, 0.1 + rise) / 500
    return _table("sigmoids", curves, {**columns, "depth": depth, "dropout": dropout}, ACCURACY)


def late_divergence(arms: int, seed: int = 0, epochs: int = 60) -> CurveTable:
    """Losses exp(-t) down to an end that hyperparameters set; 1 in 20 leaves its path late, up to 1e6 times higher.

    The noise is log-normal. The chance to diverge grows with the learning rate, and its epoch is uniform.
    """
    rng = rng_for(seed, "late divergence")
    x, columns = _learning_rates(rng, arms)
    layers = rng.integers(1, 5, arms)
    t = np.arange(1, epochs + 1)
    end = np.exp(-1.5 + 0.8 * (x - 0.2) ** 2 - 0.2 * layers + 0.15 * rng.normal(size=arms))
    speed = np.exp(1 + x + 0.2 * rng.normal(size=arms))
    clean = end[:, None] + 2.0 * np.exp(-speed[:, None] * t / epochs)
    drift = 0.01 * np.cumsum(rng.normal(size=clean.shape), axis=1)
    logs = np.log(clean) + drift + 0.02 * rng.normal(size=clean.shape)
    falls = rng.random(arms) < 0.05 * np.exp(x) / np.sinh(1.0)  # 0.05 on average
    when = rng.uniform(0.1, 1.0, arms) * epochs
    steep = np.exp(rng.uniform(0, np.log(14), arms))
    logs += np.where(falls[:, None] & (t > when[:, None]), steep[:, None] * (1 - np.exp(-(t - when[:, None]) / 5)), 0.0)
    return _table("late divergence", np.exp(logs), {**columns, "layers": layers}, LOSS)


def step_decays(arms: int, seed: int = 0, epochs: int = 80) -> CurveTable:
    """Losses on a plateau, whose height and noise the learning rate sets, until the rate is divided at a set epoch.

    Half of the arms divide it at the same epoch, the others each at their own, which is among the hyperparameters.
    """
    rng = rng_for(seed, "step decays")
    x, columns = _learning_rates(rng, arms)
    u = np.arange(1, epochs + 1) / epochs
    own = rng.random(arms) < 0.5
    decay_at = np.where(own, rng.uniform(0.15, 0.95, arms), 0.6)
    factor = 10 ** rng.uniform(-2, -0.3, arms)
    floor = 0.4 + 0.2 * (x - 0.2) ** 2 + 0.04 * rng.normal(size=arms)
    rate = np.where(u > decay_at[:, None], factor[:, None], 1.0) * np.exp(1.5 * x)[:, None]
    height = np.empty((arms, epochs))
    state = np.full(arms, 2.0)
    for epoch in range(epochs):  # the height follows the rate's plateau, faster where the rate is high
        goal = floor + 0.25 * rate[:, epoch]
        state = state + (goal - state) * np.minimum(0.25 * (0.3 + rate[:, epoch]), 0.9)
        height[:, epoch] = state
    curves = height * np.exp(0.06 * np.sqrt(rate) * rng.normal(size=height.shape))
    features = {**columns, "decay_at": decay_at, "decay": factor, "own": own}
    return _table("step decays", curves, features, LOSS)


FAMILIES: Mapping[str, Callable[..., CurveTable]] = {
    "power laws": power_laws,
    "sigmoids": sigmoids,
    "late divergence": late_divergence,
    "step decays": step_decays,
}
"""By name; each takes (arms, seed, epochs)."""


def _learning_rates(rng: np.random.Generator, arms: int) -> tuple[Floats, dict[str, Floats]]:
    """x, uniform in (-1, 1), and the learning rates 1e-4 to 1 that it stands for."""
    x = rng.uniform(-1, 1, arms)
    return x, {"lr": 10 ** (-2 + 2 * x)}


def _logistic(z: Floats) -> Floats:
    return 1 / (1 + np.exp(-z))


def _table(name: str, curves: Floats, features: Mapping[str, NDArray[Any]], metric: Metric) -> CurveTable:
    columns = {key: values.tolist() for key, values in features.items()}
    configs = [{key: values[i] for key, values in columns.items()} for i in range(len(curves))]
    return CurveTable.from_arrays(curves, configs, metric=metric, name=name)
