"""Least squares: the best curve of each family through a learning curve. LCE's sampler starts from these."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import leastsq, minimize

from bandits.predictors.extrapolation.families import FAMILIES, CurveFamily

__all__ = ["CurveFit", "fit_families", "fit_family", "recency_weights"]

Floats = NDArray[np.float64]

_WORST_RESIDUAL = 1e6  # replaces NaN and inf, so that least squares turns back
_STEP = 1.5e-8  # relative step of forward differences: the square root of the rounding error
_LONGEST_SEARCH = 100  # evaluations in one search
_LARGEST_GUESS = 100.0  # largest score of a start: families end no higher
_CONVERGED = (1, 2, 3, 4)  # answers of MINPACK's lmdif that mean: a tolerance was reached


@dataclass(frozen=True, slots=True)
class CurveFit:
    """The best curve of a family.

    Args:
        family: the family.
        parameters: `[p]`, inside the family's box.
        cost: weighted sum of squared residuals.
    """

    family: CurveFamily
    parameters: Floats
    cost: float


def recency_weights(n: int, growth: float) -> Floats:
    """How much each epoch counts: the weights grow geometrically.

    Args:
        n: epochs seen, >= 1.
        growth: how much more the last one would count than one n epochs earlier, > 0; with 1, all count alike.

    Returns:
        `[n]` weights (growth^(1/n))^i, i = 0 .. n - 1, scaled so that their sum is (sum w)^2 / sum w^2, the number of
        equally weighted observations with as much information (Kish 1965): about 0.7 n for a growth of 10. So unequal
        weights make a posterior wider, not narrower. The paper's code does not scale them, and so counts every
        observation about four times.
    """
    weights = growth ** (np.arange(n) / n)
    return np.asarray(weights * (weights.sum() / np.square(weights).sum()), dtype=np.float64)


def fit_families(y: Floats, weights: Floats) -> list[CurveFit]:
    """Fit every family that has at most as many parameters as there are epochs.

    Args:
        y: `[n]` scores on LCE's unit scale.
        weights: `[n]` how much each counts.

    Returns:
        The fits that succeeded, in the order of `FAMILIES`.
    """
    fits = (fit_family(family, y, weights) for family in FAMILIES if len(family.parameters) <= len(y))
    return [fit for fit in fits if fit is not None]


def fit_family(family: CurveFamily, y: Floats, weights: Floats) -> CurveFit | None:
    """Use Levenberg-Marquardt from several starts; if all end outside the box, bounded L-BFGS from the best start.

    Returns:
        The best fit, or None where no start leads to a finite curve inside the box.
    """
    problem = _Problem(family, y, weights)
    third = max(len(y) // 3, 1)
    first, last = np.clip([y[:third].min(), y[-third:].mean()], -_LARGEST_GUESS, _LARGEST_GUESS).tolist()
    starts = [
        np.clip(start, family.low, family.high) for start in (family.default, *family.others(len(y), first, last))
    ]
    found = [fit for start in starts if (fit := problem.levenberg_marquardt(start)) is not None]
    if not found:
        found = [problem.bounded(min(starts, key=problem.cost))]
    fits = [CurveFit(family, parameters, problem.cost(parameters)) for parameters in found]
    best = min(fits, key=lambda fit: fit.cost)
    return best if best.cost < _WORST_RESIDUAL else None


class _Problem:
    """Weighted least squares for one family and one curve."""

    def __init__(self, family: CurveFamily, y: Floats, weights: Floats) -> None:
        self._family, self._y, self._root = family, y, np.sqrt(weights)
        self._x = np.arange(1.0, len(y) + 1.0)
        self._ln_x = np.log(self._x)
        self._low, self._high = np.array(family.low), np.array(family.high)

    def residuals(self, parameters: Floats) -> Floats:
        """`[..., n]` for `[..., p]`; a large number where the formula has no value."""
        gap = self._root * (self._family.curve(parameters, self._x, self._ln_x) - self._y)
        return np.asarray(np.where(np.abs(gap) < _WORST_RESIDUAL, gap, _WORST_RESIDUAL))

    def cost(self, parameters: Floats) -> float:
        """The weighted sum of squared residuals."""
        with np.errstate(all="ignore"):
            return float(np.sum(np.square(self.residuals(parameters))))

    def jacobian(self, parameters: Floats) -> Floats:
        """`[p, n]` forward differences, computed at once."""
        steps = _STEP * np.maximum(np.abs(parameters), 1e-3)
        around = np.vstack([parameters, parameters + np.diag(steps)])
        residuals = self.residuals(around)
        return np.asarray((residuals[1:] - residuals[0]) / steps[:, np.newaxis])

    def levenberg_marquardt(self, start: Floats) -> Floats | None:
        """MINPACK's answer, or None if it did not converge inside the box."""
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found, _, _, _, status = leastsq(
                self.residuals, start, Dfun=self.jacobian, col_deriv=True, full_output=True, maxfev=_LONGEST_SEARCH
            )
        # This is also false where a parameter is NaN.
        inside = ((self._low <= found) & (found <= self._high)).all()
        return np.asarray(found) if status in _CONVERGED and inside else None

    def bounded(self, start: Floats) -> Floats:
        """L-BFGS-B's answer, inside the box; the start itself if that is better."""
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = minimize(
                self.cost, start, method="L-BFGS-B", bounds=list(zip(self._low, self._high, strict=True))
            ).x
        found = np.clip(np.where(np.isfinite(found), found, start), self._low, self._high)
        return min(found, start, key=self.cost)
