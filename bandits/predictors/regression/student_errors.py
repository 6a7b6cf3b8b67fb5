"""Errors with heavy tails: Student's t as the shape of a forecast's error, and its scale from errors seen."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtr, stdtrit

from bandits.forecasts import ErrorShape

__all__ = ["fitted_student", "half_width", "student_shape"]

Floats = NDArray[np.float64]

_KNOTS = np.linspace(-4.0, 4.0, 65)  # straight lines between them are within 2 % of the quantile, whatever the tails
_ITERATIONS = 100
_CONVERGED = 1e-9
_CENTRAL = 0.6827  # share of a Gaussian within one standard deviation
_FREEDOMS = (1, 2, 4, 8, 16, 32)
_SMALLEST_VARIANCE = 1e-12  # of the largest error: where half of the errors are 0


@cache
def half_width(freedom: int) -> float:
    """Half the width of the central 68 % of Student's t of scale 1; for a Gaussian it is the standard deviation.

    With 1 or 2 degrees of freedom, t has no standard deviation; this half width is used instead.
    """
    return float(stdtrit(freedom, ndtr(1.0)))


@cache
def student_shape(freedom: int) -> ErrorShape:
    """Student's t, in units of `half_width`.

    Args:
        freedom: degrees of freedom, >= 1.
    """
    quantiles = stdtrit(freedom, ndtr(_KNOTS[_KNOTS < 0])) / half_width(freedom)
    errors = np.concatenate((quantiles, [0.0], -quantiles[::-1]))
    return ErrorShape(tuple(_KNOTS.tolist()), tuple(errors.tolist()))


def fitted_student(errors: Floats, most: int) -> tuple[float, int]:
    """Scale and freedom of the Student's t with centre 0 under which errors are most likely.

    Where half of the errors are nearly 0, the most likely t is much narrower than the other half. So the central 68 %
    of the t are never narrower than the central 68 % of the errors.

    Args:
        errors: `[n]` finite, n >= 1.
        most: largest freedom, >= 1. Below it, powers of 2 are tried.

    Returns:
        The scale, 0 only where all errors are 0, and the degrees of freedom.

    Source: Lange, Little, Taylor, "Robust statistical modeling using the t distribution" (JASA 84, 1989).
    """
    largest = float(np.abs(errors).max())
    if largest == 0.0:
        return 0.0, most
    errors = errors / largest
    tried = [freedom for freedom in _FREEDOMS if freedom < most] + [most]
    scales = [_scale(errors, freedom) for freedom in tried]
    likelihoods = [_log_likelihood(errors, scale, freedom) for scale, freedom in zip(scales, tried, strict=True)]
    best = int(np.argmax(likelihoods))
    least = float(np.quantile(np.abs(errors), _CENTRAL)) / half_width(tried[best])
    return largest * max(scales[best], least), tried[best]


def _scale(errors: Floats, freedom: int) -> float:
    """The most likely scale for a freedom, by expectation maximisation: an error far out counts for little."""
    squares = errors**2
    variance = float(squares.mean())
    for _ in range(_ITERATIONS):
        before = variance
        variance = float(((freedom + 1.0) * squares / (freedom + squares / variance)).mean())
        variance = max(variance, _SMALLEST_VARIANCE)
        if abs(variance - before) <= _CONVERGED * before:
            break
    return math.sqrt(variance)


def _log_likelihood(errors: Floats, scale: float, freedom: int) -> float:
    """Mean log density."""
    constant = gammaln((freedom + 1) / 2) - gammaln(freedom / 2) - math.log(math.sqrt(freedom * math.pi) * scale)
    return float(constant - (freedom + 1) / 2 * np.log1p((errors / scale) ** 2 / freedom).mean())
