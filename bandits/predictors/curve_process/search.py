"""The search for the most probable hyperparameters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bandits.predictors.curve_process.covariance import Places
from bandits.predictors.curve_process.evidence import evidence
from bandits.predictors.curve_process.hyperparameters import WIDEST, prior
from bandits.predictors.curve_process.system import Group

__all__ = ["most_probable"]

Floats = NDArray[np.float64]

_REFUSED = 1e10


def most_probable(start: Floats, places: Places, groups: Sequence[Group], steps: int) -> Floats:
    """Climb from `start`, at most `steps` steps; the same arguments give the same result.

    Returns:
        `[8 + p]` logarithms. Where no matrix can be factored, they are those of `start`.
    """
    centre, spread = prior(places.features.shape[1])

    def loss(theta: Floats) -> tuple[float, Floats]:
        z = (theta - centre) / spread
        try:
            value, slope = evidence(theta, places, groups)
        except np.linalg.LinAlgError:
            return _REFUSED, np.zeros_like(theta)
        return value + 0.5 * float(z @ z), slope + z / spread

    bounds = list(zip(centre - WIDEST * spread, centre + WIDEST * spread, strict=True))
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": steps, "maxfun": 2 * steps}
    )
    return np.asarray(found.x if found.fun < _REFUSED else start, dtype=np.float64)
