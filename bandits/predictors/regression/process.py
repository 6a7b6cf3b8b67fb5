"""A fitted Gaussian process: predictions with standard deviations, and what they would be if a curve were left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.predictors.features import Design
from bandits.predictors.regression.kernel import Block, Kernel, block_between
from bandits.predictors.regression.regressors import Fitted
from bandits.predictors.regression.warp import Warp

__all__ = ["Process"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Process(Fitted):
    """A fitted Gaussian process to n curves, of which the first c are complete; everything in target units.

    Args:
        kernel, logs: the kernel and its hyperparameters.
        warp: of the inputs, or None.
        anchored: whether the last score is added to what the process says.
        design: `[n]` the inputs that it was fitted to, warped.
        weights: `[n]` of the kernel on each of them.
        intercept: the constant.
        precision: `[n, n]` inverse of kernel and noise.
        sums: `[n]` sums of the rows of `precision`.
        noise: variance of a measurement.
        unit: target units of one standard deviation.
        residuals: `[c]` leave-one-out residuals.
        spread: `[c]` leave-one-out standard deviation of a new curve with each curve's inputs, noise included.
        target: `[n]` what it was fitted to, in its unit, less the last score if anchored.
        left_out: `[n - c, c]` targets of the curves that are not complete, if each complete one had been left out.
    """

    kernel: Kernel
    logs: Floats
    warp: Warp | None
    anchored: bool
    design: Design
    weights: Floats
    intercept: float
    precision: Floats
    sums: Floats
    noise: float
    unit: float
    residuals: Floats
    spread: Floats
    target: Floats
    left_out: Floats

    def predict(self, design: Design) -> Floats:
        """See `Fitted.predict`."""
        return self.posterior(design)[0]

    def posterior(self, design: Design, cache: dict[tuple[bool, str], Block] | None = None) -> tuple[Floats, Floats]:
        """Predictions for m arms and their standard deviations, noise included: `[m]` each.

        Args:
            design: of the arms.
            cache: what other processes of the same curves have computed for these arms; this one adds to it.
        """
        blocks = self._blocks(design, {} if cache is None else cache)
        cross = self.kernel.matrix(self.logs, self.kernel.chosen(blocks))
        mean = (cross @ self.weights + self.intercept) * self.unit
        free = 1.0 - cross @ self.sums
        variance = self.kernel.variance(self.logs, len(mean), [squares for _, _, squares in blocks])
        variance += self.noise + free**2 / self.sums.sum()
        variance -= np.einsum("ij,ij->i", cross @ self.precision, cross)
        std = self.unit * np.sqrt(np.maximum(variance, self.noise))
        return mean + design.last if self.anchored else mean, std

    def posterior_without(
        self, design: Design, cache: dict[tuple[bool, str], Block] | None = None
    ) -> tuple[Floats, Floats]:
        """What `posterior` would give if each of c complete curves in turn had been left out: `[m, c]` each.

        A prediction is a weighted sum of the targets. To leave a curve out, its target is replaced by its own
        leave-one-out prediction.
        """
        cache = {} if cache is None else cache
        cross = self.kernel.matrix(self.logs, self.kernel.chosen(self._blocks(design, cache)))
        c, total = len(self.residuals), self.sums.sum()
        shares = cross @ self.precision + np.outer(1.0 - cross @ self.sums, self.sums / total)
        measured, others = shares[:, :c], shares[:, c:]
        mean = (measured @ self.target[:c])[:, np.newaxis] - measured * (self.residuals / self.unit)
        mean = (mean + others @ self.left_out) * self.unit
        gained = self.unit**2 * measured**2 / (np.diag(self.precision)[:c] - self.sums[:c] ** 2 / total)
        std = np.sqrt(self.posterior(design, cache)[1][:, np.newaxis] ** 2 + gained)
        return mean + design.last[:, np.newaxis] if self.anchored else mean, std

    def _blocks(self, design: Design, cache: dict[tuple[bool, str], Block]) -> list[Block]:
        """What the kernel is made of, block by block, between arms and training curves."""
        for block in self.kernel.blocks:
            key = (self.warp is not None, block)
            if key not in cache:
                arms = getattr(design, block) if self.warp is None else self.warp.bent(design, block)
                cache[key] = block_between(arms, getattr(self.design, block))
        return [cache[self.warp is not None, block] for block in self.kernel.blocks]
