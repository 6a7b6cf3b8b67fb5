"""Encode configurations as features: the only place where parameters become the numbers that predictors see.

1. A number is a feature as it is; booleans become 0 and 1. Predictors take logarithms themselves.
2. A choice among numbers or booleans is a number. Any other choice is one-hot: `optimizer=adam` is 1 or 0.
3. A parameter is *absent* if the configuration does not have it, because it is in another branch of the search space.
   A number is then encoded as its lower end, so that positive numbers stay positive for logarithms, and the feature
   `has momentum` is 0; it is 1 for all other configurations. Every feature of an absent choice is 0. There is a feature
   `has momentum` only if some configurations have no momentum.
4. A value is *missing* if the configuration has the parameter, but its value was not recorded (None or NaN, if that is
   no choice). A number is then encoded as the median of the others, which minimises the mean absolute error, and
   `lr=missing` is 1. A missing choice is encoded as the choice `optimizer=missing`.

A declared space tells how its parameters are encoded; without one, their values do (`encoding_of`).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from bandits.search_space.distributions import choices_of, is_numeric, lower_end, middle_of, number_of

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = ["ABSENT", "MISSING", "ChoiceEncoding", "Encoder", "Encoding", "NumberEncoding", "encoding_of", "is_missing"]

MISSING = "missing"


class _Absent(Enum):
    ABSENT = "absent"


ABSENT: Final = _Absent.ABSENT
"""The value of a parameter that a configuration does not have."""


@dataclass(frozen=True, slots=True)
class NumberEncoding:
    """How a numeric parameter becomes features.

    Args:
        name: name of the parameter and of its feature.
        absent: the feature's value if a configuration does not have the parameter.
        missing: the feature's value if the parameter was not recorded.
        is_conditional: whether some configurations do not have it; `has NAME` is then a feature.
        has_gaps: whether it was not recorded for some; `NAME=missing` is then a feature.
    """

    name: str
    absent: float = 0.0
    missing: float = 0.0
    is_conditional: bool = False
    has_gaps: bool = False

    def encode(self, value: object) -> dict[str, float]:
        """The features of one value; a value that is neither a finite number nor ABSENT is missing."""
        number = number_of(value)
        there = value is not ABSENT
        instead = self.missing if there else self.absent
        features = {self.name: instead if number is None else number}
        if self.is_conditional:
            features[f"has {self.name}"] = float(there)
        if self.has_gaps:
            features[f"{self.name}={MISSING}"] = float(there and number is None)
        return features


@dataclass(frozen=True, slots=True)
class ChoiceEncoding:
    """How a parameter with choices becomes features, one for each choice.

    Args:
        name: name of the parameter.
        choices: the choices as text, with `missing` if some values were not recorded.
        is_conditional: whether some configurations do not have it; all its features are then 0.
    """

    name: str
    choices: tuple[str, ...]
    is_conditional: bool = False

    def encode(self, value: object) -> dict[str, float]:
        """The features of one value; all are 0 for ABSENT and for an unknown choice."""
        chosen = None if value is ABSENT else str(value)
        if chosen not in self.choices and is_missing(value):
            chosen = MISSING
        return {f"{self.name}={choice}": float(choice == chosen) for choice in self.choices}


Encoding = NumberEncoding | ChoiceEncoding


def is_missing(value: object) -> bool:
    """Whether a value means "not recorded": None or NaN. (Not to be asked of a value that is a choice.)"""
    return value is None or (isinstance(value, float) and math.isnan(value))


def encoding_of(name: str, values: Iterable[object], *, absent: float | None = None) -> Encoding:
    """Choose the encoding of a parameter from its values.

    Args:
        name: name of the parameter.
        values: its values in some configurations: None or NaN if not recorded, `ABSENT` if the configuration does not
            have the parameter. At least one is another value.
        absent: the number that encodes an absent value; None for the smallest of the values.

    Example:
        >>> encoding_of("momentum", [0.5, ABSENT, 0.9]).encode(0.9)
        {'momentum': 0.9, 'has momentum': 1.0}
        >>> encoding_of("optimizer", ["sgd", "adam"]).encode("adam")
        {'optimizer=adam': 1.0, 'optimizer=sgd': 0.0}
    """
    values = list(values)
    present = [value for value in values if value is not ABSENT and not is_missing(value)]
    has_gaps = any(is_missing(value) for value in values)
    numbers = [number for value in present if (number := number_of(value)) is not None]
    if len(numbers) < len(present):
        choices = sorted({*map(str, present), *([MISSING] if has_gaps else [])})
        return ChoiceEncoding(name, tuple(choices), ABSENT in values)
    lowest = min(numbers) if absent is None else absent
    return NumberEncoding(name, lowest, statistics.median(numbers), ABSENT in values, has_gaps)


@dataclass(frozen=True, slots=True)
class Encoder:
    """Encodes configurations as features; the names are the same for each.

    Args:
        encodings: encodings of the parameters, in the order of the features; other parts of configurations are ignored.
    """

    encodings: tuple[Encoding, ...]

    @classmethod
    def of_space(cls, space: Mapping[str, BaseDistribution], conditional: Collection[str] = ()) -> Encoder:
        """Make the encoder of a declared space.

        Args:
            space: a distribution of Optuna for each parameter name.
            conditional: names of the parameters that some configurations do not have.

        Example:
            >>> from optuna.distributions import CategoricalDistribution, FloatDistribution
            >>> space = {"kind": CategoricalDistribution(["a", "b"]), "momentum": FloatDistribution(0.5, 0.9)}
            >>> Encoder.of_space(space, conditional=["momentum"]).encode({"kind": "a"})
            {'kind=a': 1.0, 'kind=b': 0.0, 'momentum': 0.5, 'has momentum': 0.0}
        """
        return cls(
            tuple(_declared(name, [one], [ABSENT] if name in conditional else []) for name, one in space.items())
        )

    @classmethod
    def of_trials(cls, trials: Iterable[tuple[Mapping[str, BaseDistribution], Mapping[str, object]]]) -> Encoder:
        """Make the encoder of trials that each have their own distributions, as in an Optuna study.

        Args:
            trials: the distributions and the values of each trial, by parameter name. A name without a value is absent;
                a value of None or NaN is missing, unless it is a choice.
        """
        trials = list(trials)
        found: dict[str, list[BaseDistribution]] = {}
        for space, _ in trials:
            for name, distribution in space.items():
                found.setdefault(name, []).append(distribution)
        return cls(
            tuple(
                _declared(name, distributions, [values.get(name, ABSENT) for _, values in trials])
                for name, distributions in found.items()
            )
        )

    def encode(self, config: Mapping[str, object]) -> dict[str, float]:
        """The features of a configuration; a parameter that it lacks is absent."""
        features: dict[str, float] = {}
        for encoding in self.encodings:
            features |= encoding.encode(config.get(encoding.name, ABSENT))
        return features

    def encode_known(self, config: Mapping[str, object], recorded: Collection[str]) -> dict[str, float]:
        """The features of a configuration from another study, as far as it tells them.

        Args:
            config: the configuration; its values may have other types.
            recorded: names of all parameters that the other study has recorded. A conditional one that the
                configuration lacks is absent. Any other parameter that it lacks is unknown, and has no features here.
        """
        features: dict[str, float] = {}
        for encoding in self.encodings:
            value = config.get(encoding.name, ABSENT)
            if value is ABSENT:
                is_known = encoding.is_conditional and encoding.name in recorded
            elif isinstance(encoding, NumberEncoding):
                is_known = number_of(value) is not None
            else:
                is_known = not is_missing(value) or str(value) in encoding.choices
            if is_known:
                features |= encoding.encode(value)
        return features


def _declared(name: str, distributions: Sequence[BaseDistribution], values: Sequence[object]) -> Encoding:
    """The encoding of a parameter from all its declarations and the values that it has had."""
    if all(map(is_numeric, distributions)):
        numbers = [number_of(value) for value in values if value is not ABSENT]
        known = [number for number in numbers if number is not None]
        return NumberEncoding(
            name,
            absent=min(map(lower_end, distributions)),
            missing=statistics.median(known) if known else middle_of(distributions[0]),
            is_conditional=ABSENT in values,
            has_gaps=len(known) < len(numbers),
        )
    choices = dict.fromkeys(str(choice) for one in distributions for choice in choices_of(one) or ())
    gaps = any(is_missing(value) and str(value) not in choices for value in values)
    return ChoiceEncoding(name, (*choices, *([MISSING] if gaps else [])), ABSENT in values)
