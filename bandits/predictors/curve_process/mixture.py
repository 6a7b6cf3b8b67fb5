"""The mixture of the members' forecasts, as equally likely scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from bandits.predictors.curve_process.cross_validation import DEGREES
from bandits.predictors.curve_process.ensemble import WeightedMember
from bandits.predictors.curve_process.observations import Observations
from bandits.predictors.curve_process.scales import FURTHEST

__all__ = ["LEVELS", "quantiles"]

Floats = NDArray[np.float64]

_DRAWS = 41  # quantiles of each member
_ANSWERS = 101  # quantiles of the mixture
_ERRORS = np.asarray(student.ppf((np.arange(_DRAWS) + 0.5) / _DRAWS, DEGREES), dtype=np.float64)
LEVELS = (np.arange(_ANSWERS) + 0.5) / _ANSWERS
"""Probabilities of the quantiles."""


def quantiles(members: Sequence[WeightedMember], arms: Observations) -> Floats:
    """Quantiles `[n, 101]` of scores at the end of the grid, at `LEVELS`, ascending."""
    later = np.full(len(arms), len(arms.grid) - 1)
    scores, weights = [], []
    for m in members:
        means, stds = m.member.predict(arms.scaled(m.scale), later)
        values = means[:, None] + m.factor * stds[:, None] * _ERRORS
        scores.append(m.scale.to_scores(np.clip(values, -4 * FURTHEST, 4 * FURTHEST)))
        weights.append(np.full(_DRAWS, m.weight / _DRAWS))
    if len(scores) == 1:
        return _along(LEVELS, (np.arange(_DRAWS) + 0.5) / _DRAWS, scores[0])
    pooled, weight = np.concatenate(scores, axis=1), np.concatenate(weights)
    order = np.argsort(pooled, axis=1, kind="stable")
    pooled, weight = np.take_along_axis(pooled, order, axis=1), weight[order]
    levels = np.cumsum(weight, axis=1) - 0.5 * weight
    return np.array([np.interp(LEVELS, at, row) for at, row in zip(levels, pooled, strict=True)])


def _along(levels: Floats, known: Floats, scores: Floats) -> Floats:
    return np.array([np.interp(levels, known, row) for row in scores])
