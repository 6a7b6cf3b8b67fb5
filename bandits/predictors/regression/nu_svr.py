"""nu support vector regression by a primal-dual interior-point method, many small problems at once.

The problem (Schoelkopf et al., "New support vector algorithms", 2000, section 3; scaled as in LIBSVM): of n curves
with kernel K and targets y, find the weights w = C (u+ - u-) that minimise

    w' K w / (2 C) - y' (u+ - u-)    where    0 <= u+, u- <= 1    and    sum u+ = sum u- = nu n / 2.

The multipliers of the two sums are epsilon + b and epsilon - b: the half-width of the tube, and the intercept.

Sequential minimal optimisation, which LIBSVM does, takes more steps the larger C is, and may never end where the kernel
has a low rank. The method here (Mehrotra's predictor and corrector, 1992) takes about ten steps whatever C and the
kernel are; each costs one Cholesky factorisation of an [n, n] matrix. All else is done for a stack of problems
together.

It is kept instead of LIBSVM: with that, the search of 1000 settings at 100 curves takes 8 to 14 times as long with a
linear kernel, and 1.3 to 1.6 times with an RBF (3 tables, 3 splits each:
`python -m benchmarks.prediction_cost.own_code`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotrs

__all__ = ["interior_point"]

Floats = NDArray[np.float64]
Solve = Callable[[Floats], Floats]

_STEPS = 60  # no problem needs more than about 20
_SHORT = 0.99  # share of the way to the boundary that a step may go


def interior_point(
    K: Floats, y: Floats, C: Floats, nu: Floats, gap: float = 1e-7, root: Floats | None = None
) -> tuple[Floats, Floats]:
    """Solve a stack of b problems.

    Args:
        K: `[b, n, n]` kernels, symmetric, positive semi-definite; a broadcast view will do.
        y: `[b, n]` targets of magnitude 1.
        C: `[b]` costs of an error per curve, > 0.
        nu: `[b]`, in (0, 1].
        gap: mean complementarity, per nu and unit of y, at which a problem counts as solved. At 1e-5 predictions are
            within about 1e-2 of the exact solution's, as LIBSVM's are as it comes; at 1e-7 within 1e-3.
        root: `[n, r]` with K = root root' for every problem, if such a root with r < n exists; it saves time.

    Returns:
        Weights `[b, n]` and intercepts `[b]`: a problem's prediction is K(x, its curves) @ weights + intercept. The
        weights satisfy the constraints exactly, whatever the gap is. Where no curve lies on the edge of the tube, which
        takes an integer nu n / 2, a range of intercepts is equally good, and one from its middle is given.
    """
    count, n = y.shape
    weights, intercepts = np.empty((count, n)), np.empty(count)
    todo = np.arange(count)  # the problems that are not solved yet; all that follows is about these
    u = np.broadcast_to(nu[:, None, None] / 2.0, (count, 2, n)).copy()
    sums = np.zeros((count, 2))  # multipliers of the sums of u+ and u-
    slope = np.stack((-y, y), axis=1)
    slack = np.abs(y).mean(axis=1)[:, None, None] + 1e-3
    s = np.maximum(slope, 0.0) + slack  # multipliers of u >= 0
    t = np.maximum(-slope, 0.0) + slack  # multipliers of u <= 1; with them, start and every later point are feasible
    equations = _Dense(K, C) if root is None else _Thin(root, C)
    with np.errstate(all="ignore"):
        for step in range(_STEPS + 1):
            mean = (s * u + t * (1.0 - u)).mean(axis=(1, 2)) / 2.0
            going = (mean > gap * nu[todo]) & (step < _STEPS)
            solved = todo[~going]
            weights[solved] = C[solved, None] * (u[~going, 0] - u[~going, 1])
            intercepts[solved] = (sums[~going, 0] - sums[~going, 1]) / 2.0
            if not going.any():
                break
            todo, u, s, t, sums, mean = todo[going], u[going], s[going], t[going], sums[going], mean[going]
            u, s, t, sums = _improve(equations, todo, u, s, t, sums, mean)
    return weights, intercepts


def _improve(
    equations: _Dense | _Thin,
    problems: NDArray[np.intp],
    u: Floats,
    s: Floats,
    t: Floats,
    sums: Floats,
    mean: Floats,
) -> tuple[Floats, Floats, Floats, Floats]:
    """One predictor and corrector step: u, s, t `[m, 2, n]`, sums `[m, 2]`, mean `[m]` of the m problems named."""
    v = 1.0 - u
    su, tv = s * u, t * v
    # Newton's equations, reduced to those of w = change of u+ - u-, and of the changes of the sums' multipliers:
    # (C K + diag(stiffness)) w = known - share+ dsums+ + share- dsums-.
    freedom = 1.0 / (s / u + t / v)
    stiffness = 1.0 / freedom.sum(axis=1)
    share = freedom * stiffness[:, None]
    solve = equations.factorise(problems, stiffness)
    pull = t - s
    known = _known(share, pull)
    answers = solve(np.concatenate((known[:, None], share), axis=1)) * stiffness[:, None]
    per_sum = answers[:, 1:] - share  # change of C K w for each multiplier, with the other sign for the second
    # How the sums of u+ and u- answer to their multipliers: a symmetric 2 x 2 matrix.
    own = -(freedom * (per_sum + 1.0)).sum(axis=2)
    other = (freedom[:, 0] * per_sum[:, 1]).sum(axis=1)
    determinant = own[:, 0] * own[:, 1] - other**2

    def change(pull: Floats, bend: Floats, to_s: Floats, to_t: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """The step to s u = now + to_s and t v = now + to_t, to first order; bend is C K w with multipliers held."""
        missing = -(freedom * (pull - _both(bend))).sum(axis=2)
        dsums = (own[:, ::-1] * missing - other[:, None] * missing[:, ::-1]) / determinant[:, None]
        bend = bend + per_sum[:, 0] * dsums[:, :1] - per_sum[:, 1] * dsums[:, 1:]
        du = freedom * (pull - dsums[:, :, None] - _both(bend))
        return du, (to_s - s * du) / u, (to_t + t * du) / v, dsums

    def room(du: Floats, ds: Floats, dt: Floats) -> Floats:
        """How many steps each problem can go until the first of its numbers reaches 0: `[m]`."""
        worst = np.minimum(np.minimum(du / u, -du / v), np.minimum(ds / s, dt / t)).min(axis=(1, 2))
        return np.asarray(-1.0 / np.minimum(worst, -1e-9))

    du, ds, dt, _ = change(pull, known - answers[:, 0], -su, -tv)
    length = np.minimum(1.0, room(du, ds, dt))[:, None, None]
    ahead = ((s + length * ds) * (u + length * du) + (t + length * dt) * (v - length * du)).mean(axis=(1, 2)) / 2.0
    centre = (mean * (ahead / mean) ** 3)[:, None, None]
    to_s, to_t = centre - su - ds * du, centre - tv + dt * du
    pull = to_s / u - to_t / v
    known = _known(share, pull)
    answer = solve(known[:, None])[:, 0] * stiffness
    du, ds, dt, dsums = change(pull, known - answer, to_s, to_t)
    length = np.minimum(1.0, _SHORT * room(du, ds, dt))[:, None, None]
    return u + length * du, s + length * ds, t + length * dt, sums + length[:, 0] * dsums


def _known(share: Floats, pull: Floats) -> Floats:
    """The part of the pulls at u+ and u-, `[m, 2, n]`, that acts on their difference: `[m, n]`."""
    return share[:, 0] * pull[:, 0] - share[:, 1] * pull[:, 1]


def _both(difference: Floats) -> Floats:
    """From `[m, n]` to `[m, 2, n]`: with plus for u+, with minus for u-."""
    return np.stack((difference, -difference), axis=1)


class _Dense:
    """Equations with C K + diag(stiffness), for any K: `[b, n, n]`."""

    def __init__(self, K: Floats, C: Floats) -> None:
        self._K, self._C = K, C

    def factorise(self, problems: NDArray[np.intp], stiffness: Floats) -> Solve:
        """For the m problems named and `[m, n]`."""
        n = stiffness.shape[1]
        matrix = np.empty((n, n), order="F")
        diagonal = matrix.reshape(-1, order="F")[:: n + 1]
        factors = []
        for problem, added in zip(problems.tolist(), stiffness, strict=True):
            np.multiply(self._K[problem].T, self._C[problem], out=matrix)
            diagonal += added
            factors.append(dpotrf(matrix, lower=1, clean=0)[0])
        return partial(_solve, factors)


class _Thin:
    """Equations with C K + diag(stiffness), for K = root root', root `[n, r]`: r equations for n (Woodbury)."""

    def __init__(self, root: Floats, C: Floats) -> None:
        self._root, self._C = root, C
        self._outer = (root[:, :, None] * root[:, None, :]).reshape(len(root), -1)

    def factorise(self, problems: NDArray[np.intp], stiffness: Floats) -> Solve:
        """For the m problems named and `[m, n]`."""
        root, rank = self._root, self._root.shape[1]
        inverse = 1.0 / stiffness
        small = inverse @ self._outer
        small[:, :: rank + 1] += 1.0 / self._C[problems, None]
        factors = [dpotrf(matrix.T, lower=1, clean=0)[0] for matrix in small.reshape(-1, rank, rank)]

        def solve(right: Floats) -> Floats:
            loose = right * inverse[:, None]
            inner = _solve(factors, (loose.reshape(-1, len(root)) @ root).reshape(*right.shape[:2], rank))
            back = (inner.reshape(-1, rank) @ root.T).reshape(right.shape)
            return np.asarray(loose - inverse[:, None] * back)

        return solve


def _solve(factors: Sequence[Floats], right: Floats) -> Floats:
    """Solve each problem's equations, given Cholesky factors, for k right sides: `[m, k, n]` to `[m, k, n]`."""
    answers = np.empty_like(right)
    for i, factor in enumerate(factors):
        answers[i] = dpotrs(factor, right[i].T, lower=1)[0].T
    return answers
