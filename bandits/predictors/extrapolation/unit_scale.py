"""Scores as LCE's families expect them: rising, from about 0 towards about 1.

Each curve is forecast alone, so its scale is decided from its own scores:

- between 0 and 1 (an accuracy): as they are;
- between 0 and 100 (a percentage): divided by 100;
- below 0 (a loss): 1 - 0.9 loss / (worst loss), so that the worst is 0.1 and a loss of 0 is 1;
- below 0, and the worst loss is at least three times the best (a perplexity, or a loss that falls far):
  the logarithm, with the worst at 0.1 and the best at 0.7;
- anything else: shifted and stretched, with the worst at 0.1 and the best at 0.7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bandits.forecasts import Link
from bandits.predictors.features import apply_link, link_of
from bandits.predictors.linked_scale import LinkedScale

__all__ = ["UnitScale"]

Floats = NDArray[np.float64]

_WORST, _BEST = 0.1, 0.7  # where a curve of unknown range starts, and where it is now
_UNKNOWN_CEILING = 2.0
_LEAST_SPAN = 1e-3  # of a curve, relative to its magnitude: a smaller span counts as rounding and noise
_LEAST_LOG_SPAN = math.log(3.0)


@dataclass(frozen=True, slots=True)
class UnitScale(LinkedScale):
    """The scale of one curve.

    Args:
        ceiling: the largest possible score on the unit scale: 1 for accuracies, percentages and losses. Where the
            largest possible score is not known it is 2: a curve can still gain about twice its gain so far.
    """

    ceiling: float

    @classmethod
    def choose(cls, scores: Floats, link: Link | Literal["auto"] = "auto") -> UnitScale | None:
        """The scale of one curve; None if its numbers are too large, too small, or outside the link's domain.

        Args:
            scores: `[n]`, finite, larger is better.
            link: "auto" decides by `bandits.predictors.features.choose_link`, from this curve alone.
        """
        with np.errstate(all="ignore"):
            chosen = link_of(link, scores[np.newaxis])
            values = apply_link(chosen, scores)
            scale = cls(chosen, *_affine(chosen, float(values.min()), float(values.max())))
            origin, unit = scale.origin, scale.unit
            fine = math.isfinite(origin) and unit > 0 and np.isfinite(scale.to_unit(scores)).all()
        return scale if fine else None


def _affine(link: Link, worst: float, best: float) -> tuple[float, float, float]:
    """Origin, unit and ceiling for values between `worst` and `best` on the link's scale."""
    if link is Link.LOG_LOSS:
        unit = max(best - worst, _LEAST_LOG_SPAN) / (_BEST - _WORST)
        return worst - _WORST * unit, unit, _UNKNOWN_CEILING
    if worst >= 0.0 and best <= 1.0:
        return 0.0, 1.0, 1.0
    if worst >= 0.0 and best <= 100.0:
        return 0.0, 100.0, 1.0
    if best < 0.0:
        unit = -worst / (1.0 - _WORST)
        return -unit, unit, 1.0
    unit = max(best - worst, _LEAST_SPAN * max(abs(best), abs(worst))) / (_BEST - _WORST)
    return worst - _WORST * unit, unit, _UNKNOWN_CEILING
