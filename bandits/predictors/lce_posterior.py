"""The posterior of a weighted combination of curve families, and samples of it (Domhan et al. 2015, section 3).

Model: y_t ~ N(sum_k w_k f_k(t | theta_k) / sum_k w_k, sigma^2), t = 1 .. n. A position of the sampler is
(theta_1 .. theta_K, w_1 .. w_K, sigma); with all 11 families it has 48 numbers.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bandits.errors import MissingDependency
from bandits.predictors.curve_fits import CurveFit

__all__ = ["Combination", "Samples", "require_sampler", "sample"]

Floats = NDArray[np.float64]

LARGEST_END = 100.0
"""A family whose curve ends above this, or below 0, has no prior probability (unit scale)."""

SMALLEST_SIGMA = 1e-4
"""No score is measured more exactly than one of 10 000 validation images; sigma is uniform from here to 1."""

_ROUNDING = 1e-9  # a flat curve may seem to fall by so much
_SPREAD = 1e-6  # of the walkers around the best fit when sampling starts
_ATTEMPTS = 20  # at placing a walker where the prior is not 0


class Combination:
    """The posterior density, for many positions at once.

    The prior is uniform on the families' boxes, on sigma, and on the simplex of normalised weights (each weight
    is exponential with mean 1, which makes the normalised ones uniform there). It is 0 where a family's curve

    - ends outside [0, 100],
    - "ends": ends below its score at epoch 2, or "everywhere": falls anywhere between epoch 2 and the end.

    So no combined curve ends below its start either. It is 0, too, where the combined curve ends above `ceiling`.

    Args:
        fits: one for each family; those whose best fit has no prior probability are left out.
        y: `[n]` scores of epochs 1 .. n on the unit scale.
        weights: `[n]` powers to which the observations' likelihoods are raised.
        end: epoch that is forecast, > n.
        rising: "ends" or "everywhere", see above.
        ceiling: where no score can be higher (unit scale): 1 for accuracies. The paper's code asks it of the
            forecast only, and does without one that is above.
    """

    def __init__(
        self,
        fits: Sequence[CurveFit],
        y: Floats,
        weights: Floats,
        *,
        end: int,
        rising: Literal["ends", "everywhere"] = "ends",
        ceiling: float = LARGEST_END,
    ) -> None:
        n = len(y)
        checked = np.array([2.0, end]) if rising == "ends" else np.linspace(2.0, end, 100)
        self._x = np.concatenate([np.arange(1.0, n + 1.0), checked])
        self._ln_x = np.log(self._x)
        self._n, self._y, self._weights, self._total = n, y, weights, float(weights.sum())
        self._ceiling = ceiling
        self.fits = [fit for fit in fits if self._possible(fit, fit.parameters[np.newaxis])[0]]
        if all(self._through(fit)[-1] > ceiling for fit in self.fits):
            self.fits = []
        sizes = [len(fit.parameters) for fit in self.fits]
        stops = np.cumsum(sizes, dtype=np.int64).tolist()
        self._columns = [slice(stop - size, stop) for stop, size in zip(stops, sizes, strict=True)]
        self._curves = stops[-1] if stops else 0
        families = [fit.family for fit in self.fits]
        k = len(families)
        self._low = np.array([*(v for family in families for v in family.low), *[0.0] * k, SMALLEST_SIGMA])
        self._high = np.array([*(v for family in families for v in family.high), *[np.inf] * k, 1.0])

    @property
    def size(self) -> int:
        """How many numbers make a position."""
        return self._curves + len(self.fits) + 1

    def log_density(self, positions: Floats) -> Floats:
        """Logarithm of the posterior density, up to a constant.

        Args:
            positions: `[m, size]`.

        Returns:
            `[m]`, -inf where the prior is 0; never NaN.
        """
        inside = ((positions >= self._low) & (positions <= self._high)).all(axis=1)
        weights, sigma = positions[:, self._curves : -1], positions[:, -1]
        n = self._n
        with np.errstate(all="ignore"):
            curves = np.empty((len(self.fits), len(positions), len(self._x)))
            for k, (fit, columns) in enumerate(zip(self.fits, self._columns, strict=True)):
                curves[k] = fit.family.curve(positions[:, columns], self._x, self._ln_x)
            inside &= _rises(curves[:, :, n:]).all(axis=0)
            scale = weights.sum(axis=1)
            combined = np.einsum("mk,kmn->mn", weights / scale[:, np.newaxis], curves)
            inside &= combined[:, -1] <= self._ceiling
            squares = np.square(combined[:, :n] - self._y) @ self._weights
            density = -0.5 * squares / np.square(sigma) - self._total * np.log(sigma) - scale
        return np.where(inside & np.isfinite(density), density, -np.inf)

    def ends(self, positions: Floats) -> Floats:
        """`[m]` where the combined curve of each of `[m, size]` positions ends, without noise."""
        weights = positions[:, self._curves : -1]
        x, ln_x = self._x[-1:], self._ln_x[-1:]
        with np.errstate(all="ignore"):
            ends = [
                fit.family.curve(positions[:, columns], x, ln_x)[:, 0]
                for fit, columns in zip(self.fits, self._columns, strict=True)
            ]
            return np.asarray((weights * np.stack(ends, axis=1)).sum(axis=1) / weights.sum(axis=1))

    def start(self, walkers: int, rng: np.random.Generator) -> Floats:
        """`[walkers, size]` positions close to the best fits, with the sigma that these leave.

        Families are weighted equally, but for those that end above the ceiling, if the combination does too.
        """
        positions = np.empty((walkers, self.size))
        for fit, columns in zip(self.fits, self._columns, strict=True):
            place = positions[:, columns]
            place[:] = fit.parameters
            waiting = np.arange(walkers)
            for _ in range(_ATTEMPTS):
                tried = fit.parameters + _SPREAD * rng.standard_normal((len(waiting), len(fit.parameters)))
                possible = self._possible(fit, tried)
                place[waiting[possible]] = tried[possible]
                waiting = waiting[~possible]
                if not len(waiting):
                    break
        curves = np.array([self._through(fit) for fit in self.fits])
        weights = np.ones(len(self.fits))
        while np.average(curves[:, -1], weights=weights) > self._ceiling:
            weights[curves[:, -1] > self._ceiling] /= 2.0
        positions[:, self._curves : -1] = weights * np.exp(_SPREAD * rng.standard_normal((walkers, len(weights))))
        best = np.average(curves[:, : self._n], weights=weights, axis=0)
        sigma = float(np.clip(np.std(best - self._y), 2 * SMALLEST_SIGMA, 0.5))
        positions[:, -1] = sigma + _SPREAD * rng.standard_normal(walkers)
        return positions

    def _through(self, fit: CurveFit) -> Floats:
        """`[n + c]` a best fit, at the epochs seen and at those where the prior looks."""
        return fit.family.curve(fit.parameters, self._x, self._ln_x)

    def _possible(self, fit: CurveFit, parameters: Floats) -> NDArray[np.bool_]:
        """`[m]` where the prior of a family's `[m, p]` parameters is not 0."""
        with np.errstate(all="ignore"):
            curve = fit.family.curve(parameters, self._x, self._ln_x)
        boxed = ((parameters >= fit.family.low) & (parameters <= fit.family.high)).all(axis=1)
        return np.asarray(boxed & np.isfinite(curve).all(axis=1) & _rises(curve[:, self._n :]))


def _rises(checked: Floats) -> NDArray[np.bool_]:
    """`[...]` whether curves, looked at from epoch 2 to the end, `[..., c]`, do not fall and end in range."""
    end = checked[..., -1]
    rising = np.asarray((checked[..., 1:] >= checked[..., :-1] - _ROUNDING).all(axis=-1))
    return np.asarray(rising & (end >= 0.0) & (end <= LARGEST_END))


@dataclass(frozen=True, slots=True)
class Samples:
    """What sampling gives.

    Args:
        positions: `[m, size]` positions, after burn-in, thinned.
        acceptance: share of proposals that were accepted, 0 to 1.
    """

    positions: Floats
    acceptance: float


def require_sampler() -> None:
    """Check that the sampler's library is there.

    Raises:
        MissingDependency: it is not.
    """
    if find_spec("emcee") is None:
        raise MissingDependency("LCE", "lce")


def sample(
    posterior: Combination,
    rng: np.random.Generator,
    *,
    walkers: int,
    steps: int,
    burn_in: int,
    thin: int,
) -> Samples:
    """Draw from a posterior with emcee's affine-invariant ensemble (Foreman-Mackey et al. 2013).

    Args:
        posterior: at least one family is left in it.
        rng: consumed.
        walkers: of the ensemble; raised to twice the size of a position.
        steps: of each walker, burn-in included.
        burn_in: steps that are thrown away.
        thin: every so many steps one is kept.
    """
    require_sampler()
    import emcee  # here, so that only those who sample wait for it

    walkers = max(walkers, 2 * posterior.size)
    start = posterior.start(walkers, rng)
    sampler = emcee.EnsembleSampler(walkers, posterior.size, posterior.log_density, vectorize=True)
    state = emcee.State(start, random_state=np.random.RandomState(int(rng.integers(2**32))).get_state())
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        sampler.run_mcmc(state, steps // thin, thin_by=thin, skip_initial_state_check=True)
    kept = sampler.get_chain(discard=burn_in // thin, flat=True)
    return Samples(np.asarray(kept, dtype=np.float64), float(np.mean(sampler.acceptance_fraction)))
