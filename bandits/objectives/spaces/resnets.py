"""The two spaces of residual nets of Baker, Gupta, Raskar and Naik (2017)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from optuna.distributions import CategoricalDistribution, IntDistribution

from bandits.architectures.resnets import ResNet, ResNet39
from bandits.objectives.spaces.base import ImageShape, ImageSpace
from bandits.search_space import Encoder

if TYPE_CHECKING:
    from bandits.training.nets.base import NetFamily

__all__ = ["ResNet39Space", "ResNetSpace"]

# Shares of the training after which the rate falls: 35000 of 175000 iterations, and so on.
_STEPS = (0.2, 0.4, 0.83, 1.0)
_LATE = 0.6  # share of the training: the 30th epoch of 50


class ResNetSpace(ImageSpace):
    """Residual nets of one width, as on TinyImageNet: blocks, filters, their size, and the step of the learning rate.

    Features are the columns of the table `deep_resnets_tinyimagenet`, but `ss` counts epochs here and iterations there.
    For images below 28 pixels nets have at most 5 blocks of 4 to 16 filters.
    """

    def __init__(self, shape: ImageShape, max_epochs: int) -> None:
        super().__init__(shape, max_epochs)
        steps = dict.fromkeys(max(1, round(share * max_epochs)) for share in _STEPS)
        self.numbers_per_pixel = 500 if shape.small else 3000
        self.space = {
            "num_blocks": IntDistribution(1, 5 if shape.small else 17),
            "num_filters": IntDistribution(4, 16) if shape.small else IntDistribution(2, 32),
            "filter_size": CategoricalDistribution((3, 5) if shape.small else (3, 5, 7)),
            "lr": CategoricalDistribution((0.1,)),
            "ss": CategoricalDistribution(tuple(steps)),
        }

    def family(self) -> NetFamily:
        from bandits.training.nets.residual import NesterovFamily

        return NesterovFamily(self._net)

    def check(self, config: Mapping[str, object]) -> None:
        for name in self.space:
            self._check_number(config, name, whole=name != "lr")
        self._net(config)

    def _net(self, config: Mapping[str, object]) -> ResNet:
        numbers = {name: int(config[name]) for name in ("num_blocks", "num_filters", "filter_size")}  # type: ignore[call-overload]
        return ResNet(self.shape.channels, self.shape.classes, **numbers)


class ResNet39Space(ImageSpace):
    """Residual nets of 39 layers, as on CIFAR-10: filters in each of three sections, and the learning rate.

    Features are the columns of the table `deep_resnets_cifar10`: `num_params` (this library's count) and `lr`. Nets
    have 20 to 74 filters, which covers the table's numbers of weights; for images below 28 pixels, 4 to 16.
    """

    def __init__(self, shape: ImageShape, max_epochs: int) -> None:
        super().__init__(shape, max_epochs)
        low, high = (4, 16) if shape.small else (20, 74)
        self.numbers_per_pixel = 500 if shape.small else 2200
        self.space = {
            "filters_1": IntDistribution(low, high),
            "filters_2": IntDistribution(low, high),
            "filters_3": IntDistribution(low, high),
            "lr": CategoricalDistribution((4e-4, 1e-3)),
        }

    def family(self) -> NetFamily:
        from bandits.training.nets.residual import RMSPropFamily

        return RMSPropFamily(self._net, late=math.ceil(_LATE * self.max_epochs))

    @cached_property
    def encoder(self) -> Encoder:
        """Encoder of the learning rate alone; instead of the filters, predictors see the number of weights."""
        return Encoder.of_space({"lr": self.space["lr"]})

    def features(self, config: Mapping[str, object]) -> Mapping[str, float]:
        return {"num_params": float(self._net(config).num_params), **self.encoder.encode(config)}

    def _net(self, config: Mapping[str, object]) -> ResNet39:
        first, second, third = (int(config[f"filters_{section}"]) for section in (1, 2, 3))  # type: ignore[call-overload]
        return ResNet39(self.shape.channels, self.shape.classes, (first, second, third))
