"""Scales on which curves may differ alike: scores as they are, logarithms, logits, inverse hyperbolic sines."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["Scale", "ScaleKind", "kinds_for"]

Floats = NDArray[np.float64]

FURTHEST = 6.0  # the largest distance from the median, in units of the scale; larger ones are cut to it
_LEAST_SHARE = 1e-4  # and 1 - this: accuracies of 0 and 1 have no logit
_OVERFLOW = 600.0


class ScaleKind(StrEnum):
    """The map from a score s; m and e are learnt."""

    IDENTITY = "identity"  # s
    LOSS = "log of a loss"  # -log(-s)
    LOG = "log"  # log(s + e)
    LOGIT = "logit"  # log(s / (1 - s))
    ASINH = "asinh"  # asinh((s - m) / e)


@dataclass(frozen=True, slots=True)
class Scale:
    """An increasing map from scores to a scale with median 0 and unit spread.

    Args:
        kind: the map.
        middle, unit: its m and e.
        centre, spread: what is subtracted from the mapped score, and what the difference is divided by.
    """

    kind: ScaleKind
    middle: float
    unit: float
    centre: float = 0.0
    spread: float = 1.0

    @classmethod
    def learn(cls, kind: ScaleKind, scores: Floats) -> Scale:
        """Fit a scale to `[N]` scores in its domain."""
        middle = float(np.median(scores))
        if kind is ScaleKind.LOG:
            unit = max(float(np.quantile(scores, 0.02)), 1e-3 * float(scores.max()))
        else:
            unit = 0.5 * float(np.median(np.abs(scores - middle))) + 1e-3 * float(np.std(scores))
        unit = max(unit, 1e-12 * abs(middle), 1e-250)
        raw = cls(kind, middle, unit)._map(scores)
        centre = float(np.median(raw))
        bulk = np.maximum(raw, np.quantile(raw, 0.05))  # values that explode do not stretch the scale of all others
        spread = max(1.4826 * float(np.median(np.abs(raw - centre))), 0.3 * float(np.std(bulk)))
        return cls(kind, middle, unit, centre, max(spread, 1e-9 * abs(centre), 1e-250))

    def _map(self, scores: Floats) -> Floats:
        if self.kind is ScaleKind.IDENTITY:
            return scores
        if self.kind is ScaleKind.LOSS:
            return np.asarray(-np.log(np.maximum(-scores, 1e-300)))
        if self.kind is ScaleKind.LOG:
            return np.asarray(np.log(np.maximum(scores, 0.0) + self.unit))
        if self.kind is ScaleKind.LOGIT:
            share = np.clip(scores, _LEAST_SHARE, 1 - _LEAST_SHARE)
            return np.asarray(np.log(share) - np.log1p(-share))
        return np.asarray(np.arcsinh((scores - self.middle) / self.unit))

    def to_unit(self, scores: Floats) -> Floats:
        """Scores on this scale; any shape."""
        return np.asarray((self._map(scores) - self.centre) / self.spread)

    def to_bounded(self, scores: Floats) -> Floats:
        """The same, within 6 units of the median: values that explode do not outweigh all others."""
        return np.asarray(np.clip(self.to_unit(scores), -FURTHEST, FURTHEST))

    def to_scores(self, values: Floats) -> Floats:
        """The inverse of `to_unit`, where it has one; any shape."""
        raw = np.clip(values * self.spread + self.centre, -1e300, 1e300)
        if self.kind is ScaleKind.IDENTITY:
            return np.asarray(raw)
        raw = np.clip(raw, -_OVERFLOW, _OVERFLOW)
        if self.kind is ScaleKind.LOSS:
            return np.asarray(-np.exp(-raw))
        if self.kind is ScaleKind.LOG:
            return np.asarray(np.exp(raw) - self.unit)
        if self.kind is ScaleKind.LOGIT:
            return np.asarray(1.0 / (1.0 + np.exp(-raw)))
        return np.asarray(self.middle + self.unit * np.sinh(np.clip(raw, -_OVERFLOW / 2, _OVERFLOW / 2)))

    def log_slope(self, scores: Floats) -> Floats:
        """Logarithm of the derivative of `to_unit`: turns densities on this scale into densities of scores."""
        constant = -np.log(self.spread)
        if self.kind is ScaleKind.IDENTITY:
            return np.full_like(scores, constant)
        if self.kind is ScaleKind.LOSS:
            return np.asarray(constant - np.log(np.maximum(-scores, 1e-300)))
        if self.kind is ScaleKind.LOG:
            return np.asarray(constant - np.log(np.maximum(scores, 0.0) + self.unit))
        if self.kind is ScaleKind.LOGIT:
            share = np.clip(scores, _LEAST_SHARE, 1 - _LEAST_SHARE)
            return np.asarray(constant - np.log(share) - np.log1p(-share))
        z = (scores - self.middle) / self.unit
        return np.asarray(constant - np.log(self.unit) - 0.5 * np.log1p(z * z))


def kinds_for(scores: Floats) -> list[ScaleKind]:
    """The kinds of scales in whose domains `[N]` scores lie."""
    kinds = [ScaleKind.IDENTITY]
    if scores.max() < 0:
        kinds.append(ScaleKind.LOSS)
    if scores.min() >= 0 and scores.max() > 0:
        kinds.append(ScaleKind.LOG)
        if scores.max() <= 1:
            kinds.append(ScaleKind.LOGIT)
    kinds.append(ScaleKind.ASINH)
    return kinds
