"""Nets are what their descriptions say, and are trained as their papers say."""

import pytest
import torch
from torch import nn

from bandits.architectures import Grammar, num_weights
from bandits.architectures.resnets import ResidualNet, ResNet, ResNet39
from bandits.training.nets.base import caffe_xavier_
from bandits.training.nets.convnet import ConvnetFamily
from bandits.training.nets.layers import Dropout
from bandits.training.nets.metaqnn import MetaQNNFamily
from bandits.training.nets.residual import NesterovFamily, RMSPropFamily, residual_net

NETS = [
    "[C(64,3,1), C(128,5,1), D(1,3), P(5,3), C(64,1,1), D(2,3), P(3,2), SM(10)]",
    "[C(64,1,1), C(128,1,1), D(1,3), P(2,2), C(64,1,1), D(2,3), C(128,5,1), C(128,3,1), D(3,3), GAP(10), SM(10)]",
    "[C(64,5,1), P(5,3), D(1,4), P(2,2), FC(256), D(2,4), FC(128), D(3,4), SM(10)]",
    "[C(64,5,1), SM(10)]",
]


@pytest.mark.parametrize("net", [NETS[0], NETS[1], NETS[3]])
def test_metaqnn_nets_have_the_weights_that_are_counted(net: str) -> None:
    """Convolutions keep the size, poolings shrink it as the grammar says: else the counts would differ."""
    model = MetaQNNFamily(Grammar()).build({"net": net})
    weights = sum(parameter.numel() for parameter in model.parameters() if parameter.dim() > 1)

    assert weights == num_weights(net)
    assert model(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


def test_dropout_rises_along_a_net() -> None:
    """The i-th of n drops i / (2 n)."""
    model = MetaQNNFamily(Grammar()).build({"net": NETS[1]})

    assert [m.rate for m in model.modules() if isinstance(m, Dropout)] == pytest.approx([1 / 6, 2 / 6, 3 / 6])


def test_metaqnn_rates_fall_to_a_fifth_every_five_epochs() -> None:
    """As in section 5 of the paper."""
    family = MetaQNNFamily(Grammar())
    rates = [family.learning_rate({"lr": 1.0}, epoch) for epoch in (1, 5, 6, 10, 11, 20)]

    assert rates == pytest.approx([1, 1, 0.2, 0.2, 0.04, 0.008])


def test_caffes_xavier_looks_at_inputs_alone() -> None:
    """Variance 1 / inputs, uniform; biases are 0."""
    torch.manual_seed(0)
    layer = nn.Conv2d(8, 256, 3)
    caffe_xavier_(layer)

    assert float(layer.weight.detach().var()) == pytest.approx(1 / 72, rel=0.05)
    assert float(layer.weight.detach().abs().max()) <= (3 / 72) ** 0.5 + 1e-6
    assert not layer.bias.any()


RESIDUAL = [ResNet(3, 10, num_blocks=1, num_filters=4, filter_size=5), ResNet39(1, 10, filters=(6, 4, 8))]


@pytest.mark.parametrize("net", RESIDUAL)
def test_residual_nets_have_the_weights_that_are_counted(net: ResidualNet) -> None:
    """Also where a block narrows or widens what it adds."""
    model = residual_net(net)

    assert sum(parameter.numel() for parameter in model.parameters()) == net.num_params
    assert model(torch.zeros(2, net.channels, 8, 8)).shape == (2, 10)


def test_a_block_adds_its_input() -> None:
    """With weights of zero, what is left of a net of blocks is its first convolution, shrunk."""
    model = residual_net(ResNet(1, 10, num_blocks=1, num_filters=4, filter_size=3)).eval()
    first, blocks = model[:3], model[3:-2]
    for block in blocks:
        for parameter in block.parameters():
            nn.init.zeros_(parameter)
    images = torch.randn(2, 1, 8, 8)

    assert torch.equal(blocks(first(images)), first(images)[:, :, ::4, ::4])


def test_residual_rates_fall_as_in_the_paper() -> None:
    """A tenth after every `ss` epochs; 1e-5 from some epoch on."""
    nesterov, rmsprop = NesterovFamily(lambda _: RESIDUAL[0]), RMSPropFamily(lambda _: RESIDUAL[1], late=30)

    assert [nesterov.learning_rate({"lr": 0.1, "ss": 4}, e) for e in (1, 4, 5, 9)] == pytest.approx(
        [0.1, 0.1, 0.01, 1e-3]
    )
    assert [rmsprop.learning_rate({"lr": 1e-3}, e) for e in (1, 29, 30, 50)] == [1e-3, 1e-3, 1e-5, 1e-5]


CONVNET = {
    "lr": 0.1, "conv1_l2": 1e-4, "conv2_l2": 2e-4, "conv3_l2": 3e-4, "fc4_l2": 4e-4, "lr_reductions": 2,
    "lrn_scale": 1e-3, "lrn_power": 0.75,
}  # fmt: skip


@pytest.mark.parametrize("size", [8, 28, 32])
def test_the_convnet_fits_any_image(size: int) -> None:
    """Three halvings, rounded up."""
    family = ConvnetFamily(size, 3, 10, widths=(4, 4, 8), kernel=5, max_epochs=60)

    assert family.build(CONVNET)(torch.zeros(2, 3, size, size)).shape == (2, 10)


def test_the_convnet_decays_each_layer_by_its_own() -> None:
    """And biases not at all; its rate falls at equal distances."""
    family = ConvnetFamily(8, 3, 10, widths=(4, 4, 8), kernel=3, max_epochs=60)
    optimizer = family.optimizer(family.build(CONVNET), CONVNET)

    assert [group["weight_decay"] for group in optimizer.param_groups] == [1e-4, 2e-4, 3e-4, 4e-4, 0.0]
    assert [family.learning_rate(CONVNET, e) for e in (20, 21, 41, 60, 99)] == pytest.approx(
        [0.1, 0.01, 1e-3, 1e-3, 1e-3]
    )
