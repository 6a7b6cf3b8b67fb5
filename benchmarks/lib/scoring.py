"""How good a set of forecasts is, now that the truth is known: coverage, log density, CRPS, width. Pure functions.

Forecasts and truths are scores (larger is better). n arms, K probabilities.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from bandits.forecasts import ErrorShape, Forecast, Link
from bandits.predictors.features import apply_link, invert_link

__all__ = [
    "GRID",
    "LEVELS",
    "TAILS",
    "Yardstick",
    "best",
    "coverage",
    "coverage_of_best_if_right",
    "crps",
    "exceedance",
    "exceedance_of_best_if_right",
    "log_density",
    "probabilities",
    "quantiles",
    "width",
    "yardstick_of",
]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)
"""Nominal coverages of central intervals."""
TAILS = (0.9, 0.95, 0.99)
"""Probabilities of one-sided quantiles."""
GRID: Floats = (np.arange(200) + 0.5) / 200
"""Probabilities at which a distribution stands for itself: the middles of 200 equal parts."""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What is small and what is far away on a table.

    Args:
        unit: interquartile range of the final scores of all arms, > 0.
        low, high: three units below the first quartile and above the third. Beyond them, how far is no matter.
    """

    unit: float
    low: float
    high: float


def yardstick_of(finals: Floats) -> Yardstick:
    """The yardstick of a table; where the quartiles are equal, the unit is the standard deviation.

    Args:
        finals: `[n]` final scores of all arms; not all equal.
    """
    first, third = np.quantile(finals, [0.25, 0.75])
    unit = float(third - first) or float(finals.std())
    return Yardstick(unit, float(first - 3 * unit), float(third + 3 * unit))


def quantiles(forecasts: Sequence[Forecast], probabilities: Sequence[float] | Floats) -> Floats:
    """`Forecast.quantile` of many at once.

    Returns:
        `[n, K]`; -inf where a loss would be too large for a number.
    """
    levels = np.asarray(probabilities, dtype=np.float64)
    result = np.empty((len(forecasts), len(levels)))
    for (link, shape), members in _kinds(forecasts).items():
        if shape is None:
            for i in members:
                samples = np.asarray(forecasts[i].samples)
                places = np.clip(levels * len(samples) - 0.5, 0, len(samples) - 1)
                result[i] = np.interp(places, np.arange(len(samples)), samples)
            continue
        means, stds = _centres(link, [forecasts[i] for i in members])
        errors = _along(np.array(shape.normal), np.array(shape.errors), ndtri(levels))
        result[members] = invert_link(link, means[:, None] + stds[:, None] * errors)
    return result


def probabilities(forecasts: Sequence[Forecast], scores: Floats) -> Floats:
    """`Forecast.prob_at_most` of many at once, one score each.

    Args:
        scores: `[n]`.

    Returns:
        `[n]`; among samples the distribution rises in straight lines from one to the next, as their quantiles do.
    """
    result = np.empty(len(forecasts))
    for (link, shape), members in _kinds(forecasts).items():
        if shape is None:
            for i in members:
                samples = np.asarray(forecasts[i].samples)
                heights = (np.arange(len(samples)) + 0.5) / len(samples)
                result[i] = np.interp(scores[i], samples, heights, left=0.0, right=1.0)
            continue
        means, stds = _centres(link, [forecasts[i] for i in members])
        distances = apply_link(link, scores[members]) - means
        sharp = (stds == 0) | np.isinf(distances)
        errors = np.where(sharp, 0.0, distances) / np.where(sharp, 1.0, stds)
        smooth = ndtr(_along(np.array(shape.errors), np.array(shape.normal), errors))
        result[members] = np.where(sharp, distances >= 0, smooth)
    return result


def best(truth: Floats, share: float = 0.1) -> Bools:
    """`[n]` True for the best `share` of the arms, at least one, ties in their order."""
    chosen = np.zeros(len(truth), dtype=np.bool_)
    chosen[np.argsort(-truth, kind="stable")[: max(1, round(share * len(truth)))]] = True
    return chosen


def coverage(forecasts: Sequence[Forecast], truth: Floats, levels: Sequence[float] = LEVELS) -> Bools:
    """`[n, K]` whether each arm's truth lies in its central interval, ends included."""
    tails = (1 - np.asarray(levels)) / 2
    low, high = quantiles(forecasts, tails), quantiles(forecasts, 1 - tails)
    return (low <= truth[:, None]) & (truth[:, None] <= high)


def exceedance(forecasts: Sequence[Forecast], truth: Floats, tails: Sequence[float] = TAILS) -> Bools:
    """`[n, K]` whether each arm ended above the quantile of its forecast: calibrated, 1 - `tails` of them do."""
    return truth[:, None] > quantiles(forecasts, tails)


def coverage_of_best_if_right(
    forecasts: Sequence[Forecast],
    rng: np.random.Generator,
    levels: Sequence[float] = LEVELS,
    share: float = 0.1,
    draws: int = 50,
) -> Floats:
    """`[K]` coverage among the best `share` that forecasts would have if every one of them were exactly right.

    Whoever is among the best was lucky as well, so this lies below the nominal coverage. Ends are drawn from the
    forecasts themselves.
    """
    positions = _positions_of_best(forecasts, rng, share, draws)
    tails = (1 - np.asarray(levels)) / 2
    inside: Floats = ((positions[:, None] >= tails) & (positions[:, None] <= 1 - tails)).mean(axis=0)
    return inside


def exceedance_of_best_if_right(
    forecasts: Sequence[Forecast],
    rng: np.random.Generator,
    tails: Sequence[float] = TAILS,
    share: float = 0.1,
    draws: int = 50,
) -> Floats:
    """`[K]` like `coverage_of_best_if_right`: the share of the best that would end above each quantile."""
    above: Floats = (_positions_of_best(forecasts, rng, share, draws)[:, None] > np.asarray(tails)).mean(axis=0)
    return above


def log_density(forecasts: Sequence[Forecast], truth: Floats, yardstick: Yardstick) -> Floats:
    """`[n]` natural logarithm of the density at the truth, per unit of the yardstick.

    The density is the forecast's mean density in a cell of 2 % of a unit around the truth, so it is defined for
    samples, for a standard deviation of 0 and for metrics in steps. A cell that has less than 1 chance in 10 000
    counts as 1 in 10 000: that is the worst an arm can do, and no arm decides the mean alone.
    """
    half = 0.01 * yardstick.unit
    mass = probabilities(forecasts, truth + half) - probabilities(forecasts, truth - half)
    return np.log(np.maximum(mass, 1e-4) / 0.02)


def crps(forecasts: Sequence[Forecast], truth: Floats, yardstick: Yardstick) -> Floats:
    """`[n]` continuous ranked probability score, in units of the yardstick; smaller is better.

    Twice the mean pinball loss of the quantiles at `GRID`. Quantiles and truths are first clipped to the yardstick's
    range (a threshold-weighted CRPS, still proper: Allen, Ginsbourger, Ziegel, "Evaluating forecasts for high-impact
    events using transformed kernel scores", 2023), so that a loss of 1e30 does not decide alone.
    """
    low, high = yardstick.low, yardstick.high
    errors = np.clip(truth, low, high)[:, None] - np.clip(quantiles(forecasts, GRID), low, high)
    scores: Floats = 2 * np.maximum(GRID * errors, (GRID - 1) * errors).mean(axis=1) / yardstick.unit
    return scores


def width(forecasts: Sequence[Forecast], yardstick: Yardstick, level: float = 0.9) -> Floats:
    """`[n]` width of the central interval within the yardstick's range, in its units."""
    tail = (1 - level) / 2
    ends = np.clip(quantiles(forecasts, (tail, 1 - tail)), yardstick.low, yardstick.high)
    return (ends[:, 1] - ends[:, 0]) / yardstick.unit


def _positions_of_best(forecasts: Sequence[Forecast], rng: np.random.Generator, share: float, draws: int) -> Floats:
    """Draw an end for every arm; where in its own distribution do the best ends lie?"""
    table = quantiles(forecasts, GRID)
    found = []
    for _ in range(draws):
        places = rng.integers(len(GRID), size=len(table))
        found.append(GRID[places[best(table[np.arange(len(table)), places], share)]])
    return np.concatenate(found)


def _kinds(forecasts: Sequence[Forecast]) -> dict[tuple[Link, ErrorShape | None], list[int]]:
    """Forecasts of one link and one shape can be computed together; None stands for samples."""
    kinds: dict[tuple[Link, ErrorShape | None], list[int]] = defaultdict(list)
    for i, forecast in enumerate(forecasts):
        kinds[forecast.link, None if forecast.samples is not None else forecast.shape].append(i)
    return kinds


def _centres(link: Link, forecasts: Sequence[Forecast]) -> tuple[Floats, Floats]:
    """Centres and standard deviations on the link's scale."""
    means = np.array([forecast.mean for forecast in forecasts])
    stds = np.array([forecast.std for forecast in forecasts])
    return apply_link(link, means), stds if link is Link.IDENTITY else stds / -means


def _along(xs: Floats, ys: Floats, x: Floats) -> Floats:
    """The polygon through (xs, ys) at x; its first and last sides go on for ever."""
    right = np.clip(np.searchsorted(xs, x, side="right"), 1, len(xs) - 1)
    left = right - 1
    return ys[left] + (x - xs[left]) * ((ys[right] - ys[left]) / (xs[right] - xs[left]))
