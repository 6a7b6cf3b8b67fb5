"""How LCE's families rise, without their start and end: from 0 at epoch 1 to 1 at the horizon.

A curve of a family is a start, a height and a rise: f(x) = f(1) + (f(end) - f(1)) q(x). The rise q has at most
two parameters, which say when and how abruptly scores grow. Each is expressed as a logarithm or a logit, so that it may
be any number. Its Gaussian prior covers what a learning curve may do between epoch 1 and the horizon.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bandits.predictors.extrapolation.fits import CurveFit

__all__ = ["RISES", "Rises"]

Floats = NDArray[np.float64]

RISES: tuple[str, ...] = (
    "exp4",
    "Janoschek",
    "Weibull",
    "MMF",
    "Hill3",
    "log power",
    "pow3",
    "pow4",
    "vapor pressure",
    "log log linear",
    "ilog2",
)
"""The families of `bandits.predictors.extrapolation.families`, in the order in which they are computed.

The first three rise like 1 - exp(-(x / t)^d), the next three like 1 - 1 / (1 + (x / t)^d).
"""

_STRETCHED, _SIGMOID, _POWERS = slice(0, 3), slice(3, 6), slice(0, 7)
_POW3, _POW4, _VAPOR, _LOG_LOG, _ILOG2 = 6, 7, 8, 9, 10
_TIMES, _EXPONENTS = slice(0, 7), slice(7, 15)  # ln t of the first six and pow4; ln d of the first eight
_MIX, _STEEPNESS, _RATIO = 15, 16, 17  # the numbers of vapor pressure (two) and of log log linear
_LARGEST_EXPONENT = 600.0  # exp of a larger number overflows
_LONGEST_WAY = 2.0  # largest distance from the prior's centre to a least-squares fit, in standard deviations


class Rises:
    """The rises of all families, for many positions at once.

    A position's 18 numbers are, with their prior mean and standard deviation:

    - ln t of exp4, Janoschek, Weibull, MMF, Hill3, log power and pow4: the epoch about which scores grow; half and
      a quarter of ln(end), so that everything from epoch 1 to the end lies within two standard deviations;
    - ln d, how abruptly, of the same first six: 0 and 0.5, but ln 0.7 for the first three (learning curves grow
      more slowly than an exponential); of pow3 and pow4, the power's exponent: 0 and 1;
    - of vapor pressure, exp(L m(x)): the logit of the share of ln x in m, 0 and 1.8 (about uniform), and ln L: 0 and 1;
    - of log log linear, ln(1 + r ln x): ln r, 0 and 1.5.

    Args:
        x: `[n]` epochs that were seen, ascending; the first is 1.
        end: the epoch at which a rise is 1, larger than all of `x`.

    Attributes:
        size: how many numbers a position has.
        centre, spread: `[size]` the Gaussian prior.
    """

    size = 18

    def __init__(self, x: Floats, end: float) -> None:
        grid = np.append(x, end)
        self._end = end
        self._x, self._ln_x = grid, np.log(grid)
        self._ln_end = math.log(end)
        self._early = (1.0 - 1.0 / grid) / (1.0 - 1.0 / end)
        self._late = self._ln_x / self._ln_end - self._early
        self._ilog2 = 1.0 / np.log1p(grid)
        self.centre = np.array([self._ln_end / 2.0] * 7 + [math.log(0.7)] * 3 + [0.0] * 8)
        self.spread = np.array([self._ln_end / 4.0] * 7 + [0.5] * 6 + [1.0] * 2 + [1.8, 1.0, 1.5])

    def combined(self, positions: Floats, weights: Floats) -> Floats:
        """Weighted sums of the families' rises.

        Args:
            positions: `[m, size]`.
            weights: `[m, 11]` of the families in the order of `RISES`, each row with sum 1.

        Returns:
            `[m, n]` at the epochs of `x`, 0 at epoch 1; NaN where a family's formula has no value.
        """
        curves = self._curves(positions)
        first, last = curves[:, :, 0], curves[:, :, -1]
        shares = weights.T / (last - first)
        offset = (shares * first).sum(axis=0)
        return np.asarray(np.einsum("km,kmn->mn", shares, curves[:, :, :-1]) - offset[:, np.newaxis])

    def _curves(self, positions: Floats) -> Floats:
        """`[11, m, n + 1]` rises up to an affine map. Arrays are filled in place: this is where LCE spends its time."""
        numbers = positions.T[:, :, np.newaxis]
        exponents = np.exp(numbers[_EXPONENTS])
        curves = np.empty((len(RISES), len(positions), len(self._x)))
        # (x / t)^d of the first six families, x^-d of pow3
        rates = exponents[_POWERS].copy()
        rates[_POW3] *= -1.0
        powers = curves[_POWERS]
        np.multiply(rates, self._ln_x, out=powers)
        powers[:_POW3] -= rates[:_POW3] * numbers[:_POW3]
        np.minimum(powers, _LARGEST_EXPONENT, out=powers)
        np.exp(powers, out=powers)
        stretched, sigmoid = curves[_STRETCHED], curves[_SIGMOID]
        np.negative(stretched, out=stretched)
        np.exp(stretched, out=stretched)
        sigmoid += 1.0
        np.reciprocal(sigmoid, out=sigmoid)
        # (1 + x / t)^-d
        pow4 = curves[_POW4]
        np.multiply(self._x, np.exp(-numbers[_TIMES.stop - 1]), out=pow4)
        np.log1p(pow4, out=pow4)
        pow4 *= -exponents[_POW4]
        np.exp(pow4, out=pow4)
        # exp(L m(x)), m from (1 - 1 / x) to ln x
        vapor = curves[_VAPOR]
        np.multiply(1.0 / (1.0 + np.exp(-numbers[_MIX])), self._late, out=vapor)
        vapor += self._early
        vapor *= np.exp(numbers[_STEEPNESS])
        np.exp(vapor, out=vapor)
        log_log = curves[_LOG_LOG]
        np.multiply(np.exp(numbers[_RATIO]), self._ln_x, out=log_log)
        np.log1p(log_log, out=log_log)
        curves[_ILOG2] = self._ilog2
        return curves

    def centred_at(self, fits: Sequence[CurveFit]) -> Floats:
        """`[size]` the position of least-squares fits; the prior's centre for families without a fit.

        A number that is more than two of the prior's standard deviations from the centre is moved back to that bound.
        """
        position = self.centre.copy()
        for fit in fits:
            columns, convert = _FROM_PARAMETERS[fit.family.name]
            with np.errstate(all="ignore"):
                numbers = np.array(convert(self._ln_end, *fit.parameters), dtype=np.float64)
            if not np.isnan(numbers).any():
                way = _LONGEST_WAY * self.spread[columns]
                position[columns] = np.clip(numbers, self.centre[columns] - way, self.centre[columns] + way)
        return position


def _of_vapor_pressure(ln_end: float, _a: float, b: float, c: float) -> list[float]:
    """exp(a + b / x + c ln x)."""
    late, early = c * ln_end, -b * (1.0 - math.exp(-ln_end))
    return [np.log(late / early), np.log(late + early)]


_FROM_PARAMETERS: Mapping[str, tuple[list[int], Callable[..., list[float]]]] = {
    "exp4": ([0, 7], lambda _e, _c, a, _b, alpha: [-np.log(a) / alpha, np.log(alpha)]),
    "Janoschek": ([1, 8], lambda _e, _alpha, _beta, kappa, delta: [-np.log(kappa) / delta, np.log(delta)]),
    "Weibull": ([2, 9], lambda _e, _alpha, _beta, kappa, delta: [-np.log(kappa), np.log(delta)]),
    "MMF": ([3, 10], lambda _e, _alpha, _beta, kappa, delta: [-np.log(kappa), np.log(delta)]),
    "Hill3": ([4, 11], lambda _e, _theta, eta, kappa: [np.log(kappa), np.log(eta)]),
    "log power": ([5, 12], lambda _e, _a, b, c: [b, np.log(-c)]),
    "pow3": ([13], lambda _e, _c, _a, alpha: [np.log(alpha)]),
    "pow4": ([6, 14], lambda _e, _c, a, b, alpha: [np.log(b / a), np.log(alpha)]),
    "vapor pressure": ([_MIX, _STEEPNESS], _of_vapor_pressure),
    "log log linear": ([_RATIO], lambda _e, a, b: [np.log(a / b)]),
    "ilog2": ([], lambda _e, *_: []),
}
"""The columns of a family's numbers, and (ln end, its parameters as in `families`) -> the numbers."""
