"""One step of a chain of regressions: the change of a score from a check epoch to the next."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

__all__ = ["DEGREES", "LEAST", "STATE", "Step", "states"]

Floats = NDArray[np.float64]
STATE = 3  # numbers that say where a curve stands
LEAST = 3  # arms that have taken a step, before it is learnt
DEGREES = 5.0  # of freedom of the errors
_RIDGE, _FEATURE_RIDGE, _SHIFT_RIDGE = 1.0, 4.0, 0.3


def states(values: Floats, k: int) -> Floats:
    """Where curves `[n, >= k + 1]` stand at check epoch k: level, last change, and the change before, `[n, 3]`."""
    now, last, before = (values[:, max(k - back, 0)] for back in range(STATE))
    return np.column_stack([now, now - last, last - before])


class Step(NamedTuple):
    """A ridge regression of the change on a curve's state and its arm's features.

    Args:
        centre, width: `[p]` of the inputs.
        shift, slopes: the mean change, and what `[p]` standard inputs add to it.
        inverse: `[p, p]` covariance of the slopes, in squared errors.
        error: standard deviation of a change.
        arms: how many have taught it.
    """

    centre: Floats
    width: Floats
    shift: float
    slopes: Floats
    inverse: Floats
    error: float
    arms: int

    @classmethod
    def learn(cls, inputs: Floats, changes: Floats, prior_error: float) -> tuple[Step, Floats]:
        """Fit it to inputs `[n, p]` and changes `[n]`, outliers weighted down as Student errors are.

        Returns:
            The step, and the log density `[n]` of each arm's change given the others.
        """
        count, width = len(inputs), inputs.std(axis=0)
        centre, width = inputs.mean(axis=0), np.where(width < 1e-9, 1.0, width)
        z, weights = (inputs - centre) / width, np.ones(count)
        ridge = np.diag([_RIDGE] * STATE + [_FEATURE_RIDGE] * (inputs.shape[1] - STATE))
        for _ in range(3):
            total = weights.sum() + _SHIFT_RIDGE
            shift = float(weights @ changes / total)
            inverse = np.linalg.inv((z.T * weights) @ z + ridge)
            slopes = inverse @ (z.T @ (weights * (changes - shift)))
            leverage = ((z @ inverse) * z).sum(axis=1)
            left_out = (changes - shift - z @ slopes) / (1 - np.clip(weights * (leverage + 1 / total), 0.0, 0.9))
            error = float(np.sqrt((weights @ left_out**2 + LEAST * prior_error**2) / (count + LEAST)))
            weights = (DEGREES + 1) / (DEGREES + (left_out / error) ** 2)
        spread = error * np.sqrt(1 + leverage + 1 / (count + 1))
        density = student.logpdf(left_out / spread, DEGREES) - np.log(spread)
        return cls(centre, width, shift, slopes, inverse, error, count), density

    def ahead(self, inputs: Floats) -> tuple[Floats, Floats, Floats]:
        """The change of arms with inputs `[n, p]`: means `[n]`, slopes along the state `[3]`, variances `[n]`."""
        z = np.clip((inputs - self.centre) / self.width, -4, 4)
        variances = self.error**2 * (1 + ((z @ self.inverse) * z).sum(axis=1) + 1 / (self.arms + 1))
        return self.shift + z @ self.slopes, self.slopes[:STATE] / self.width[:STATE], variances
