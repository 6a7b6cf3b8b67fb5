"""Residual nets, and the two ways in which Baker, Gupta, Raskar and Naik (2017) train them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from bandits.architectures.layers import Convolution, Pooling
from bandits.architectures.resnets import ResidualBlock, ResidualNet
from bandits.training.nets.base import NetFamily
from bandits.training.nets.layers import GlobalAverage

__all__ = ["NesterovFamily", "RMSPropFamily", "residual_net"]


class _ResidualFamily(NetFamily):
    def __init__(self, net_of: Callable[[Mapping[str, object]], ResidualNet]) -> None:
        self._net_of = net_of

    def build(self, config: Mapping[str, object]) -> nn.Module:
        return residual_net(self._net_of(config))


class NesterovFamily(_ResidualFamily):
    """The nets of TinyImageNet: Nesterov's momentum of 0.9; the learning rate falls to a tenth every `ss` epochs.

    Args:
        net_of: the net that a configuration describes. The configuration also has "lr", 0.1 in the paper, and "ss".
    """

    def optimizer(self, model: nn.Module, config: Mapping[str, object]) -> torch.optim.Optimizer:
        rate = self.learning_rate(config, 1)
        return torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9, nesterov=True, fused=True)

    def learning_rate(self, config: Mapping[str, object], epoch: int) -> float:
        falls = (epoch - 1) // int(config["ss"])  # type: ignore[call-overload]
        return float(config["lr"]) * 0.1 ** int(falls)  # type: ignore[arg-type]


class RMSPropFamily(_ResidualFamily):
    """The nets of CIFAR-10: RMSProp with weight decay 1e-4; the learning rate is 1e-5 from epoch `late` on.

    Args:
        net_of: the net that a configuration describes. The configuration also has "lr".
        late: the first epoch with the small learning rate: 30 of 50 in the paper.
    """

    LATE_RATE = 1e-5

    def __init__(self, net_of: Callable[[Mapping[str, object]], ResidualNet], late: int) -> None:
        super().__init__(net_of)
        self._late = late

    def optimizer(self, model: nn.Module, config: Mapping[str, object]) -> torch.optim.Optimizer:
        rate = self.learning_rate(config, 1)
        return torch.optim.RMSprop(model.parameters(), lr=rate, weight_decay=1e-4, foreach=True)

    def learning_rate(self, config: Mapping[str, object], epoch: int) -> float:
        return float(config["lr"]) if epoch < self._late else self.LATE_RATE  # type: ignore[arg-type]


def residual_net(net: ResidualNet) -> nn.Sequential:
    """The net that a value describes; its weights are drawn as in He et al. (2015), for ReLU."""
    modules: list[nn.Module] = []
    width = net.channels
    for layer in net.layers:
        if isinstance(layer, Convolution):
            modules += [*_normalised(width, layer.filters, layer.kernel, layer.stride), nn.ReLU(inplace=True)]
            width = layer.filters
        elif isinstance(layer, ResidualBlock):
            modules.append(_Block(width, layer))
            width = layer.filters
        elif isinstance(layer, Pooling):
            modules.append(nn.MaxPool2d(layer.size, layer.stride))
        else:
            modules += [GlobalAverage(), nn.Linear(width, layer.classes)]
    made = nn.Sequential(*modules)
    for module in made.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return made


def _normalised(inputs: int, filters: int, kernel: int, stride: int = 1) -> tuple[nn.Module, nn.Module]:
    convolution = nn.Conv2d(inputs, filters, kernel, stride, padding=kernel // 2, bias=False)
    return convolution, nn.BatchNorm2d(filters)


class _Block(nn.Module):
    """Three convolutions with batch normalisation; the input is added to their output, without weights."""

    def __init__(self, inputs: int, block: ResidualBlock) -> None:
        super().__init__()
        filters, kernel = block.filters, block.kernel
        self._stride, self._filters, self._added = block.stride, filters, filters - inputs
        self.body = nn.Sequential(
            *_normalised(inputs, filters, kernel, block.stride),
            nn.ReLU(inplace=True),
            *_normalised(filters, filters, kernel),
            nn.ReLU(inplace=True),
            *_normalised(filters, filters, kernel),
        )

    def forward(self, images: Tensor) -> Tensor:
        passed = images[:, : self._filters, :: self._stride, :: self._stride]
        if self._added > 0:
            passed = nn.functional.pad(passed, (0, 0, 0, 0, 0, self._added))
        return torch.relu(self.body(images) + passed)
