"""A small fixed net; only its training hyperparameters vary: the Cuda-Convnet of Hyperband's experiments.

Three convolutions, each with pooling, local response normalisation after the first two, and one fully connected layer
(Krizhevsky's cuda-convnet; Li et al., JMLR 2018, table 3; Baker et al. 2017).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from bandits.training.nets.base import NetFamily, caffe_xavier_
from bandits.training.nets.layers import Flatten

__all__ = ["ConvnetFamily"]

_LRN_CHANNELS = 3


class ConvnetFamily(NetFamily):
    """Momentum of 0.9; the learning rate falls to a tenth `lr_reductions` times, at equal distances; L2 per layer.

    A configuration has "lr", "conv1_l2", "conv2_l2", "conv3_l2", "fc4_l2", "lr_reductions", "lrn_scale" and
    "lrn_power". L2 times a weight is added to the weight's gradient; biases have no L2.

    Args:
        image_size, channels, classes: of the images.
        widths: filters of the three convolutions.
        kernel: side of all their kernels, odd.
        max_epochs: the training's length, which the reductions divide into equal parts.
    """

    def __init__(
        self,
        image_size: int,
        channels: int,
        classes: int,
        *,
        widths: tuple[int, int, int],
        kernel: int,
        max_epochs: int,
    ) -> None:
        self._image_size, self._channels, self._classes = image_size, channels, classes
        self._widths, self._kernel = widths, kernel
        self._max_epochs = max_epochs

    def build(self, config: Mapping[str, object]) -> nn.Module:
        first, second, third = self._widths
        scale, power = _number(config, "lrn_scale"), _number(config, "lrn_power")
        side = self._image_size
        for _ in range(3):
            side = -(-side // 2)
        net = nn.Sequential(
            self._convolution(self._channels, first),
            nn.MaxPool2d(3, 2, padding=1),
            nn.ReLU(inplace=True),
            nn.LocalResponseNorm(_LRN_CHANNELS, scale, power),
            self._convolution(first, second),
            nn.ReLU(inplace=True),
            nn.AvgPool2d(3, 2, padding=1),
            nn.LocalResponseNorm(_LRN_CHANNELS, scale, power),
            self._convolution(second, third),
            nn.ReLU(inplace=True),
            nn.AvgPool2d(3, 2, padding=1),
            Flatten(),
            nn.Linear(third * side * side, self._classes),
        )
        net.apply(caffe_xavier_)
        return net

    def optimizer(self, model: nn.Module, config: Mapping[str, object]) -> torch.optim.Optimizer:
        layers = [module for module in model.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
        decays = [_number(config, name) for name in ("conv1_l2", "conv2_l2", "conv3_l2", "fc4_l2")]
        weights = [
            {"params": [layer.weight], "weight_decay": decay} for layer, decay in zip(layers, decays, strict=True)
        ]
        biases = {"params": [layer.bias for layer in layers], "weight_decay": 0.0}
        return torch.optim.SGD([*weights, biases], lr=self.learning_rate(config, 1), momentum=0.9, fused=True)

    def learning_rate(self, config: Mapping[str, object], epoch: int) -> float:
        stages = int(_number(config, "lr_reductions")) + 1
        return _number(config, "lr") * 0.1 ** min((epoch - 1) * stages // self._max_epochs, stages - 1)

    def _convolution(self, inputs: int, filters: int) -> nn.Module:
        return nn.Conv2d(inputs, filters, self._kernel, padding=self._kernel // 2)


def _number(config: Mapping[str, object], name: str) -> float:
    return float(config[name])  # type: ignore[arg-type]
