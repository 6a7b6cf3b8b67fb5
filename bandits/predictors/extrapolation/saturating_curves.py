"""Least squares for curves that rise towards a limit: y = limit - gap * decay(x). The decay falls from 1 at x = 1.

pow3, pow4, exp3 and MMF can all be written in this form. For given parameters of the decay (one or two), limit and gap
follow from a linear regression in closed form (variable projection: Golub & Pereyra, 1973). So all shapes on a grid are
fitted at once, and the grid contracts to the shapes that fit. No search depends on a start, which could be wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["EXP3", "MMF", "POW3", "POW4", "Extrapolation", "SaturatingFamily", "extrapolate"]

Floats = NDArray[np.float64]

_NODES = {1: 48, 2: 14}  # nodes of the grid along each axis, by the number of axes
_ROUNDS = 6  # rounds of contraction: a box shrinks to (3 / 14)^6 of its sides or less
_NEGLIGIBLE = 1e-4  # the next grid may leave out a shape of this weight, relative to the largest
_SMALLEST_SIGMA = 1e-4  # no score is measured more exactly than one of 10 000 validation images
_LEAST_SPREAD = 1e-9  # a decay with less spread over the epochs seen, relative to epoch 1, is flat


@dataclass(frozen=True, slots=True)
class SaturatingFamily:
    """One way in which the gap to a curve's limit may close.

    Args:
        name: as in the literature.
        parameters: names of the decay's parameters, all > 0.
        log_decay: (epochs `[n]`, one `[nodes, 1]` array for each parameter) -> `[nodes, n]` logarithm of the decay, up
            to a constant; it falls with the epoch.
        box: epochs seen -> lowest and highest value of each parameter. Over so many epochs, shapes outside the box look
            like a straight line, a flat line, or a step between two epochs.
    """

    name: str
    parameters: tuple[str, ...]
    log_decay: Callable[..., Floats]
    box: Callable[[int], tuple[tuple[float, float], ...]]

    @property
    def size(self) -> int:
        """How many parameters a curve has: limit, gap and the parameters of the decay."""
        return 2 + len(self.parameters)

    def decay(self, x: Floats, log_parameters: Floats) -> Floats:
        """`[nodes, n]` decays at `[n]` epochs (the first is 1) for `[nodes, k]` logarithms of parameters."""
        values = self.log_decay(x, *(np.exp(column)[:, np.newaxis] for column in log_parameters.T))
        return np.asarray(np.exp(values - values[:, :1]))


POW3 = SaturatingFamily(
    "pow3",
    ("alpha",),
    lambda x, alpha: -alpha * np.log(x),
    lambda _n: ((0.01, 10.0),),
)
"""c - a x^-alpha."""

POW4 = SaturatingFamily(
    "pow4",
    ("alpha", "start"),
    lambda x, alpha, start: -alpha * np.log(x - 1.0 + start),
    lambda n: ((0.01, 10.0), (0.1, 10.0 * n)),
)
"""c - (a x + b)^-alpha, written as c - a^-alpha (x - 1 + start)^-alpha with start = 1 + b / a."""

EXP3 = SaturatingFamily(
    "exp3",
    ("rate",),
    lambda x, rate: -rate * x,
    lambda n: ((0.02 / n, 5.0),),
)
"""c - exp(-a x + b)."""

MMF = SaturatingFamily(
    "mmf",
    ("half", "delta"),
    lambda x, half, delta: -np.logaddexp(0.0, delta * (np.log(x) - np.log(half))),
    lambda n: ((0.1, 10.0 * n), (0.2, 10.0)),
)
"""alpha - (alpha - beta) / (1 + (kappa x)^delta), with half = 1 / kappa, where half of the rise is done."""


@dataclass(frozen=True, slots=True)
class Extrapolation:
    """The forecast of a curve's score at a later epoch, from all shapes that fit: Student's t.

    Args:
        mean: average of the shapes' ends, weighted by how well each fits.
        scale: of the t distribution: noise, the error of limit and gap, and how much the shapes disagree. > 0.
        freedom: its degrees of freedom, >= 1.
    """

    mean: float
    scale: float
    freedom: int


def extrapolate(family: SaturatingFamily, y: Floats, horizon: int, *, ceiling: float, weights: Floats) -> Extrapolation:
    """Fit one curve and continue it.

    A shape is weighted by its likelihood, RSS^(-(n - 2) / 2), in which limit, gap and noise are integrated out. The
    average over shapes shows how uncertain the shape of a short curve is; a single best shape with a linearisation
    around it would be far off. Every shape rises or is flat, and none has a limit above the ceiling. The same holds for
    their average, since the weights do not depend on the horizon.

    Args:
        y: `[n]` scores, n > `family.size`, none above the ceiling; of magnitude 1.
        horizon: epoch that is forecast, > n.
        ceiling: largest limit.
        weights: `[n]` how much each score counts, mean 1.

    Returns:
        The distribution of the score at the horizon, with n - `family.size` degrees of freedom.
    """
    n = len(y)
    x = np.append(np.arange(1.0, n + 1.0), float(horizon))
    box = np.log(np.array(family.box(n)))
    for _ in range(_ROUNDS):
        nodes = _grid(box)
        ends, variances, likelihoods = _fit_shapes(family.decay(x, nodes), y, ceiling, weights)
        box = _contracted(box, nodes, likelihoods)
    shares = likelihoods / likelihoods.sum()
    mean = float(shares @ ends)
    variance = float(shares @ (variances + (ends - mean) ** 2))
    return Extrapolation(mean, variance**0.5, n - family.size)


def _grid(box: Floats) -> Floats:
    """`[nodes, k]` a regular grid in a `[k, 2]` box, including its faces."""
    axes = [np.linspace(low, high, _NODES[len(box)]) for low, high in box]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(box))


def _contracted(box: Floats, nodes: Floats, likelihoods: Floats) -> Floats:
    """The smallest box around the nodes that matter and their neighbours."""
    heavy = nodes[likelihoods > _NEGLIGIBLE]
    step = (box[:, 1] - box[:, 0]) / (_NODES[len(box)] - 1)
    low = np.maximum(heavy.min(axis=0) - step, box[:, 0])
    high = np.minimum(heavy.max(axis=0) + step, box[:, 1])
    return np.stack((low, high), axis=1)


def _fit_shapes(decay: Floats, y: Floats, ceiling: float, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Weighted least squares of limit and gap for every shape, with gap >= 0 and limit <= ceiling.

    Args:
        decay: `[nodes, n + 1]`, the last column at the horizon.

    Returns:
        `[nodes]` each: score at the horizon, its variance, and likelihood relative to the largest.
    """
    n = len(y)
    seen, end = decay[:, :-1], decay[:, -1]
    middle, y_middle = seen @ weights / n, float(y @ weights) / n
    offset = seen - middle[:, np.newaxis]
    spread = offset**2 @ weights
    varies = spread > n * _LEAST_SPREAD**2
    gap = np.where(varies, -(offset @ (weights * (y - y_middle))) / np.where(varies, spread, 1.0), 0.0)
    gap = np.maximum(gap, 0.0)
    limit = y_middle + gap * middle
    high = limit > ceiling
    squares = seen**2 @ weights
    gap = np.where(high, seen @ (weights * (ceiling - y)) / squares, gap)
    limit = np.where(high, ceiling, limit)
    leverage = 1.0 / n + np.where(gap > 0, (end - middle) ** 2 / np.where(varies, spread, 1.0), 0.0)
    leverage = np.where(high, end**2 / squares, leverage)
    residuals = limit[:, np.newaxis] - gap[:, np.newaxis] * seen - y
    rss = residuals**2 @ weights + n * _SMALLEST_SIGMA**2
    noise = rss / (n - 2)
    # The end lies below the ceiling. So its variance is limited to that of a uniform distribution from 0 to there.
    variances = noise + np.minimum(noise * leverage, ceiling**2 / 12.0)
    likelihoods = np.exp(-(n - 2) / 2.0 * (np.log(rss) - np.log(rss.min())))
    return limit - gap * end, variances, likelihoods
