"""Trials of an Optuna study as predictors see them: reports as curves, parameters as features."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import FrozenTrial

from bandits.curves import Curve

__all__ = ["ParameterColumns", "curve_through", "reports_of"]


def reports_of(
    trial: FrozenTrial, *, sign: float, first_step: int, last_epoch: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The finite reports of a trial.

    Args:
        trial: whose.
        sign: 1 where a larger value is better, -1 where a smaller one is.
        first_step: the step that is epoch 1.
        last_epoch: reports of later epochs are left out.

    Returns:
        Epochs, ascending, `[m]`, and scores, larger is better, `[m]`.
    """
    reports = sorted(
        (step - first_step + 1, sign * value)
        for step, value in trial.intermediate_values.items()
        if 0 <= step - first_step < last_epoch and math.isfinite(value)
    )
    return np.array([epoch for epoch, _ in reports], dtype=np.int64), np.array([score for _, score in reports])


def curve_through(epochs: NDArray[np.int64], scores: NDArray[np.float64], last: int) -> Curve | None:
    """The curve of epochs 1 to `last` through some reports, gaps filled from their neighbours.

    Args:
        epochs: `[m]` ascending, m >= 1.
        scores: `[m]` finite, larger is better.
        last: the curve's length.

    Returns:
        The curve; None where filling its gaps overflows.
    """
    filled = np.interp(np.arange(1, last + 1), epochs, scores)
    return Curve(filled) if np.isfinite(filled).all() else None


class ParameterColumns:
    """Parameters as features, under the same names for every trial."""

    def __init__(self) -> None:
        self._lows: dict[str, float] = {}  # parameters that are numbers, and the lower ends of their ranges
        self._choices: dict[str, dict[str, None]] = {}  # the others, and the choices seen, in order

    def learn(self, trials: Iterable[FrozenTrial]) -> bool:
        """Make room for the parameters of some trials; True if there was none for one of them."""
        before = self._size()
        for trial in trials:
            for name, distribution in trial.distributions.items():
                self._learn(name, distribution)
        return self._size() > before

    def _learn(self, name: str, distribution: BaseDistribution) -> None:
        if not isinstance(distribution, CategoricalDistribution):
            self._lows.setdefault(name, float(getattr(distribution, "low", 0.0)))
        elif all(_is_number(choice) for choice in distribution.choices):
            self._lows.setdefault(name, min(map(float, distribution.choices)))  # type: ignore[arg-type]
        else:
            self._choices.setdefault(name, {}).update(dict.fromkeys(map(str, distribution.choices)))

    def _size(self) -> int:
        return len(self._lows) + sum(len(choices) for choices in self._choices.values())

    def encode(self, params: Mapping[str, Any]) -> dict[str, float]:
        """The features of one trial: every number and whether it is there, every choice as 0 or 1."""
        features: dict[str, float] = {}
        for name, low in self._lows.items():
            there = _is_number(params.get(name))
            # The lower end, not 0, keeps a positive parameter positive, so that its logarithm can be taken.
            features[name] = float(params[name]) if there else low
            features[f"has {name}"] = float(there)
        for name, choices in self._choices.items():
            chosen = str(params[name]) if name in params else None
            features.update((f"{name}={choice}", float(choice == chosen)) for choice in choices)
        return features


def _is_number(value: object) -> bool:
    """Whether a parameter's value is a finite number; bools are 0 and 1."""
    return isinstance(value, Real) and math.isfinite(value)
