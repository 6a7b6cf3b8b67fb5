"""Weights, layers and multiply-adds of nets."""

from typing import Any

import pytest

from bandits.architectures import depth, multiply_adds, num_params, num_weights, read_layers


def test_counts_are_the_tables_columns(released: Any) -> None:
    """`num_params` and `depth` equal the columns of both MetaQNN tables in all 2300 rows."""
    assert [row.num_params for row in released] == [num_params(row.net) for row in released]
    assert [row.depth for row in released] == [depth(row.net) for row in released]


@pytest.mark.parametrize(
    ("net", "tabled", "weights", "products"),
    [
        # 3 -> 4 channels, kernel 3
        ("[C(4,3,1), SM(10)]", 108 + 4 * 9 * 4, 108 + 64 * 4 * 10, 64 * 108 + 64 * 4 * 10),
        ("[C(4,3,1), P(3,2), SM(10)]", 108, 108 + 9 * 4 * 10, 64 * 108 + 9 * 4 * 10),
        ("[C(4,3,1), P(2,2), FC(5), SM(10)]", 108 + 16 * 4 * 5 + 25, 108 + 320 + 50, 64 * 108 + 320 + 50),
        ("[C(4,3,1), GAP(10), SM(10)]", 108 + 40, 108 + 40, 64 * 108 + 40),
        ("[C(4,3,2), GAP(10), SM(10)]", 108 + 40, 108 + 40, 16 * 108 + 40),
    ],
)
def test_weights_by_hand(net: str, tabled: int, weights: int, products: int) -> None:
    """On 8 x 8 images of 3 channels: the table's count, the real one, and the multiply-adds, without biases."""
    assert (tabled, weights, products) == (
        num_params(net, 8, 3),
        num_weights(net, 8, 3),
        multiply_adds(net, 8, 3),
    )


def test_layers_count_as_their_text() -> None:
    """A net may be given as layers."""
    net = "[C(4,3,1), P(2,2), D(1,2), FC(5), D(2,2), SM(10)]"
    layers = read_layers(net)

    assert 4 == depth(net) == depth(layers)
    assert num_params(net, 8, 1) == num_params(layers, 8, 1)
    assert num_weights(net, 8, 1) == num_weights(layers, 8, 1)
    assert multiply_adds(net, 8, 1) == multiply_adds(layers, 8, 1)
