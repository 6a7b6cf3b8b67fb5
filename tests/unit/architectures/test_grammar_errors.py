"""Illegal nets and impossible grammars are refused in one sentence."""

from typing import Any

import pytest

from bandits.architectures import Convolution, Grammar, Pooling
from bandits.errors import SettingError

PLACE = "as dropout follows every second C or P and every FC"


@pytest.mark.parametrize(
    ("net", "message"),
    [
        ("[P(2,2), SM(10)]", "layer 1 of `net` must be C: every net begins with C, got 'P(2,2)'"),
        ("[FC(128), SM(10)]", "layer 1 of `net` must be C: every net begins with C, got 'FC(128)'"),
        ("[GAP(10), SM(10)]", "layer 1 of `net` must be C: every net begins with C, got 'GAP(10)'"),
        ("[SM(10)]", "layer 1 of `net` must be C: every net begins with C, got 'SM(10)'"),
        (
            "[C(65,3,1), SM(10)]",
            "layer 1 of `net` must have filters 64, 128, 256 or 512, kernel 1, 3 or 5 and stride 1, got 'C(65,3,1)'",
        ),
        ("[C(64,3,1), P(4,4), SM(10)]", "layer 2 of `net` must be P(5,3), P(3,2) or P(2,2), got 'P(4,4)'"),
        ("[C(64,3,1), FC(64), SM(10)]", "layer 2 of `net` must be FC(512), FC(256) or FC(128), got 'FC(64)'"),
        ("[C(64,3,1), GAP(9), SM(10)]", "layer 2 of `net` must be GAP(10), got 'GAP(9)'"),
        ("[C(64,3,1), SM(100)]", "layer 2 of `net` must be SM(10), got 'SM(100)'"),
        (
            "[C(64,3,1), FC(128), SM(10)]",
            "layer 2 of `net` must not be FC, as its input's size 32 is not below 8, got 'FC(128)'",
        ),
        (
            "[C(64,3,1), P(2,2), D(1,2), P(2,2), SM(10)]",
            "layer 4 of `net` must not be P, as it follows P(2,2), got 'P(2,2)'",
        ),
        (
            "[C(64,3,1), P(5,3), C(64,3,1), P(2,2), C(64,5,1), SM(10)]",
            "layer 5 of `net` must have a kernel below 4, the bin of its input's size 5, got 'C(64,5,1)'",
        ),
        (
            "[C(64,3,1), P(5,3), C(64,3,1), P(2,2), C(64,3,1), P(5,3), SM(10)]",
            "layer 6 of `net` must have a window of at most 4, the bin of its input's size 5, got 'P(5,3)'",
        ),
        (
            "[C(64,3,1), P(5,3), C(64,3,1), P(5,3), FC(128), FC(256), SM(10)]",
            "layer 6 of `net` must not be wider than FC(128), which it follows, got 'FC(256)'",
        ),
        (
            "[C(64,3,1), P(5,3), C(64,3,1), P(5,3), FC(128), FC(128), FC(128), SM(10)]",
            "layer 7 of `net` must not be FC, as the most of them are 2, got 'FC(128)'",
        ),
        (
            "[C(64,3,1), P(5,3), C(64,3,1), P(5,3), FC(128), GAP(10), SM(10)]",
            "layer 6 of `net` must be FC or SM, as it follows FC(128), got 'GAP(10)'",
        ),
        (
            "[C(64,3,1), GAP(10), C(64,3,1), SM(10)]",
            "layer 3 of `net` must be SM, as it follows GAP(10), got 'C(64,3,1)'",
        ),
        (
            f"[{'C(64,3,1), ' * 13}SM(10)]",
            "layer 13 of `net` must be SM, as the most layers before it are 12, got 'C(64,3,1)'",
        ),
        ("[C(64,3,1), SM(10), SM(10)]", "layer 3 of `net` must not follow SM, which ends a net, got 'SM(10)'"),
        (
            "[C(64,3,1), GAP(10)]",
            "layer 2 of `net` must be followed by SM(10), with which every net ends, got 'GAP(10)'",
        ),
        (
            "[C(64,3,1), C(64,3,1), D(1,2), SM(10)]",
            f"layer 3 of `net` must be D(1,1), {PLACE}, got 'D(1,2)'",
        ),
        (
            "[C(64,3,1), C(64,3,1), D(1,2), C(64,3,1), C(64,3,1), SM(10)]",
            f"layer 6 of `net` must be D(2,2), {PLACE}, got 'SM(10)'",
        ),
        ("[C(64,3,1), D(1,1), SM(10)]", f"layer 2 of `net` must not be there, {PLACE}, got 'D(1,1)'"),
        ("[C(64,3,1), SM(10), D(1,1)]", f"layer 3 of `net` must not be there, {PLACE}, got 'D(1,1)'"),
        ("[C(64,3,1), Z(1)]", "layer 2 of `net` must be one of C(filters,kernel,stride), P(size,stride), FC(units), "
                              "GAP(classes), SM(classes), D(number,of), got 'Z(1)'"),
    ],
)  # fmt: skip
def test_illegal_nets_are_refused(net: str, message: str) -> None:
    """The error names the layer, by its number and its text, and the rule that it breaks."""
    with pytest.raises(SettingError) as caught:
        Grammar().parse(net)

    assert message == str(caught.value)


def test_a_kind_that_the_grammar_lacks() -> None:
    """A grammar without pooling says so."""
    with pytest.raises(SettingError) as caught:
        Grammar(pools=()).parse("[C(64,3,1), P(2,2), SM(10)]")

    assert "layer 2 of `net` must not be P, which the grammar lacks, got 'P(2,2)'" == str(caught.value)


def test_unfinished_nets_have_no_text() -> None:
    """`net_of` refuses layers that are no whole net."""
    with pytest.raises(SettingError) as caught:
        Grammar().net_of([Convolution(64, 3), Pooling(2, 2)])
    with pytest.raises(SettingError, match=r"`layers` must not be empty, got \[\]"):
        Grammar().net_of([])

    expected = "layer 2 of `net` must be followed by SM(10), with which every net ends, got 'P(2,2)'"
    assert expected == str(caught.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"image_size": 0}, "`image_size` must be an integer >= 1, got 0"),
        ({"max_depth": 0}, "`max_depth` must be an integer >= 1, got 0"),
        ({"max_fully_connected": -1}, "`max_fully_connected` must be an integer >= 0, got -1"),
        ({"filters": [64]}, "`filters` must be a tuple of different integers >= 1, got [64]"),
        ({"filters": (64, 64)}, "`filters` must be a tuple of different integers >= 1, got (64, 64)"),
        ({"filters": ()}, "`filters` must not be empty, got ()"),
        ({"kernels": (0,)}, "`kernels` must be a tuple of different integers >= 1, got (0,)"),
        ({"kernels": (9,)}, "`kernels` must hold one below 8, the bin of the image size 32, got (9,)"),
        ({"pools": (2, 2)}, "`pools` must be a tuple of (window, stride), integers >= 1, got (2, 2)"),
        ({"pools": ((2, 0),)}, "`pools` must be a tuple of (window, stride), integers >= 1, got ((2, 0),)"),
        ({"buckets": (4, 8, 1)}, "`buckets` must fall from one to the next, down to 1, got (4, 8, 1)"),
        (
            {"fully_connected_below": 6},
            "`fully_connected_below` must be one of the buckets (8, 4, 1), or above the image size, got 6",
        ),
        ({"buckets": (8, 4)}, "`buckets` must fall from one to the next, down to 1, got (8, 4)"),
    ],
)
def test_impossible_grammars_are_refused(settings: dict[str, Any], message: str) -> None:
    """A limit that breaks its rule is named."""
    with pytest.raises(SettingError) as caught:
        Grammar(**settings)

    assert message == str(caught.value)
