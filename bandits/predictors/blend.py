"""The default regression: linear and local models, weighted by how far off each is on curves it did not see.

No one model is good everywhere. A linear one extrapolates, which the best arm of a search asks for; a local one
bends. A short, smooth prefix is best taken epoch by epoch; a long, noisy one drowns in its own differences and is
better summarised. Sometimes the hyperparameters decide and the prefix hardly matters. So a few models that differ
in just these ways are fitted, and their out-of-sample errors on the training curves decide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.predictors.features import Design
from bandits.predictors.gaussian_process import LinearProcess, LocalProcess
from bandits.predictors.regressors import Fitted, Regressor

__all__ = ["Blend", "Weighted"]

Floats = NDArray[np.float64]

_MEMBERS: tuple[Regressor, ...] = (
    LinearProcess(("series", "static")),
    LinearProcess(("summary", "static")),
    LocalProcess((("summary", "static"),)),
    LocalProcess((("summary",), ("static",))),
)
_SHARPNESS = 0.4  # a member's weight is its mean absolute error to the power -0.4 sqrt(n)
_REACH = 3.0  # how far beyond the training targets a forecast may lie, in distances from their median to their ends
_ENOUGH = 500  # curves


@dataclass(frozen=True, slots=True)
class Weighted(Fitted):
    """A weighted mean of fitted regressions, kept within a range.

    Args:
        members: what is averaged.
        weights: one for each, >= 0, summing to 1.
        low, high: each member's prediction is cut off here.
        residuals: `[n]` of the weighted mean.
    """

    members: tuple[Fitted, ...]
    weights: tuple[float, ...]
    low: float
    high: float
    residuals: Floats

    def predict(self, design: Design) -> Floats:
        """See `Fitted.predict`."""
        predictions = [member.predict(design) for member in self.members]
        return np.asarray(_mean(self.weights, [np.clip(p, self.low, self.high) for p in predictions]))


@dataclass(frozen=True, slots=True)
class Blend(Regressor):
    """Linear and local models, weighted by their mean absolute leave-one-out errors to the power -0.4 sqrt(n).

    The absolute error, since a mean square is decided by the one curve that collapsed. The power grows with the
    number of curves since errors are known to within a share of about 1 / sqrt(n): it is 1.8 for 20 curves and 4 for
    100, where a member that is twice as far off as the best gets a sixteenth of its weight.

    No forecast lies further beyond the training targets than three times the distance from their median to their
    end on that side, so that a linear model cannot run away with an odd arm.

    Residuals are exact leave-one-out, with hyperparameters, weights and range held fixed. Of more than 500 curves, 500
    drawn at random are used, which bounds the cost of a fit (O(n^3)) where more curves would teach little.
    """

    members: tuple[Regressor, ...] = _MEMBERS

    def fit(self, design: Design, y: Floats, rng: np.random.Generator) -> Weighted:
        """See `Regressor.fit`."""
        if len(y) > _ENOUGH:
            chosen = np.sort(rng.permutation(len(y))[:_ENOUGH])
            design, y = design.rows(chosen), y[chosen]
        members = tuple(member.fit(design, y, rng) for member in self.members)
        middle = float(np.median(y))
        low = float(y.min()) - _REACH * (middle - float(y.min()))
        high = float(y.max()) + _REACH * (float(y.max()) - middle)
        unseen = [np.clip(y - member.residuals, low, high) for member in members]
        errors = np.array([np.abs(y - prediction).mean() for prediction in unseen]) + np.finfo(float).tiny
        raw = (errors.min() / errors) ** (_SHARPNESS * np.sqrt(len(y)))
        weights = tuple((raw / raw.sum()).tolist())
        return Weighted(members, weights, low, high, y - _mean(weights, unseen))


def _mean(weights: tuple[float, ...], values: list[Floats]) -> Floats:
    """Weighted mean of arrays."""
    return np.asarray(sum(weight * value for weight, value in zip(weights, values, strict=True)))
