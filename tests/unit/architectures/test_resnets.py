"""Residual nets of the two residual curve tables."""

from collections.abc import Callable

import pytest

from bandits.architectures import Convolution, Pooling, ResidualBlock, ResNet, ResNet39, Softmax
from bandits.errors import SettingError


def test_depth_is_the_papers() -> None:
    """A net of b blocks has 6 (b + 1) + 2 layers, 14 to 110 for the table's 1 to 17."""
    depths = [ResNet(3, 200, num_blocks, num_filters=4, filter_size=3).depth for num_blocks in range(1, 18)]

    assert list(range(14, 111, 6)) == depths


def test_blocks_fall_into_three_stages() -> None:
    """The first block of the second and of the third stage halves the image."""
    layers = ResNet(3, 200, num_blocks=2, num_filters=4, filter_size=5).layers

    assert layers == (
        Convolution(4, 5),
        *[ResidualBlock(4, 5, stride) for stride in (1, 1, 2, 1, 2, 1)],
        Softmax(200),
    )


def test_weights_by_hand() -> None:
    """Convolutions without biases, two weights a channel for each normalisation, a linear layer with biases."""
    net = ResNet(channels=1, classes=10, num_blocks=1, num_filters=2, filter_size=3)
    convolutions, normalisations, linear = 1 * 9 * 2 + 12 * (2 * 9 * 2), 13 * 2 * 2, 2 * 10 + 10

    assert convolutions + normalisations + linear == net.num_params


def test_multiply_adds_by_hand() -> None:
    """Convolutions count at every place of their output; stages of 1, 1 and 2 blocks see sides of 8, 4 and 2."""
    net = ResNet(channels=1, classes=10, num_blocks=1, num_filters=2, filter_size=3)
    block = 3 * (2 * 9 * 2)

    assert 64 * 18 + block * (64 + 16 + 2 * 4) + 2 * 10 == net.multiply_adds(8)


def test_poolings_quarter_the_work() -> None:
    """The sections of a net of 39 layers see sides of 8, 4 and 2."""
    net = ResNet39(channels=2, classes=10, filters=(2, 2, 2))
    convolution = 2 * 9 * 2

    assert convolution * (12 * 64 + 9 * 16 + 15 * 4) + 2 * 10 == net.multiply_adds(8)


def test_39_layers() -> None:
    """Four, three and five blocks with pooling between them; widths differ by section."""
    net = ResNet39(3, 10, filters=(20, 30, 40))

    assert 39 == net.depth
    assert net.layers == (
        *[ResidualBlock(20, 3)] * 4,
        Pooling(2, 2),
        *[ResidualBlock(30, 3)] * 3,
        Pooling(2, 2),
        *[ResidualBlock(40, 3)] * 5,
        Softmax(10),
    )


def test_widths_span_the_table() -> None:
    """Nets of 20 to 74 filters weigh what the 486 nets of the table weigh, within 2 per cent at both ends."""
    least, most = (ResNet39(3, 10, (filters,) * 3).num_params for filters in (20, 74))  # type: ignore[arg-type]

    assert (126_594, 1_734_738) == pytest.approx((least, most), rel=0.02)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ResNet(3, 10, 0, 4, 3), "`num_blocks` must be an integer >= 1, got 0"),
        (lambda: ResNet(3, 10, 1, 4, 4), "`filter_size` must be odd, got 4"),
        (lambda: ResNet(0, 10, 1, 4, 3), "`channels` must be an integer >= 1, got 0"),
        (lambda: ResNet39(3, 10, (4, 4)), "`filters` must be three integers, got (4, 4)"),
        (lambda: ResNet39(3, 10, (4, 0, 4)), "`filters` must be an integer >= 1, got 0"),
    ],
)
def test_broken_settings_are_named(make: Callable[[], object], message: str) -> None:
    """An impossible net is refused in one sentence."""
    with pytest.raises(SettingError) as caught:
        make()

    assert message == str(caught.value)
