"""Trials of an Optuna study as predictors see them: reports as curves, parameters and user attributes as features."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
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
    """Parameters and user attributes as features, under the same names for every trial.

    A number stands as it is, beside `has NAME`, which is 1; a trial without it gets 0 there, and the lower end: of the
    range of a parameter, of the values seen of an attribute. Other choices are one-hot, `NAME=CHOICE`. A user
    attribute counts as numbers if all its values are; None is none. One that is called like a parameter becomes
    `attr NAME`.

    Args:
        user_attrs: names of the user attributes that are features.
    """

    def __init__(self, user_attrs: Sequence[str] = ()) -> None:
        self._lows: dict[str, float] = {}  # parameters that are numbers, and the lower ends of their ranges
        self._choices: dict[str, dict[str, None]] = {}  # the others, and the choices seen, in order
        self._attrs = {name: _Attribute() for name in user_attrs}

    def learn(self, trials: Iterable[FrozenTrial]) -> bool:
        """Make room for what some trials have; True if this changes the features of trials seen before."""
        before = self._extent()
        for trial in trials:
            for name, distribution in trial.distributions.items():
                self._learn(name, distribution)
            for name, attribute in self._attrs.items():
                attribute.learn(trial.user_attrs.get(name))
        return self._extent() != before

    def _learn(self, name: str, distribution: BaseDistribution) -> None:
        if not isinstance(distribution, CategoricalDistribution):
            self._lows.setdefault(name, float(getattr(distribution, "low", 0.0)))
        elif all(_is_number(choice) for choice in distribution.choices):
            self._lows.setdefault(name, min(map(float, distribution.choices)))  # type: ignore[arg-type]
        else:
            self._choices.setdefault(name, {}).update(dict.fromkeys(map(str, distribution.choices)))

    def _extent(self) -> list[object]:
        """What the features of a trial depend on, beside the trial."""
        sizes: list[object] = [len(self._lows), sum(len(choices) for choices in self._choices.values())]
        return sizes + [attribute.extent() for attribute in self._attrs.values()]

    def encode(self, params: Mapping[str, Any], user_attrs: Mapping[str, Any] | None = None) -> dict[str, float]:
        """The features of one trial: every number and whether it is there, every choice as 0 or 1."""
        features: dict[str, float] = {}
        for name, low in self._lows.items():
            _put_number(features, name, params.get(name), low)
        for name, choices in self._choices.items():
            _put_choice(features, name, str(params[name]) if name in params else None, choices)
        for name, attribute in self._attrs.items():
            called = f"attr {name}" if name in self._lows or name in self._choices else name
            attribute.put(features, called, (user_attrs or {}).get(name))
        return features


class _Attribute:
    """The values seen of one user attribute."""

    def __init__(self) -> None:
        self._choices: dict[str, None] = {}
        self._low = math.inf  # inf before the first value
        self._is_number = True

    def learn(self, value: object) -> None:
        if value is None:
            return
        self._choices[str(value)] = None
        if _is_number(value):
            self._low = min(self._low, float(value))  # type: ignore[arg-type]
        else:
            self._is_number = False

    def extent(self) -> object:
        """Changes when the features that have been given out would be others now."""
        return (True, self._low) if self._is_number else (False, len(self._choices))

    def put(self, features: dict[str, float], name: str, value: object) -> None:
        """Add the features of one trial; none while no value has been seen."""
        if not self._choices:
            return
        if self._is_number:
            _put_number(features, name, value, self._low)
        else:
            _put_choice(features, name, None if value is None else str(value), self._choices)


def _put_number(features: dict[str, float], name: str, value: object, low: float) -> None:
    there = _is_number(value)
    # The lower end, not 0, keeps a positive number positive, so that its logarithm can be taken.
    features[name] = float(value) if there else low  # type: ignore[arg-type]
    features[f"has {name}"] = float(there)


def _put_choice(features: dict[str, float], name: str, chosen: str | None, choices: Iterable[str]) -> None:
    features.update((f"{name}={choice}", float(choice == chosen)) for choice in choices)


def _is_number(value: object) -> bool:
    """Whether a value is a finite number; bools are 0 and 1."""
    try:
        return isinstance(value, Real) and math.isfinite(value)
    except OverflowError:  # an integer that no float can hold
        return False
