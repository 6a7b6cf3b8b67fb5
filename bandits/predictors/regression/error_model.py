"""How far off a regression's forecasts are: the width and the shape of its errors, from leave-one-out residuals.

One sigma and a Gaussian for all arms (Baker et al. 2017, section 3.3) is wrong in three ways. This file corrects each.

1. Errors are not of one width. A Gaussian process knows how near training curves are to an arm, and states a standard
   deviation; residuals are measured in units of it. But it does not know that good arms may be forecast more exactly
   than bad ones. This is learnt from the size of the residuals of curves whose forecasts have a nearby rank.
2. Errors are skewed and have heavy tails, since runs may collapse. The standardised residuals themselves are the
   distribution. As in conformal prediction, n of them cut the line into n + 1 equally likely parts (Vovk et al. 2005;
   with leave-one-out residuals it is the jackknife of Barber et al. 2021). A search decides in the tails, beyond the
   residuals: there the distribution goes on as Student's t.
3. Residuals of few curves are too small, since hyperparameters were chosen on the same curves that are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtrit

from bandits.forecasts import GAUSSIAN, ErrorShape

__all__ = ["ErrorModel", "shape_of"]

Floats = NDArray[np.float64]

_NEARBY = 0.2  # ranks, as a share of all, that count as nearby: one standard deviation
_PRIOR = 0.1  # every arm counts as having so many curves of ordinary errors nearby, as a share of all
_CAP = 0.95  # sizes of errors are cut off at this quantile, so that no single one sets the width for its rank
_OPTIMISM = 2.0  # residuals of n curves are multiplied by 1 + this / n
_T_DEGREES = 3.0  # of freedom: the heaviest tails whose variance exists
_TAIL = 0.1  # share of the residuals, on either side, that set the width of the tail
_LEAST_TAIL = 0.25  # a tail's least width, as a share of the width that the middle would give it
_KNOTS = 20  # of a shape between its tails, at most; each stands for four residuals or more
_TAIL_KNOTS = np.array([1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0])  # normal quantiles
_GAP = 0.15  # distance between a tail's first knot and the last residuals
_ONE_SIGMA = 1.0  # a Gaussian's quantiles at which a standard deviation is read off


@dataclass(frozen=True, slots=True)
class ErrorModel:
    """The width of errors, which depends on an arm's forecast, and their shape.

    Args:
        ladder: `[n]` leave-one-out predictions of the training curves, ascending: they give a forecast its rank.
        sizes: `[n]` absolute standardised residuals in that order.
        shape: the shape of the errors; their standard deviation (half the central 68 %) is 1.
    """

    ladder: Floats
    sizes: Floats
    shape: ErrorShape

    @classmethod
    def learn(cls, predictions: Floats, stds: Floats, residuals: Floats) -> ErrorModel:
        """Learn from training curves.

        Args:
            predictions, stds, residuals: `[n]` of each curve, from the others: the prediction, its standard
                deviation, and by how much the truth was higher; stds > 0.
        """
        order = np.argsort(predictions, kind="stable")
        z = residuals[order] / stds[order] * (1.0 + _OPTIMISM / len(residuals))
        cap = float(np.quantile(np.abs(z), _CAP))
        sizes = (
            np.minimum(np.abs(z), cap) if cap > 0 else np.abs(z)
        )  # most residuals are 0 where ends repeat last scores
        level = cls(predictions[order], sizes, GAUSSIAN)
        z = z / np.maximum(level.widths(predictions[order]), np.finfo(float).tiny)
        shape, unit = shape_of(z)
        return cls(level.ladder, sizes * unit, shape)

    def widths(self, predictions: Floats) -> Floats:
        """`[m]` how large errors are near each of m forecasts, in the regression's own standard deviations."""
        n = len(self.ladder)
        ranks = np.searchsorted(self.ladder, predictions)[:, np.newaxis]
        near = np.exp(-0.5 * ((ranks - np.arange(n)) / (_NEARBY * n)) ** 2)
        ordinary = _PRIOR * n
        widths = (near @ self.sizes + ordinary * self.sizes.mean()) / (near.sum(axis=1) + ordinary)
        return np.asarray(np.where(np.isfinite(predictions), widths, np.nan))

    def errors(self, predictions: Floats, stds: Floats) -> tuple[Floats, Sequence[ErrorShape]]:
        """`[m]` standard deviations and shapes for m forecasts with the regression's own `stds`."""
        return stds * self.widths(predictions), [self.shape] * len(predictions)


def shape_of(errors: Floats) -> tuple[ErrorShape, float]:
    """The distribution that standardised errors were drawn from, with tails beyond them.

    Args:
        errors: `[n]`, n >= 2.

    Returns:
        A shape whose standard deviation (half the width of the central 68 %) is 1, and that standard deviation in
        units of the errors; 0 if all errors are 0.
    """
    z = np.sort(errors)
    n = len(z)
    share = np.arange(1.0, n + 1.0) / (n + 1.0)
    groups = np.array_split(np.arange(n), min(_KNOTS, max(2, n // 4)))
    normal = np.array([ndtri(share[group]).mean() for group in groups])
    inner = np.array([z[group].mean() for group in groups])
    middle = float(np.median(np.abs(z))) / float(stdtrit(_T_DEGREES, 0.75))
    outer = min(max(2, round(_TAIL * n)), n // 2)  # without the median, which says nothing about a tail
    students = stdtrit(_T_DEGREES, share)
    left, right = (
        max(float((z[part] / students[part]).mean()), _LEAST_TAIL * middle)
        for part in (np.arange(outer), np.arange(n - outer, n))
    )
    below = -_TAIL_KNOTS[::-1][-_TAIL_KNOTS[::-1] < normal[0] - _GAP]
    above = _TAIL_KNOTS[normal[-1] + _GAP < _TAIL_KNOTS]
    knots = np.concatenate((below, normal, above))
    values = np.concatenate(
        (
            np.minimum(left * stdtrit(_T_DEGREES, ndtr(below)), inner[0]),
            inner,
            np.maximum(-right * stdtrit(_T_DEGREES, ndtr(-above)), inner[-1]),
        )
    )
    size = float(np.abs(values).max())
    if size == 0.0:
        return GAUSSIAN, 0.0
    values = np.maximum.accumulate(values) + 1e-9 * size * np.arange(len(values))  # strictly ascending
    low, high = np.interp((-_ONE_SIGMA, _ONE_SIGMA), knots, values)
    unit = float(high - low) / 2.0
    return ErrorShape(tuple(knots.tolist()), tuple((values / unit).tolist())), unit
