"""Expected improvement: by how much an arm is expected to end above a bar."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from bandits.forecasts import Forecast

__all__ = ["expected_improvement", "middle_and_reach"]

Floats = NDArray[np.float64]
_UPPER, _NORMAL_UPPER = 0.9, 1.2815515655446004  # a probability, and the standard normal's quantile there


def middle_and_reach(forecast: Forecast) -> tuple[float, float]:
    """Median of a forecast, and the spread of its upper half.

    Returns:
        The median score, and the standard deviation of a Gaussian around it that has the forecast's quantile at 0.9.
        Only the upper half of a forecast says how good an arm may become. Both numbers are finite.
    """
    middle, upper = forecast.quantile(0.5), forecast.quantile(_UPPER)
    if not math.isfinite(middle):
        middle = forecast.mean
    reach = (upper - middle) / _NORMAL_UPPER
    return middle, reach if math.isfinite(reach) and reach > 0 else 0.0


def expected_improvement(middles: Floats, reaches: Floats, bar: float) -> Floats:
    """By how much ends are expected to exceed a bar: E max(end - bar, 0), `[n]`, >= 0.

    Args:
        middles, reaches: `[n]` means and standard deviations of Gaussian ends.
        bar: a score.

    Source: Jones, Schonlau & Welch, "Efficient global optimization of expensive black-box functions" (1998).

    Example:
        >>> expected_improvement(np.array([0.0, 1.0]), np.array([1.0, 0.0]), 0.0).round(3).tolist()
        [0.399, 1.0]
    """
    above = middles - bar
    spread = np.maximum(reaches, 1e-300)
    with np.errstate(over="ignore", under="ignore"):
        z = np.clip(above / spread, -1e100, 1e100)
        value = above * ndtr(z) + spread * np.exp(-0.5 * np.minimum(z * z, 1e4)) / math.sqrt(2.0 * math.pi)
    certain = reaches <= 0
    return np.asarray(np.maximum(np.where(certain, above, value), 0.0))
