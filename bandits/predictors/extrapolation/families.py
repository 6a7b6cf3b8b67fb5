"""The eleven parametric families of learning curves that LCE combines (Domhan et al. 2015, table 1).

A family maps epoch x = 1, 2, ... to a score on LCE's unit scale, where a curve starts near 0 and ends below 1.
Every formula uses x and ln x, so that a power costs one exponential. Many parameter vectors are evaluated at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["FAMILIES", "CurveFamily"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CurveFamily:
    """One way in which scores may grow with epochs.

    Args:
        name: as in the paper.
        parameters: their names, p of them.
        default: `[p]` the first start of least squares.
        low, high: `[p]` the box in which least squares looks for a parameter, wide enough for every curve that
            rises over 1 to 10^5 epochs.
        formula: (x, ln x, one array for each parameter) -> scores; arrays broadcast. NaN or inf where the
            formula has no value.
        others: (n, first, last) -> further starts of least squares, for n epochs scored `first` to `last`.
    """

    name: str
    parameters: tuple[str, ...]
    default: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    formula: Callable[..., Floats]
    others: Callable[[int, float, float], Sequence[tuple[float, ...]]]

    def curve(self, parameters: Floats, x: Floats, ln_x: Floats) -> Floats:
        """Evaluate many parameter vectors at once.

        Args:
            parameters: `[..., p]`.
            x: `[n]` epochs, >= 1.
            ln_x: `[n]` their logarithms.

        Returns:
            `[..., n]` scores; NaN or inf where the formula has no value.
        """
        columns = (parameters[..., i, np.newaxis] for i in range(len(self.parameters)))
        return self.formula(x, ln_x, *columns)


def _vapor_pressure(x: Floats, ln_x: Floats, a: Floats, b: Floats, c: Floats) -> Floats:
    return np.exp(a + b / x + c * ln_x)


def _pow3(_x: Floats, ln_x: Floats, c: Floats, a: Floats, alpha: Floats) -> Floats:
    return c - a * np.exp(-alpha * ln_x)


def _log_log_linear(_x: Floats, ln_x: Floats, a: Floats, b: Floats) -> Floats:
    return np.log(a * ln_x + b)


def _hill3(_x: Floats, ln_x: Floats, theta: Floats, eta: Floats, kappa: Floats) -> Floats:
    return theta / (1.0 + np.exp(eta * (np.log(kappa) - ln_x)))


def _log_power(_x: Floats, ln_x: Floats, a: Floats, b: Floats, c: Floats) -> Floats:
    return a / (1.0 + np.exp(c * (ln_x - b)))


def _pow4(x: Floats, _ln_x: Floats, c: Floats, a: Floats, b: Floats, alpha: Floats) -> Floats:
    return c - np.exp(-alpha * np.log(a * x + b))


def _mmf(_x: Floats, ln_x: Floats, alpha: Floats, beta: Floats, kappa: Floats, delta: Floats) -> Floats:
    return alpha - (alpha - beta) / (1.0 + np.exp(delta * (np.log(kappa) + ln_x)))


def _exp4(_x: Floats, ln_x: Floats, c: Floats, a: Floats, b: Floats, alpha: Floats) -> Floats:
    return c - np.exp(b - a * np.exp(alpha * ln_x))


def _janoschek(_x: Floats, ln_x: Floats, alpha: Floats, beta: Floats, kappa: Floats, delta: Floats) -> Floats:
    return alpha - (alpha - beta) * np.exp(-kappa * np.exp(delta * ln_x))


def _weibull(_x: Floats, ln_x: Floats, alpha: Floats, beta: Floats, kappa: Floats, delta: Floats) -> Floats:
    return alpha - (alpha - beta) * np.exp(-np.exp(delta * (np.log(kappa) + ln_x)))


def _ilog2(x: Floats, _ln_x: Floats, c: Floats, a: Floats) -> Floats:
    return c - a / np.log1p(x)


def _sigmoids(n: int, first: float, last: float) -> list[tuple[float, ...]]:
    """Two (end, start, rate, exponent): one curve reached its end long ago, the other is just reaching it."""
    end = max(last, first + 0.05)
    return [(end, first, 10.0 / n, 0.7), (end, first, 2.0 / n, 1.0)]


FAMILIES: tuple[CurveFamily, ...] = (
    CurveFamily(
        "vapor pressure",
        ("a", "b", "c"),
        (-0.622028, -0.470050, 0.042322),
        (-100.0, -1000.0, -10.0),
        (100.0, 1000.0, 10.0),
        _vapor_pressure,
        lambda n, _first, last: [(np.log(max(last, 0.01)), -1.0, 0.0), (np.log(max(last, 0.01)), -0.3 * n, 0.0)],
    ),
    CurveFamily(
        "pow3",
        ("c", "a", "alpha"),
        (0.84, 0.52, 0.01),
        (-100.0, -100.0, -10.0),
        (100.0, 100.0, 10.0),
        _pow3,
        lambda _n, first, last: [(last, last - first, 1.0), (1.2 * last, 1.2 * last - first, 0.3)],
    ),
    CurveFamily(
        "log log linear",
        ("a", "b"),
        (1.0, 1.0),
        (-100.0, -100.0),
        (100.0, 100.0),
        _log_log_linear,
        lambda n, first, last: [((np.exp(last) - np.exp(first)) / np.log(n + 1.0), np.exp(first))],
    ),
    CurveFamily(
        "Hill3",
        ("theta", "eta", "kappa"),
        (0.772320, 0.586449, 2.460843),
        (-100.0, -50.0, 1e-6),
        (100.0, 50.0, 1e6),
        _hill3,
        lambda n, first, last: [(last, 1.0, max(last / max(first, 0.02) - 1.0, 0.1)), (last, 2.0, 0.3 * n)],
    ),
    CurveFamily(
        "log power",
        ("a", "b", "c"),
        (0.77, 2.98, -0.51),
        (-100.0, -50.0, -50.0),
        (100.0, 50.0, 50.0),
        _log_power,
        lambda _n, first, last: [(last, np.log(max(last / max(first, 0.02) - 1.0, 0.1)), -1.0)],
    ),
    CurveFamily(
        "pow4",
        ("c", "a", "b", "alpha"),
        (0.8, 200.0, 0.0, 0.1),
        (-100.0, 0.0, -1e4, -10.0),
        (100.0, 1e4, 1e4, 20.0),
        _pow4,
        lambda n, first, last: [
            (last, max(last - first, 0.01) ** -2.0, 0.0, 0.5),
            (last, 1.0, 1.0, 1.0),
            (last, 10.0 / n, 1.0, 1.0),
            (last, 1.0 / n, 1.0, 3.0),
        ],
    ),
    CurveFamily(
        "MMF",
        ("alpha", "beta", "kappa", "delta"),
        (0.7, 0.1, 0.01, 5.0),
        (-100.0, -100.0, 1e-6, 0.0),
        (100.0, 100.0, 1e3, 50.0),
        _mmf,
        _sigmoids,
    ),
    CurveFamily(
        "exp4",
        ("c", "a", "b", "alpha"),
        (0.7, 0.8, -0.8, 0.3),
        (-100.0, 0.0, -50.0, 0.0),
        (100.0, 100.0, 50.0, 20.0),
        _exp4,
        lambda n, first, last: [
            (end, rate**d, np.log(max(end - start, 0.01)), d) for end, start, rate, d in _sigmoids(n, first, last)
        ],
    ),
    CurveFamily(
        "Janoschek",
        ("alpha", "beta", "kappa", "delta"),
        (0.73, 0.07, 0.355, 0.46),
        (-100.0, -100.0, 0.0, 0.0),
        (100.0, 100.0, 100.0, 20.0),
        _janoschek,
        lambda n, first, last: [(end, start, rate**d, d) for end, start, rate, d in _sigmoids(n, first, last)],
    ),
    CurveFamily(
        "Weibull",
        ("alpha", "beta", "kappa", "delta"),
        (0.7, 0.1, 0.01, 1.0),
        (-100.0, -100.0, 1e-6, 0.0),
        (100.0, 100.0, 1e3, 20.0),
        _weibull,
        _sigmoids,
    ),
    CurveFamily(
        "ilog2",
        ("c", "a"),
        (0.78, 0.43),
        (-100.0, -100.0),
        (100.0, 100.0),
        _ilog2,
        lambda _n, _first, _last: [],
    ),
)
"""11 families, 36 parameters."""
