"""Families of made-up learning curves on which a forecast from the start of a curve is likely to mislead.

Each is a function of (arms, seed, epochs) that returns a `CurveTable`; the same arguments give the same table. The
features tell a part of the outcome, never all of it. With t the epoch, u its share of the epochs, and x the position
of the learning rate between its lowest (-1) and highest (1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Metric
from bandits.objectives import CurveTable
from bandits.rng import rng_for
from bandits.samplers.base import Sampler
from bandits.samplers.table import TableSampler
from benchmarks.unseen.synthetic import ACCURACY, LOSS, late_divergence, step_decays

__all__ = [
    "EARLY_REGION",
    "STRESS",
    "RowOrder",
    "crossing_curves",
    "half_announced_steps",
    "heavy_tail",
    "late_divergence",
    "noise",
    "rare_late_winners",
    "rare_visible_winners",
    "sampler_for",
    "shift",
]

Floats = NDArray[np.float64]
RARE = 0.003  # share of the arms that win in the two families of rare winners
EARLY_REGION = 150  # rows of `shift` that come first


def rare_late_winners(arms: int = 1000, seed: int = 0, epochs: int = 50) -> CurveTable:
    """Accuracies; 3 arms in 1,000 look like all others until half-time, then rise far above everything.

    Winners have a high learning rate and a wide network, as one arm in ten has.
    """
    rng = rng_for(seed, "rare late winners")
    x, width, end, curves = _ordinary(rng, arms, epochs)
    won = _rare(rng, arms)
    x[won], width[won] = rng.uniform(0.3, 0.9, won.size), rng.uniform(0.4, 1.0, won.size)
    u = np.arange(1, epochs + 1) / epochs
    goal, start = rng.uniform(0.82, 0.88, won.size), rng.uniform(0.45, 0.6, won.size)
    rise = _logistic(25 * (u - start[:, None]))
    curves[won] += np.maximum(goal - end[won], 0.0)[:, None] * rise
    return _table("rare late winners", np.clip(curves, 0.0, 1.0), _lr(x) | _width(width), ACCURACY)


def rare_visible_winners(arms: int = 1000, seed: int = 0, epochs: int = 50) -> CurveTable:
    """Accuracies; 3 arms in 1,000 are better after one epoch than all others ever are.

    Winners have a high learning rate and a wide network, as one arm in ten has.
    """
    rng = rng_for(seed, "rare visible winners")
    x, width, _, curves = _ordinary(rng, arms, epochs)
    won = _rare(rng, arms)
    x[won], width[won] = rng.uniform(0.3, 0.9, won.size), rng.uniform(0.4, 1.0, won.size)
    t = np.arange(1, epochs + 1)
    goal = rng.uniform(0.9, 0.95, won.size)
    curves[won] = goal[:, None] - 0.08 * t**-0.6 + 0.004 * rng.normal(size=(won.size, epochs))
    return _table("rare visible winners", np.clip(curves, 0.0, 1.0), _lr(x) | _width(width), ACCURACY)


def crossing_curves(arms: int = 1000, seed: int = 0, epochs: int = 60) -> CurveTable:
    """Accuracies; fast starters saturate low, slow ones end best. Learning rate and depth tell half of the speed."""
    rng = rng_for(seed, "crossing curves")
    x, depth = rng.uniform(-1, 1, arms), rng.integers(1, 9, arms)
    told = 0.7 * x * np.sqrt(3) - 0.7 * (depth - 4.5) / 2.3
    speed = (told + 1.0 * rng.normal(size=arms)) / np.sqrt(2)  # standard normal, about
    u = np.arange(1, epochs + 1) / epochs
    end = 0.65 - 0.07 * speed + 0.03 * rng.normal(size=arms)
    shape = 1 - np.exp(-np.exp(1.6 + 1.1 * np.clip(speed, -1.5, 2.5))[:, None] * u)
    curves = 0.1 + (end - 0.1)[:, None] * shape + 0.008 * rng.normal(size=shape.shape)
    return _table("crossing curves", np.clip(curves, 0.0, 1.0), _lr(x) | {"depth": depth}, ACCURACY)


def half_announced_steps(arms: int = 1000, seed: int = 0, epochs: int = 80) -> CurveTable:
    """The curves of `step_decays`; when and by how much the rate falls is a feature of half of the arms only."""
    told = step_decays(arms, seed, epochs)
    announced = rng_for(seed, "half announced steps").random(arms) < 0.5
    hidden = {"decay_at": None, "decay": None, "own": None}
    configs = [config if known else {**config, **hidden} for config, known in zip(told.configs, announced, strict=True)]
    return CurveTable.from_arrays(told.curves, configs, metric=told.metric, name="half-announced steps")


def noise(arms: int = 1000, seed: int = 0, epochs: int = 40) -> CurveTable:
    """Accuracies whose validation noise is as large as the differences among the best tenth.

    Its standard deviation is the mean difference between two arms of that tenth.
    """
    rng = rng_for(seed, "noise")
    x, width = rng.uniform(-1, 1, arms), rng.uniform(-1, 1, arms)
    t = np.arange(1, epochs + 1)
    end = 0.75 - 0.12 * (x - 0.3 * width) ** 2 + 0.04 * width + 0.03 * rng.normal(size=arms)
    clean = end[:, None] - (end - 0.1)[:, None] * t ** -(0.5 + 0.3 * _logistic(2 * x))[:, None]
    best = np.sort(clean[:, -1])[-max(arms // 10, 2) :]
    spread = np.abs(best[:, None] - best).sum() / (best.size * (best.size - 1))
    curves = clean + spread * rng.normal(size=clean.shape)
    return _table("noise", np.clip(curves, 0.0, 1.0), _lr(x) | _width(width), ACCURACY)


def heavy_tail(arms: int = 1000, seed: int = 0, epochs: int = 50) -> CurveTable:
    """Losses, log-normal over the arms; a tenth collapse at a random epoch and stay up to 1,000 times higher.

    No feature tells who collapses, or when.
    """
    rng = rng_for(seed, "heavy tail")
    x, layers = rng.uniform(-1, 1, arms), rng.integers(1, 5, arms)
    t = np.arange(1, epochs + 1)
    end = 0.8 * (x - 0.2) ** 2 - 0.2 * layers + 0.7 * rng.normal(size=arms)
    speed = 0.4 + 0.3 * _logistic(2 * x) * rng.uniform(0.7, 1.3, arms)
    logs = end[:, None] + 2.0 * t ** -speed[:, None] + 0.03 * rng.normal(size=(arms, epochs))
    falls = np.where(rng.random(arms) < 0.1, rng.integers(1, epochs + 1, arms), epochs + 1)
    height = np.log(rng.uniform(3, 1000, arms))
    logs += np.where(t >= falls[:, None], height[:, None], 0.0)
    return _table("heavy tail", np.exp(logs), _lr(x) | {"layers": layers}, LOSS)


def shift(arms: int = 1000, seed: int = 0, epochs: int = 40) -> CurveTable:
    """Accuracies; the first 150 rows are narrow networks: quick, and much alike. The others are wide and slow.

    After the same epochs a wide network is behind a narrow one that it will beat; one wide network in six ends above
    all narrow ones. What narrow curves teach about rise and noise is wrong for the wide. Replay the table with
    `sampler_for`, which keeps the two regions in this order.
    """
    rng = rng_for(seed, "shift")
    early = np.arange(arms) < EARLY_REGION
    x = rng.uniform(-1, 1, arms)
    width = np.where(early, rng.uniform(-1, -0.3, arms), rng.uniform(0.2, 1, arms))
    t = np.arange(1, epochs + 1)
    end = 0.62 - 0.04 * (x - 0.2) ** 2 + np.where(early, 0.02, 0.06) * rng.normal(size=arms)
    speed = np.where(early, 1.0, 0.35) * rng.uniform(0.85, 1.15, arms)
    rise = (1 - t ** -speed[:, None]) / (1 - epochs ** -speed[:, None])
    scatter = np.where(early, 0.004, 0.012)[:, None] * rng.normal(size=rise.shape)
    curves = 0.1 + (end - 0.1)[:, None] * rise + scatter
    return _table("shift", np.clip(curves, 0.0, 1.0), _lr(x) | _width(width), ACCURACY)


STRESS: Mapping[str, Callable[..., CurveTable]] = {
    "rare late winners": rare_late_winners,
    "rare visible winners": rare_visible_winners,
    "crossing curves": crossing_curves,
    "late divergence": late_divergence,
    "half-announced steps": half_announced_steps,
    "noise": noise,
    "heavy tail": heavy_tail,
    "shift": shift,
}
"""By name; each takes (arms, seed, epochs)."""


class RowOrder(Sampler):
    """Draws the first rows of a table, in a random order, before the others, in a random order; then all again.

    Args:
        rows: what is drawn; more than `first`.
        first: how many of them come first, >= 1.
        seed: of the orders, >= 0.

    Example:
        >>> sampler = RowOrder([{"row": row} for row in range(5)], first=2, seed=0)
        >>> sorted(sampler.propose(trial_id)["row"] for trial_id in range(2))
        [0, 1]
    """

    def __init__(self, rows: Sequence[Mapping[str, object]], first: int, seed: int) -> None:
        self._sizes = (first, len(rows) - first)
        self._regions = (TableSampler(rows[:first], seed), TableSampler(rows[first:], seed))

    def propose(self, trial_id: int) -> Mapping[str, object]:
        """The row of one trial."""
        turn, position = divmod(trial_id, sum(self._sizes))
        region = int(position >= self._sizes[0])
        return self._regions[region].propose(turn * self._sizes[region] + position - region * self._sizes[0])


def sampler_for(table: CurveTable, seed: int) -> Sampler:
    """The order in which a table is replayed: `shift` region by region, any other in the table's own random order."""
    if table.name == "shift":
        return RowOrder(table.configs, EARLY_REGION, seed)
    return table.sampler(seed)


def _ordinary(rng: np.random.Generator, arms: int, epochs: int) -> tuple[Floats, Floats, Floats, Floats]:
    """What most arms of the families of rare winners are like: x, width, their ends, and their noisy power laws."""
    x, width = rng.uniform(-1, 1, arms), rng.uniform(-1, 1, arms)
    t = np.arange(1, epochs + 1)
    end = 0.6 - 0.08 * (x - 0.2) ** 2 + 0.03 * width + 0.03 * rng.normal(size=arms)
    speed = 0.5 + 0.4 * _logistic(2 * x) * rng.uniform(0.7, 1.3, arms)
    curves = end[:, None] - (end - 0.1)[:, None] * t ** -speed[:, None]
    return x, width, end, curves + 0.008 * rng.normal(size=curves.shape)


def _rare(rng: np.random.Generator, arms: int) -> NDArray[np.int64]:
    """Which arms win."""
    return rng.choice(arms, size=max(1, round(RARE * arms)), replace=False)


def _lr(x: Floats) -> dict[str, Floats]:
    return {"lr": 10 ** (-2 + 2 * x)}


def _width(width: Floats) -> dict[str, Floats]:
    return {"width": np.round(2 ** (7 + 3 * width))}


def _logistic(z: Floats) -> Floats:
    return 1 / (1 + np.exp(-z))


def _table(name: str, curves: Floats, features: Mapping[str, NDArray[Any]], metric: Metric) -> CurveTable:
    columns = {key: values.tolist() for key, values in features.items()}
    configs = [{key: values[i] for key, values in columns.items()} for i in range(len(curves))]
    return CurveTable.from_arrays(curves, configs, metric=metric, name=name)
