"""Synthetic learning curves whose truth is known: noisy weighted combinations of LCE's own families."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.predictors.extrapolation.families import FAMILIES

Floats = NDArray[np.float64]
NOISE = (0.002, 0.02)  # sigma is log-uniform between these
MOST_FAMILIES = 3


@dataclass(frozen=True)
class SyntheticCurve:
    """A curve and what it was made of.

    Args:
        scores: `[horizon]` with noise.
        truth: `[horizon]` without.
        families: the names of those combined.
        sigma: of the noise.
    """

    scores: Floats
    truth: Floats
    families: tuple[str, ...]
    sigma: float


def draw(horizon: int, rng: np.random.Generator) -> SyntheticCurve:
    """One curve of 1 to 3 families with random weights, that stays in [0, 1] and ends above its start."""
    x = np.arange(1.0, horizon + 1.0)
    while True:
        chosen = rng.choice(len(FAMILIES), size=rng.integers(1, MOST_FAMILIES + 1), replace=False)
        weights = rng.dirichlet(np.ones(len(chosen)))
        start, end = rng.uniform(0.05, 0.4), rng.uniform(0.4, 0.95)
        curves = [single(FAMILIES[i].name, x, start, end, rng) for i in chosen]
        truth = np.asarray(weights @ np.array(curves))
        if np.isfinite(truth).all() and truth.min() >= 0 and truth.max() <= 1 and truth[0] < truth[-1]:
            sigma = float(np.exp(rng.uniform(*np.log(NOISE))))
            scores = truth + sigma * rng.standard_normal(horizon)
            return SyntheticCurve(scores, truth, tuple(FAMILIES[i].name for i in chosen), sigma)


def single(name: str, x: Floats, start: float, end: float, rng: np.random.Generator) -> Floats:
    """`[n]` a curve of one family that is about `start` at epoch 1 and `end` at the last."""
    family = next(family for family in FAMILIES if family.name == name)
    parameters = _DRAWS[name](x[-1], start, end, rng)
    with np.errstate(all="ignore"):
        return family.curve(np.array(parameters), x, np.log(x))


def _through(first: float, last: float, start: float, end: float) -> tuple[float, float]:
    """Level c and height a for which c - a g(x) is `start` where g is `first` and `end` where g is `last`."""
    height = (end - start) / (first - last)
    return start + height * first, height


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _vapor_pressure(last: float, start: float, end: float, rng: np.random.Generator) -> tuple[float, ...]:
    c = rng.uniform(0.0, 0.05)
    return np.log(end) - c * np.log(last), np.log(start / end), c


def _pow3(last: float, start: float, end: float, rng: np.random.Generator) -> tuple[float, ...]:
    alpha = _log_uniform(rng, 0.2, 1.5)
    return *_through(1.0, last**-alpha, start, end), alpha


def _log_log_linear(last: float, start: float, end: float, _rng: np.random.Generator) -> tuple[float, ...]:
    return (np.exp(end) - np.exp(start)) / np.log(last), np.exp(start)


def _hill3(last: float, _start: float, end: float, rng: np.random.Generator) -> tuple[float, ...]:
    eta, kappa = rng.uniform(0.5, 1.5), _log_uniform(rng, 1.0, 30.0)
    return end * (1 + (kappa / last) ** eta), eta, kappa


def _log_power(last: float, start: float, end: float, rng: np.random.Generator) -> tuple[float, ...]:
    theta, eta, kappa = _hill3(last, start, end, rng)
    return theta, np.log(kappa), -eta


def _pow4(last: float, start: float, end: float, rng: np.random.Generator) -> tuple[float, ...]:
    alpha, scale = rng.uniform(0.3, 2.0), _log_uniform(rng, 1.0, 30.0)
    c, height = _through((1 / scale + 1) ** -alpha, (last / scale + 1) ** -alpha, start, end)
    return c, height ** (-1 / alpha) / scale, height ** (-1 / alpha), alpha


def _mmf(last: float, start: float, end: float, rng: np.random.Generator) -> tuple[float, ...]:
    kappa, delta = _log_uniform(rng, 0.02, 0.5), rng.uniform(0.7, 2.0)
    alpha, height = _through(1 / (1 + kappa**delta), 1 / (1 + (kappa * last) ** delta), start, end)
    return alpha, alpha - height, kappa, delta


def _stretched(last: float, start: float, end: float, rng: np.random.Generator) -> tuple[float, float, float, float]:
    """End, start, rate and exponent of a stretched exponential, the rate inside the power."""
    kappa, delta = 1 / _log_uniform(rng, 2.0, 50.0), rng.uniform(0.4, 1.2)
    alpha, height = _through(np.exp(-(kappa**delta)), np.exp(-((kappa * last) ** delta)), start, end)
    return alpha, alpha - height, kappa, delta


def _exp4(last: float, start: float, end: float, rng: np.random.Generator) -> tuple[float, ...]:
    alpha, beta, kappa, delta = _stretched(last, start, end, rng)
    return alpha, kappa**delta, np.log(alpha - beta), delta


def _janoschek(last: float, start: float, end: float, rng: np.random.Generator) -> tuple[float, ...]:
    alpha, beta, kappa, delta = _stretched(last, start, end, rng)
    return alpha, beta, kappa**delta, delta


def _ilog2(last: float, start: float, end: float, _rng: np.random.Generator) -> tuple[float, ...]:
    return _through(1 / np.log(2.0), 1 / np.log(last + 1), start, end)


_DRAWS: Mapping[str, Callable[[float, float, float, np.random.Generator], tuple[float, ...]]] = {
    "vapor pressure": _vapor_pressure,
    "pow3": _pow3,
    "log log linear": _log_log_linear,
    "Hill3": _hill3,
    "log power": _log_power,
    "pow4": _pow4,
    "MMF": _mmf,
    "exp4": _exp4,
    "Janoschek": _janoschek,
    "Weibull": _stretched,
    "ilog2": _ilog2,
}
