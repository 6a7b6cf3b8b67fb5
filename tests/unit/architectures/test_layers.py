"""Nets are read and written as the curve tables spell them."""

from typing import Any

import pytest

from bandits.architectures import (
    Convolution,
    Dropout,
    FullyConnected,
    GlobalAveragePooling,
    Pooling,
    Softmax,
    read_layers,
    without_dropout,
    write_layers,
)
from bandits.errors import SettingError

KINDS = "C(filters,kernel,stride), P(size,stride), FC(units), GAP(classes), SM(classes), D(number,of)"


def test_released_nets_come_back_to_the_letter(released: Any) -> None:
    """All 2300 nets of the MetaQNN tables are written as they were read, and read as they were written."""
    nets = [row.net for row in released]
    layers = [read_layers(net) for net in nets]

    assert 2300 == len(nets)
    assert nets == [write_layers(net) for net in layers]
    assert layers == [read_layers(write_layers(net)) for net in layers]


def test_every_kind_of_layer_has_its_numbers() -> None:
    """Numbers go where the table's notes say: filters, size, stride; size, stride; units; classes; i of n."""
    assert read_layers("[C(64,3,1), P(5,2), D(1,3), FC(128), GAP(7), SM(10)]") == (
        Convolution(filters=64, kernel=3, stride=1),
        Pooling(size=5, stride=2),
        Dropout(number=1, of=3),
        FullyConnected(units=128),
        GlobalAveragePooling(classes=7),
        Softmax(classes=10),
    )


def test_spaces_do_not_matter() -> None:
    """A net may be typed with any spaces, or none."""
    assert read_layers("[C(64,3,1), P(2,2), SM(10)]") == read_layers("  [ C( 64, 3 ,1),P(2,2) ,SM(10)]")


def test_dropout_is_left_out_on_demand() -> None:
    """What remains are the layers that a designer chooses, from text or from layers."""
    net = "[C(64,3,1), P(2,2), D(1,1), SM(10)]"

    assert "[C(64,3,1), P(2,2), SM(10)]" == write_layers(without_dropout(net))
    assert without_dropout(net) == without_dropout(read_layers(net))


def test_dropout_rises_to_a_half() -> None:
    """Dropout i of n drops with probability i / (2 n)."""
    assert [1 / 8, 2 / 8, 3 / 8, 1 / 2] == [Dropout(number, 4).rate for number in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("pooling", "sizes"),
    [
        (Pooling(2, 2), {2: 1, 5: 2, 7: 3, 8: 4, 32: 16}),
        (Pooling(3, 2), {3: 1, 5: 2, 7: 3, 8: 3, 32: 15}),
        (Pooling(5, 3), {5: 1, 8: 2, 10: 2, 16: 4, 32: 10}),
    ],
    ids=str,
)
def test_pooling_leaves_whole_windows(pooling: Pooling, sizes: dict[int, int]) -> None:
    """The side of the output is the number of windows that fit."""
    assert sizes == {size: pooling.pooled(size) for size in sizes}


@pytest.mark.parametrize(
    ("net", "message"),
    [
        ("", "`net` must be a list of layers such as '[C(64,3,1), SM(10)]', got ''"),
        ("[]", "`net` must be a list of layers such as '[C(64,3,1), SM(10)]', got '[]'"),
        ("C(64,3,1)", "`net` must be a list of layers such as '[C(64,3,1), SM(10)]', got 'C(64,3,1)'"),
        (7, "`net` must be a list of layers such as '[C(64,3,1), SM(10)]', got 7"),
        ("[C(64,3,1), Q(2)]", f"layer 2 of `net` must be one of {KINDS}, got 'Q(2)'"),
        ("[C(64,3,1), ]", f"layer 2 of `net` must be one of {KINDS}, got ''"),
        ("[C(64,3,1) SM(10)]", f"layer 1 of `net` must be one of {KINDS}, got 'C(64,3,1) SM(10)'"),
        ("[C(64,x,1)]", f"layer 1 of `net` must be one of {KINDS}, got 'C(64,x,1)'"),
        ("[C(64,-3,1)]", f"layer 1 of `net` must be one of {KINDS}, got 'C(64,-3,1)'"),
        ("[C(64,3)]", "layer 1 of `net` must be C(filters,kernel,stride) with whole numbers >= 1, got 'C(64,3)'"),
        ("[FC(0)]", "layer 1 of `net` must be FC(units) with whole numbers >= 1, got 'FC(0)'"),
    ],
)
def test_misspelt_nets_are_refused(net: str, message: str) -> None:
    """The error says which layer cannot be read, and how such a layer is written."""
    with pytest.raises(SettingError) as caught:
        read_layers(net)

    assert message == str(caught.value)
