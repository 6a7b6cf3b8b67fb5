"""MetaQNN's space: which layers may follow which, in the paper's grid and in the small one."""

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandits.architectures import (
    Convolution,
    FullyConnected,
    GlobalAveragePooling,
    Grammar,
    Layer,
    Pooling,
    Softmax,
    State,
    depth,
    multiply_adds,
    read_layers,
    without_dropout,
)
from bandits.errors import SettingError
from bandits.rng import rng_for

PAPER = Grammar(max_depth=18)
DIGITS = Grammar.for_images(8, 1, 10)
GRAMMARS = st.sampled_from(
    [
        PAPER,
        Grammar.for_images(28, 1, 10),
        DIGITS,
        Grammar.for_images(5, 2, 3),
        Grammar(initial_pooling=True, initial_end=True, max_depth=3),
        Grammar(pools=(), fully_connected=(), max_depth=4),
    ]
)
SEEDS = st.integers(0, 2**32)


def written(layers: tuple[Layer, ...]) -> list[str]:
    return [str(layer) for layer in layers]


def reached(grammar: Grammar, *layers: Layer) -> State:
    return grammar.states(layers)[-1]


def test_released_nets_are_legal(cifar10: Any, svhn: Any) -> None:
    """All 1000 nets of CIFAR-10 are within 18 layers, all 1300 of SVHN within 12, and some reach the limit."""
    for rows, max_depth in ((cifar10, 18), (svhn, 12)):
        grammar = Grammar(max_depth=max_depth)

        assert [row.net for row in rows] == [grammar.net_of(grammar.parse(row.net)) for row in rows]
        assert max_depth + 1 == max(row.depth for row in rows)


def test_released_nets_use_every_layer(released: Any) -> None:
    """The grid holds no layer that the released nets lack."""
    used = {layer for row in released for layer in without_dropout(row.net)}

    assert used == set(PAPER.alphabet)


@given(GRAMMARS, SEEDS)
def test_samples_are_legal(grammar: Grammar, seed: int) -> None:
    """A sampled net parses, keeps its text, and is legal at every layer."""
    net = grammar.sample(rng_for(seed))
    layers = grammar.parse(net)

    assert net == grammar.net_of(layers)
    for state, layer in zip(grammar.states(net), without_dropout(layers), strict=False):
        assert layer in grammar.actions(state)


@given(GRAMMARS, SEEDS)
def test_samples_obey_the_limits(grammar: Grammar, seed: int) -> None:
    """Depth, fully connected layers, poolings and endings are as the rules say."""
    layers = without_dropout(grammar.sample(rng_for(seed)))
    units = [layer.units for layer in layers if isinstance(layer, FullyConnected)]

    assert 1 <= depth(layers) <= grammar.max_depth + 1
    assert [Softmax(grammar.classes)] == [layer for layer in layers if isinstance(layer, Softmax)] == [layers[-1]]
    assert len(units) <= grammar.max_fully_connected and units == sorted(units, reverse=True)
    for layer, after in pairwise(layers):
        assert not (isinstance(layer, Pooling) and isinstance(after, Pooling))
        assert not isinstance(layer, GlobalAveragePooling) or isinstance(after, Softmax)
        assert not isinstance(layer, FullyConnected) or isinstance(after, FullyConnected | Softmax)


@given(GRAMMARS, SEEDS)
def test_a_layer_is_an_action_or_a_fault(grammar: Grammar, seed: int) -> None:
    """What `actions` offers can be stepped to; every other layer is refused; only whole nets offer nothing."""
    for state in grammar.states(grammar.sample(rng_for(seed))):
        actions = grammar.actions(state)

        assert state.final == (not actions)
        for layer in grammar.alphabet:
            if layer in actions:
                assert state.depth + 1 == grammar.step(state, layer).depth
            else:
                with pytest.raises(SettingError, match=f"^layer {state.depth + 1} of `net` must "):
                    grammar.step(state, layer)


@given(GRAMMARS, st.lists(SEEDS, min_size=8, max_size=8, unique=True))
def test_a_key_has_one_set_of_actions(grammar: Grammar, seeds: list[int]) -> None:
    """States that Q-learning cannot tell apart, for their sizes are in one bin, have the same actions."""
    seen: dict[object, tuple[Layer, ...]] = {}
    for seed in seeds:
        for state in grammar.states(grammar.sample(rng_for(seed))):
            assert seen.setdefault(state.key, grammar.actions(state)) == grammar.actions(state)


def test_a_key_hides_the_size() -> None:
    """Sizes 4 and 7 are in one bin: one key, two states."""
    begun, last = (Convolution(64, 3), Pooling(2, 2), Convolution(64, 3)), Convolution(64, 1)
    four, seven = reached(PAPER, *begun, Pooling(5, 3), last), reached(PAPER, *begun, Pooling(3, 2), last)

    assert (4, 7) == (four.size, seven.size) and four != seven
    assert ("C(64,1,1)", 5, 4, 0) == four.key == seven.key
    assert ("", 0, 8, 0) == PAPER.start().key


def test_fully_connected_layers_may_be_allowed_at_any_size() -> None:
    """A limit above the image size lets FC follow the first convolution."""
    free = Grammar(fully_connected_below=33)

    assert FullyConnected(512) in free.actions(reached(free, Convolution(64, 3)))


def test_first_actions() -> None:
    """A net begins with a convolution, in the order of filters and kernels."""
    assert written(DIGITS.actions(DIGITS.start())) == [
        "C(8,1,1)", "C(8,3,1)", "C(16,1,1)", "C(16,3,1)", "C(32,1,1)", "C(32,3,1)", "C(64,1,1)", "C(64,3,1)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("net", "actions"),
    [
        ("[C(8,3,1)]", "C3 P(5,3) P(3,2) P(2,2) GAP(10) SM(10)"),  # 8 x 8: no FC
        ("[C(8,3,1), P(2,2)]", "C3 FC(64) FC(32) FC(16) GAP(10) SM(10)"),  # 4 x 4
        ("[C(8,3,1), P(2,2), C(8,3,1)]", "C3 P(3,2) P(2,2) FC(64) FC(32) FC(16) GAP(10) SM(10)"),
        ("[C(8,3,1), P(3,2)]", "FC(64) FC(32) FC(16) GAP(10) SM(10)"),  # 3 x 3: too small for C and P
        ("[C(8,3,1), P(3,2), FC(32)]", "FC(32) FC(16) SM(10)"),
        ("[C(8,3,1), P(3,2), FC(32), FC(32)]", "SM(10)"),
        ("[C(8,3,1), GAP(10)]", "SM(10)"),
        ("[C(8,3,1), SM(10)]", ""),
        ("[" + ", ".join(["C(8,3,1)"] * 8) + "]", "SM(10)"),
    ],
)
def test_next_actions(net: str, actions: str) -> None:
    """The legal next layers, by hand; C3 stands for the eight convolutions of kernels 1 and 3."""
    found = written(DIGITS.actions(DIGITS.states(net)[-1]))
    convolutions = written(DIGITS.actions(DIGITS.start()))

    assert found == [layer for word in actions.split() for layer in (convolutions if word == "C3" else [word])]


def test_kernels_go_by_the_bin() -> None:
    """A 7 x 7 representation is in the bin of 4, so a kernel of 5 does not fit, nor a window of 5."""
    state = reached(PAPER, Convolution(64, 3), Pooling(3, 2), Convolution(64, 3), Pooling(3, 2), Convolution(64, 3))
    kinds = Counter((type(layer), getattr(layer, "kernel", 0)) for layer in PAPER.actions(state))

    assert (7, 4) == (state.size, state.bucket)
    assert (4, 4, 0) == (kinds[Convolution, 1], kinds[Convolution, 3], kinds[Convolution, 5])
    assert [Pooling(3, 2), Pooling(2, 2)] == [layer for layer in PAPER.actions(state) if isinstance(layer, Pooling)]


def test_a_beginning_may_be_freed() -> None:
    """Pooling, GAP and SM come first where the settings say so."""
    free = Grammar(initial_pooling=True, initial_end=True)

    assert set(free.actions(free.start())) == {*free.alphabet} - {FullyConnected(n) for n in (512, 256, 128)}


def test_a_walk_is_uniform() -> None:
    """Each next layer is as likely as every other legal one."""
    rng, n = rng_for(0), 1300
    seconds = Counter(str(without_dropout(DIGITS.sample(rng))[1]) for _ in range(n))

    # after the first convolution: 8 C, 3 P, GAP and SM
    assert 13 == len(seconds)
    assert [n / 13] * 13 == pytest.approx(list(seconds.values()), abs=4 * np.sqrt(n / 13))


def test_a_net_may_do_without_dropout() -> None:
    """A text without any dropout is legal, and is read as it stands."""
    net = "[C(64,1,1), C(64,1,1), C(64,1,1), C(64,1,1), GAP(10), SM(10)]"

    assert read_layers(net) == PAPER.parse(net)


def test_small_images_get_small_nets() -> None:
    """From 28 pixels the grid is the paper's; a random net for digits takes about half a million multiply-adds."""
    rng = rng_for(0)
    products = [multiply_adds(DIGITS.sample(rng), 8, 1) for _ in range(500)]

    assert Grammar(28, 1, 10) == Grammar.for_images(28, 1, 10)
    assert Grammar(32, 3, 10, max_depth=18) == Grammar.for_images(32, 3, 10, max_depth=18)
    assert (8, 16, 32, 64) == DIGITS.filters and (64, 32, 16) == DIGITS.fully_connected and 8 == DIGITS.max_depth
    assert 4e5 < np.mean(products) < 6e5
