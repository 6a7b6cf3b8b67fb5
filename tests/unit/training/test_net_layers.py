"""Layers of our own compute what torch's do."""

import pytest
import torch
from torch import Tensor, nn

from bandits.architectures import read_layers
from bandits.training.nets.layers import Dropout, Flatten, GlobalAverage
from bandits.training.nets.metaqnn import metaqnn_net


def images(n: int = 2, channels: int = 3, size: int = 4) -> Tensor:
    torch.manual_seed(0)
    return torch.randn(n, channels, size, size).to(memory_format=torch.channels_last)


def test_flattening_copies_nothing() -> None:
    """Channels last in memory, channels last in the row."""
    given = images()
    flat = Flatten()(given)

    assert flat.data_ptr() == given.data_ptr()
    assert flat[1].tolist() == given[1].permute(1, 2, 0).flatten().tolist()
    assert Flatten()(flat) is flat


def test_the_global_average_is_the_mean_of_each_channel() -> None:
    """As adaptive pooling to one pixel."""
    torch.testing.assert_close(GlobalAverage()(images()), nn.functional.adaptive_avg_pool2d(images(), 1).flatten(1))


@pytest.mark.parametrize("rate", [0.1, 0.5])
@pytest.mark.parametrize("shape", [(100, 3, 10, 7), (99, 101)])
def test_dropout_drops_its_share_and_scales_the_rest(rate: float, shape: tuple[int, ...]) -> None:
    """What stays is 1 / (1 - rate) times as large; neighbours are independent."""
    torch.manual_seed(0)
    ones = torch.ones(shape)
    dropped = Dropout(rate)(ones)
    kept = (dropped > 0).float()

    assert dropped.unique().tolist() == pytest.approx([0, 1 / (1 - rate)])
    assert float(kept.mean()) == pytest.approx(1 - rate, abs=0.02)
    neighbours = torch.corrcoef(torch.stack([kept.flatten()[:-1], kept.flatten()[1:]]))
    assert float(neighbours[0, 1]) == pytest.approx(0, abs=0.03)


def test_the_gradient_of_dropout_is_dropped_alike() -> None:
    """The same mask forwards and backwards; the order of memory stays."""
    torch.manual_seed(0)
    given = images().requires_grad_()
    dropped = Dropout(0.5)(given)
    dropped.sum().backward()

    assert given.grad is not None
    torch.testing.assert_close(dropped, given * given.grad)
    assert dropped.is_contiguous(memory_format=torch.channels_last)


def test_dropout_is_seeded_and_off_in_evaluation() -> None:
    """It draws from torch's global generator."""
    layer, given = Dropout(0.5), images()
    first = [layer(given) for _ in range(2) if torch.manual_seed(1)]

    assert torch.equal(*first)
    assert layer.eval()(given) is given


def test_relu_after_pooling_is_relu_before_it() -> None:
    """The net computes the values and the gradients of the net as it is written."""
    torch.manual_seed(0)
    net = metaqnn_net(read_layers("[C(4,3,1), P(2,2), SM(10)]"), 8, 1)
    given = images(channels=1, size=8)
    convolution, linear = net[0], net[-1]
    written = nn.functional.max_pool2d(torch.relu(convolution(given)), 2, 2)
    out = linear(written.permute(0, 2, 3, 1).flatten(1))
    expected = torch.autograd.grad(out.square().sum(), convolution.weight)
    actual = torch.autograd.grad(net(given).square().sum(), convolution.weight)

    assert [type(module).__name__ for module in net][:3] == ["Conv2d", "MaxPool2d", "ReLU"]
    torch.testing.assert_close(net(given), out)
    torch.testing.assert_close(actual, expected)
