"""The role of a space of nets for images."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from bandits.errors import SettingError
from bandits.samplers.random import RandomSampler
from bandits.search_space import Encoder

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

    from bandits.architectures import Grammar
    from bandits.samplers.base import Sampler
    from bandits.training.nets.base import NetFamily

__all__ = ["ImageShape", "ImageSpace"]

_SMALL = 28  # pixels; smaller images have smaller spaces than those of the papers


@dataclass(frozen=True, slots=True)
class ImageShape:
    """The shape of a data set's images, for building nets.

    Args:
        size: side in pixels.
        channels: 1 for grey, 3 for colour.
        classes: number of classes.
        max_depth: the most layers of a net of MetaQNN's grammar; None for the grammar's own limit.
    """

    size: int
    channels: int
    classes: int
    max_depth: int | None = None

    @property
    def small(self) -> bool:
        """Whether images have fewer than 28 pixels, the least of the papers, so that nets should be smaller."""
        return self.size < _SMALL


class ImageSpace(ABC):
    """Configurations of nets for images of one shape.

    Args:
        shape: shape of the images.
        max_epochs: the longest training, to which learning-rate schedules scale.

    Attributes:
        space: a distribution of `optuna.distributions` for each parameter name.
        grammar: grammar of the nets in the parameter `net`; None if there is no such parameter.
        numbers_per_pixel: how many activations a training step stores for each pixel of its images; approximately that
            of the largest tenth of its nets.
    """

    space: Mapping[str, BaseDistribution]
    numbers_per_pixel: int
    grammar: Grammar | None = None

    def __init__(self, shape: ImageShape, max_epochs: int) -> None:
        self.shape = shape
        self.max_epochs = max_epochs

    @abstractmethod
    def family(self) -> NetFamily:
        """How its nets are built and trained; loads torch."""

    @cached_property
    def encoder(self) -> Encoder:
        """How parameters become features."""
        return Encoder.of_space(self.space)

    def features(self, config: Mapping[str, object]) -> Mapping[str, float]:
        """AP and HP of a configuration that `check` accepts; by default its parameters."""
        return self.encoder.encode(config)

    def sampler(self, seed: int) -> Sampler:
        """Draws every parameter at random."""
        return RandomSampler(self.space, seed)

    def check(self, config: Mapping[str, object]) -> None:
        """Refuse an invalid configuration: every parameter must be given, as a number of the right kind.

        A value outside the range is accepted: the range limits the search, not the training.

        Raises:
            SettingError: with the parameter and the rule.
        """
        for name, distribution in self.space.items():
            self._check_number(config, name, whole=isinstance(getattr(distribution, "low", None), int))

    def _check_number(self, config: Mapping[str, object], name: str, *, whole: bool = False) -> None:
        value = config.get(name)
        number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
        if not (0 < number < math.inf and (not whole or number.is_integer())):
            rule = f"must be a {'whole ' if whole else ''}number > 0"
            raise SettingError.broken(f"{name!r} of a configuration", rule, value)
