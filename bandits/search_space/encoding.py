"""Configurations as features: the one place where a parameter becomes the numbers that predictors see.

1. A number is a feature as it is, and so are booleans, as 0 and 1. Logarithms are the predictors' business.
2. A choice among numbers or booleans is a number. Any other choice is one-hot: `optimizer=adam` is 1 or 0.
3. *Absent* is a parameter that a configuration does not have, since it is in another branch of the search space. A
   number then stands at its lower end, and `has momentum` is 0, which is 1 for all others: so that a model can tell,
   and a positive number stays positive, which its logarithm wants. Of an absent choice no feature is 1. `has momentum`
   is a feature where some configurations have no momentum, and only there.
4. *Missing* is a value that was not recorded (None or NaN, where that is no choice), of a parameter that the
   configuration does have. A number then counts as the median of the others, the value that is wrong by least, and
   `lr=missing` is 1. A choice that is missing has `optimizer=missing` as its choice.

A space that is declared says what its parameters are; elsewhere it is read off the values (`encoding_of`).
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
"""Stands among the values of a parameter where a configuration does not have it."""


@dataclass(frozen=True, slots=True)
class NumberEncoding:
    """A parameter of numbers as features.

    Args:
        name: of the parameter, and of its feature.
        absent: what stands for it in a configuration that does not have it.
        missing: what stands for it where it was not recorded.
        is_conditional: whether some configurations do not have it: then `has NAME` is a feature.
        has_gaps: whether it was not recorded for some: then `NAME=missing` is a feature.
    """

    name: str
    absent: float = 0.0
    missing: float = 0.0
    is_conditional: bool = False
    has_gaps: bool = False

    def encode(self, value: object) -> dict[str, float]:
        """The features of one value; what is neither a finite number nor ABSENT is missing."""
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
    """A parameter of choices as features, one for each.

    Args:
        name: of the parameter.
        choices: as text, `missing` among them where some were not recorded.
        is_conditional: whether some configurations do not have it; that all features are 0 says so.
    """

    name: str
    choices: tuple[str, ...]
    is_conditional: bool = False

    def encode(self, value: object) -> dict[str, float]:
        """The features of one value; of ABSENT, and of a choice that is none of these, all are 0."""
        chosen = None if value is ABSENT else str(value)
        if chosen not in self.choices and is_missing(value):
            chosen = MISSING
        return {f"{self.name}={choice}": float(choice == chosen) for choice in self.choices}


Encoding = NumberEncoding | ChoiceEncoding


def is_missing(value: object) -> bool:
    """Whether a value, where it is no choice, says that nothing was recorded: None or NaN."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def encoding_of(name: str, values: Iterable[object], *, absent: float | None = None) -> Encoding:
    """Read off the values of a parameter how it is encoded.

    Args:
        name: of the parameter.
        values: those of some configurations: None or NaN where one was not recorded, `ABSENT` where a configuration
            does not have the parameter. At least one is there.
        absent: the number that stands for an absent one; the smallest of the values if None.

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
    """Encodes configurations, under the same names for each.

    Args:
        encodings: of the parameters, in the order of the features; other parts of a configuration are not seen.
    """

    encodings: tuple[Encoding, ...]

    @classmethod
    def of_space(cls, space: Mapping[str, BaseDistribution], conditional: Collection[str] = ()) -> Encoder:
        """The encoder of a declared space.

        Args:
            space: a distribution of Optuna by parameter name.
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
        """The encoder of trials, each drawn from a space of its own, as those of an Optuna study are.

        Args:
            trials: the distributions and the values of each, by parameter name. A name without a value is absent; one
                whose value is None or NaN was not recorded, unless that is a choice.
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
        """The features of the parameters of which a configuration from elsewhere tells.

        Args:
            config: of another study, whose values may be of other types.
            recorded: names of all parameters that this study has recorded: a conditional one among them that the
                configuration lacks is absent. Of others that it lacks, nothing is known.
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
    """The encoding of a parameter that was declared in one way or several, and of values that it has had."""
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
