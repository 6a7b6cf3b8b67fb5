"""The spread of a small ensemble as the error of a regression, instead of its leave-one-out residuals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.forecasts import GAUSSIAN, ErrorShape
from bandits.predictors.features import Design
from bandits.predictors.regression.regressors import Fitted, Regressor

__all__ = ["Bootstrap", "FittedBootstrap"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FittedBootstrap(Fitted):
    """A regression, and the same regression fitted to resampled curves.

    Args:
        whole: fitted to all curves; it makes the predictions.
        members: fitted to resampled curves; how far they disagree is how uncertain the prediction is.
        noise: standard deviation of the part of a target that no member can know, in target units.
        residuals: `[n]` residuals of `whole`.
    """

    whole: Fitted
    members: tuple[Fitted, ...]
    noise: float
    residuals: Floats

    def predict(self, design: Design) -> Floats:
        """See `Fitted.predict`."""
        return self.whole.predict(design)

    def errors(self, design: Design) -> tuple[Floats, Sequence[ErrorShape]]:
        """See `Fitted.errors`: Gaussian, wider where the members disagree."""
        variance = np.var([member.predict(design) for member in self.members], axis=0)
        return np.sqrt(variance + self.noise**2), [GAUSSIAN] * len(variance)


@dataclass(frozen=True, slots=True)
class Bootstrap(Regressor):
    """Refits a regression to curves drawn with replacement.

    The introduction of Baker et al. (2017) speaks of such "small model ensembles". Their section 3.3 speaks of
    leave-one-out residuals.

    The variance of a prediction is a sum: the variance between members, and the variance that members do not explain
    in curves that they have not seen.

    Args:
        base: the regression; its random search, if it has one, runs again for every member.
        members: how many, >= 2.
    """

    base: Regressor
    members: int = 20

    def fit(self, design: Design, y: Floats, rng: np.random.Generator) -> Fitted:
        """See `Regressor.fit`. Falls back to leave-one-out where fewer than two resamples can be fitted."""
        whole = self.base.fit(design, y, rng)
        n = len(y)
        members: list[Fitted] = []
        predictions = np.full((self.members, n), np.nan)
        unseen = np.zeros((self.members, n), dtype=np.bool_)
        for i in range(self.members):
            drawn = np.sort(rng.integers(n, size=n))
            if float(np.ptp(y[drawn])) == 0.0:
                continue
            member = self.base.fit(design.rows(drawn), y[drawn], rng)
            predictions[i] = member.predict(design)
            unseen[i] = True
            unseen[i, drawn] = False
            members.append(member)
        if len(members) < 2 or not unseen.any():
            return whole
        variance = np.nanvar(predictions, axis=0)
        squares = np.where(unseen, (predictions - y) ** 2 - variance, 0.0).sum() / unseen.sum()
        floor = 1e-6 * float(np.std(y))
        return FittedBootstrap(whole, tuple(members), max(float(np.sqrt(max(squares, 0.0))), floor), whole.residuals)
