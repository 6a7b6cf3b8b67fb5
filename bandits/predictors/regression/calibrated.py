"""Regressions that say for which arms their error is larger; its scale and tails are measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.forecasts import ErrorShape
from bandits.predictors.features import Design
from bandits.predictors.regression.regressors import FittedWithErrors
from bandits.predictors.regression.student_errors import fitted_student, half_width, student_shape

__all__ = ["Calibrated", "Distribution"]

Floats = NDArray[np.float64]

_LIGHTEST_TAILS = 32  # degrees of freedom: hardly different from a Gaussian


Distribution = Callable[[Design], tuple[Floats, Floats]]
"""A fitted model: maps the inputs of m arms to `[m]` means and `[m]` standard deviations, > 0."""


@dataclass(frozen=True, slots=True)
class Calibrated(FittedWithErrors):
    """A distribution whose standard deviations are multiplied by one factor, with the tails of Student's t.

    Args:
        distribution: what is calibrated.
        residuals: `[n]` out-of-sample residuals.
        factor: multiplies the standard deviations.
        freedom: degrees of freedom of the error.
    """

    distribution: Distribution
    residuals: Floats
    factor: float
    freedom: int

    @classmethod
    def of(cls, distribution: Distribution, residuals: Floats, stds: Floats) -> Calibrated:
        """Take the factor and the tails that make out-of-sample errors most likely.

        Args:
            distribution: what is calibrated.
            residuals: `[n]` errors on curves that a model of the same settings did not see.
            stds: `[n]` standard deviations that this model gave for these errors, > 0.
        """
        scale, freedom = fitted_student(residuals / stds, _LIGHTEST_TAILS)
        return cls(distribution, residuals, scale * half_width(freedom), freedom)

    def predict_with_error(self, design: Design) -> tuple[Floats, Floats, Sequence[ErrorShape]]:
        """See `Fitted.predict_with_error`."""
        means, stds = self.distribution(design)
        return means, self.factor * stds, [student_shape(self.freedom)] * len(stds)
