"""The posterior of a weighted combination of curve families (Domhan et al. 2015, section 3).

Model: y_t ~ N(sum_k w_k f_k(t), sigma^2), w on the simplex. With f_k = a start + a height * a rise (`shapes`), the
combination is M + D (q(t) - its mean), where q is a weighted mean of the families' rises. M and D enter linearly, so
they are integrated out exactly. A position of the sampler holds the rest: 18 numbers of the rises, 11 logarithms of
weights, ln sigma. The paper samples 48 numbers, of which the data cannot tell 18 apart.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from bandits.predictors.extrapolation.fits import CurveFit
from bandits.predictors.extrapolation.shapes import RISES, Rises

__all__ = ["Combination", "binned"]

Floats = NDArray[np.float64]

CONCENTRATION = 1.0 / len(RISES)
"""Of the weights' Dirichlet prior. Over all families it counts as one observation (Perks 1947), so that most curves
consist of one or two families."""

SIGMA_CENTRE, SIGMA_SPREAD = math.log(0.01), 1.0
"""Mean and standard deviation of the Gaussian prior of ln sigma: 0.01 of the unit scale, within a factor of three."""

_ROUNDING = 1e-4  # no score is known more exactly than one of 10 000 validation images
_MOST_POINTS = 32
_LEAST_ROOM = 0.02  # between the mean of the scores seen and the ceiling
_SMALLEST = 1e-14  # least variation of a rise over the epochs seen, as a share of its height
_DRAWS = 2000  # the walkers' starts are chosen among this many draws
_SPREADS = (0.01, 0.05, 0.15, 0.5)  # of the draws around the least-squares fits, in the prior's standard deviations
_COOLING = 0.8
_SMALLEST_WEIGHT = 1e-12


class Combination:
    """The posterior density, for many positions at once.

    The prior:

    - the combined curve ends, uniformly, between its mean over the epochs seen and the ceiling, so it never falls;
    - that mean is uniform;
    - the families' weights are Dirichlet with `CONCENTRATION`: a position holds logarithms of gamma variables;
    - the rises' numbers and ln sigma are Gaussian.

    The prior is on the combination's end, not on the end of each family. This keeps the forecast wide enough: the mean
    of eleven independent ends would be known before any epoch is seen. The weights' prior does the same for the rise.

    Args:
        fits: best curves of the families, for `start`; families without a fit start from the prior.
        y: `[n]` scores of epochs 1 .. n on the unit scale, n >= 3.
        weights: `[n]` the power to which the likelihood of each score is raised.
        end: epoch that is forecast, > n.
        ceiling: largest possible score (unit scale): 1 for accuracies.
    """

    def __init__(self, fits: list[CurveFit], y: Floats, weights: Floats, *, end: int, ceiling: float) -> None:
        x, self._y, points = binned(y, weights)
        self._total = float(points.sum())
        self._shares = points / self._total
        self._mean = float(self._y @ self._shares)
        self._square = float(weights @ np.square(y - self._mean)) / self._total
        self._ceiling = max(ceiling, self._mean + _LEAST_ROOM)
        self._rises = Rises(x, float(end))
        self._fits = fits
        self._numbers = slice(0, Rises.size)
        self._weights = slice(Rises.size, Rises.size + len(RISES))

    @property
    def size(self) -> int:
        """How many numbers make a position: 30."""
        return self._weights.stop + 1

    def log_density(self, positions: Floats) -> Floats:
        """Logarithm of the posterior density, up to a constant.

        Args:
            positions: `[m, size]`.

        Returns:
            `[m]`, -inf where it is 0 or cannot be computed; never NaN.
        """
        ln_sigma = positions[:, -1]
        with np.errstate(all="ignore"):
            before, spread, height, squares = self._least_squares(positions)
            largest = (self._ceiling - self._mean) / (1.0 - before)
            error = np.exp(ln_sigma) / np.sqrt(self._total * spread)
            room = ndtr((largest - height) / error) - ndtr(-height / error)
            likelihood = -0.5 * self._total * squares * np.exp(-2.0 * ln_sigma) - (self._total - 2.0) * ln_sigma
            density = likelihood - 0.5 * np.log(spread) + np.log(room / largest) + self._log_prior(positions)
        return np.where(np.isfinite(density), density, -np.inf)

    def ends(self, positions: Floats, rng: np.random.Generator) -> Floats:
        """Draw where the combined curve of each position ends, without noise.

        Args:
            positions: `[m, size]`.
            rng: this call advances it.

        Returns:
            `[m]`, NaN where a curve cannot be computed.
        """
        sigma = np.exp(positions[:, -1])
        with np.errstate(all="ignore"):
            before, spread, height, _ = self._least_squares(positions)
            largest = (self._ceiling - self._mean) / (1.0 - before)
            error = sigma / np.sqrt(self._total * spread)
            low, high = ndtr(-height / error), ndtr((largest - height) / error)
            place = np.clip(low + (high - low) * rng.random(len(positions)), 1e-300, 1.0 - 1e-16)
            drawn = np.clip(height + error * ndtri(place), 0.0, largest)
            middle = self._mean + sigma / math.sqrt(self._total) * rng.standard_normal(len(positions))
            return np.minimum(middle + drawn * (1.0 - before), self._ceiling)

    def start(self, walkers: int, rng: np.random.Generator) -> Floats:
        """`[walkers, size]` positions around the least-squares fits, spread over positions that fit.

        They are chosen among 2000 draws by their posterior density. The density is tempered, so that the number of
        draws that count is about half the number of walkers.
        """
        draws = max(_DRAWS, 2 * walkers)
        positions = np.empty((draws, self.size))
        spread = rng.choice(_SPREADS, size=(draws, 1)) * self._rises.spread
        around = self._rises.centred_at(self._fits)
        positions[:, self._numbers] = around + spread * rng.standard_normal((draws, Rises.size))
        gamma = rng.gamma(CONCENTRATION, size=(draws, len(RISES)))
        positions[:, self._weights] = np.log(np.maximum(gamma, _SMALLEST_WEIGHT))
        with np.errstate(all="ignore"):
            squares = self._least_squares(positions)[-1]
        squares = np.where(np.isfinite(squares), squares, 1.0)
        positions[:, -1] = 0.5 * np.log(squares) + 0.1 * rng.standard_normal(draws)
        density = self.log_density(positions)
        possible = np.isfinite(density)
        if possible.sum() < walkers:
            return positions[:walkers]
        density = np.where(possible, density - density[possible].max(), -np.inf)
        weights, heat = np.exp(density), 1.0
        while weights.sum() ** 2 < 0.5 * walkers * np.square(weights).sum():
            heat *= _COOLING
            weights = np.exp(heat * density)
        chosen = rng.choice(draws, walkers, replace=bool((weights > 0).sum() < walkers), p=weights / weights.sum())
        return positions[chosen]

    def _log_prior(self, positions: Floats) -> Floats:
        """`[m]` log prior density of the rises' numbers, the weights and sigma."""
        off = (positions[:, self._numbers] - self._rises.centre) / self._rises.spread
        ln_weights = positions[:, self._weights]
        noise = (positions[:, -1] - SIGMA_CENTRE) / SIGMA_SPREAD
        gaussian = -0.5 * (np.square(off).sum(axis=1) + np.square(noise))
        return np.asarray(gaussian + (CONCENTRATION * ln_weights - np.exp(ln_weights)).sum(axis=1))

    def _least_squares(self, positions: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """The best height of each position's rise q, and the residual; all `[m]`.

        Returns:
            Mean and variance of q over the epochs seen, the best height, the mean square of the residuals.
        """
        gamma = np.exp(positions[:, self._weights])
        rises = self._rises.combined(positions[:, self._numbers], gamma / gamma.sum(axis=1, keepdims=True))
        before = rises @ self._shares
        rises -= before[:, np.newaxis]
        spread = np.square(rises) @ self._shares + _SMALLEST
        together = rises @ (self._shares * (self._y - self._mean))
        height = together / spread
        squares = np.maximum(self._square - together * height, 0.0) + _ROUNDING**2
        return before, spread, height, squares


def binned(y: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Merge neighbouring epochs into bins, so that a long curve costs no more than a curve of 32 epochs.

    Bins grow in proportion to the epoch, as a curve's bends do. Inside a bin, the curve is treated as a straight line.

    Args:
        y: `[n]` scores of epochs 1 .. n.
        weights: `[n]` how much each counts.

    Returns:
        Mean epoch (the first is 1), mean score and total weight of each bin; at most 32.
    """
    x = np.arange(1.0, len(y) + 1.0)
    if len(y) <= _MOST_POINTS:
        return x, y, weights
    edges = np.unique(np.rint(np.geomspace(1.0, len(y) + 1.0, _MOST_POINTS + 1)).astype(np.intp)) - 1
    totals = np.add.reduceat(weights, edges[:-1])
    return (
        np.add.reduceat(weights * x, edges[:-1]) / totals,
        np.add.reduceat(weights * y, edges[:-1]) / totals,
        totals,
    )
