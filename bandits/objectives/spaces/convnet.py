"""A small fixed net with different training settings: the Cuda-Convnet of Hyperband's experiments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from optuna.distributions import FloatDistribution, IntDistribution

from bandits.errors import SettingError
from bandits.objectives.spaces.base import ImageShape, ImageSpace

if TYPE_CHECKING:
    from bandits.training.nets.base import NetFamily

__all__ = ["ConvnetSpace"]


class ConvnetSpace(ImageSpace):
    """Learning rate, its reductions, L2 of each layer, scale and power of local response normalisation.

    Ranges are those of Li et al. (JMLR 2018, table 3). Features are the parameters. For images below 28 pixels the net
    is a quarter as wide, with kernels of 3 x 3 instead of 5 x 5.
    """

    def __init__(self, shape: ImageShape, max_epochs: int) -> None:
        super().__init__(shape, max_epochs)
        self.numbers_per_pixel = 60 if shape.small else 200
        self.space = {
            "lr": FloatDistribution(5e-5, 5, log=True),
            "conv1_l2": FloatDistribution(5e-5, 5, log=True),
            "conv2_l2": FloatDistribution(5e-5, 5, log=True),
            "conv3_l2": FloatDistribution(5e-5, 5, log=True),
            "fc4_l2": FloatDistribution(5e-3, 500, log=True),
            "lr_reductions": IntDistribution(0, 3),
            "lrn_scale": FloatDistribution(5e-6, 5, log=True),
            "lrn_power": FloatDistribution(0.01, 3),
        }

    def family(self) -> NetFamily:
        from bandits.training.nets.convnet import ConvnetFamily

        widths, kernel = ((8, 8, 16), 3) if self.shape.small else ((32, 32, 64), 5)
        shape = self.shape
        return ConvnetFamily(
            shape.size, shape.channels, shape.classes, widths=widths, kernel=kernel, max_epochs=self.max_epochs
        )

    def check(self, config: Mapping[str, object]) -> None:
        for name in self.space:
            if name == "lr_reductions":  # none is a number too
                if config.get(name) not in range(1000):
                    raise SettingError.broken(
                        f"{name!r} of a configuration", "must be an integer >= 0", config.get(name)
                    )
            else:
                self._check_number(config, name)
