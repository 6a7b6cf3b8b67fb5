"""Dropout stands where the released nets have it."""

from typing import Any

import pytest

from bandits.architectures import read_layers, with_dropout, without_dropout, write_layers


def test_released_nets_get_their_dropout_back(released: Any) -> None:
    """In all 2300 nets of the MetaQNN tables, place and numbers of dropout follow from the other layers."""
    nets = [row.net for row in released]

    assert nets == [write_layers(with_dropout(without_dropout(net))) for net in nets]


@pytest.mark.parametrize(
    ("layers", "net"),
    [
        ("[C(8,3,1), SM(10)]", "[C(8,3,1), SM(10)]"),
        ("[C(8,3,1), C(8,3,1), SM(10)]", "[C(8,3,1), C(8,3,1), D(1,1), SM(10)]"),
        ("[C(8,3,1), P(2,2), C(8,3,1), SM(10)]", "[C(8,3,1), P(2,2), D(1,2), C(8,3,1), SM(10)]"),
        ("[C(8,3,1), P(2,2), C(8,3,1), GAP(10), SM(10)]", "[C(8,3,1), P(2,2), D(1,1), C(8,3,1), GAP(10), SM(10)]"),
        ("[C(8,3,1), FC(16), FC(16), SM(10)]", "[C(8,3,1), FC(16), D(1,3), FC(16), D(2,3), SM(10)]"),
    ],
)
def test_an_ending_without_averages_counts_once_more(layers: str, net: str) -> None:
    """The n of D(i,n) counts SM as the kind before it, so the last of n may be missing."""
    assert net == write_layers(with_dropout(read_layers(layers)))


def test_dropout_is_put_once() -> None:
    """Dropout that stands already, even wrong, is put anew."""
    layers = read_layers("[D(3,3), C(8,3,1), D(1,9), C(8,3,1), SM(10)]")

    assert "[C(8,3,1), C(8,3,1), D(1,1), SM(10)]" == write_layers(with_dropout(with_dropout(layers)))
