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

_SMALL = 28  # pixels; spaces are the papers' from here on, and smaller for smaller images


@dataclass(frozen=True, slots=True)
class ImageShape:
    """What nets must know of a data set's images.

    Args:
        size: side in pixels.
        channels: 1 for grey, 3 for colour.
        classes: how many there are.
        max_depth: most layers of a net of MetaQNN's grammar; None for the grammar's own limit.
    """

    size: int
    channels: int
    classes: int
    max_depth: int | None = None

    @property
    def small(self) -> bool:
        """Whether nets as wide as the papers' would be too much: below 28 pixels, the least that they were used on."""
        return self.size < _SMALL


class ImageSpace(ABC):
    """Configurations of nets for images of one shape.

    Args:
        shape: of the images.
        max_epochs: the longest training, which schedules of learning rates divide.

    Attributes:
        space: the distribution of each parameter by name, of `optuna.distributions`.
        grammar: of the nets that the parameter `net` names; None where there is none.
        numbers_per_pixel: how many numbers a step of training holds for each pixel of its images, so that gradients can
            be computed: about that of the largest tenth of its nets.
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
        """AP and HP of a configuration that `check` accepts: its parameters, unless the space has others."""
        return self.encoder.encode(config)

    def sampler(self, seed: int) -> Sampler:
        """Draws every parameter at random."""
        return RandomSampler(self.space, seed)

    def check(self, config: Mapping[str, object]) -> None:
        """Refuse a configuration that is none: every parameter must be there, in the kind of numbers of its range.

        A value outside the range is accepted: what a search draws from is no limit to what can be trained.

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
