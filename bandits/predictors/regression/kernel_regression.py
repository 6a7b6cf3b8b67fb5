"""A Gaussian process by itself: its mean, and its own standard deviations, calibrated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.predictors.features import Design
from bandits.predictors.regression.calibrated import Calibrated
from bandits.predictors.regression.gaussian_process import AdditiveProcess
from bandits.predictors.regression.regressors import Regressor

__all__ = ["KernelRegression"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class KernelRegression(Regressor):
    """A process whose standard deviations are multiplied by the factor, and get the tails, that make its leave-one-out
    errors most likely.

    Args:
        process: the process.
    """

    process: AdditiveProcess

    def fit(self, design: Design, y: Floats, rng: np.random.Generator) -> Calibrated:
        """See `Regressor.fit`. Residuals are leave-one-out."""
        fitted, n = self.process.fit(design, y, rng), len(y)
        # The kernel was chosen on the curves that are left out: its parameters cost degrees of freedom.
        freedom = max(n - len(fitted.logs) - 1, n / 4)
        return Calibrated.of(fitted.posterior, fitted.residuals, fitted.spread * np.sqrt(freedom / n))
