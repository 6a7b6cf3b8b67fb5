"""A text is read in streams side by side, stretch after stretch, each token with the one that follows."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from bandits.errors import SettingError  # noqa: E402
from bandits.training.language.streams import Streams  # noqa: E402

CPU = torch.device("cpu")


def streams_of(length: int, count: int) -> Streams:
    return Streams(np.arange(length, dtype=np.int32), count, CPU)


def test_streams_are_parts_of_the_text() -> None:
    """14 tokens in 3 streams are 4 steps each; the 14th is nobody's."""
    streams = streams_of(14, 3)
    ((inputs, targets),) = streams.windows(0, 4, steps=4)

    assert (streams.steps, streams.streams) == (4, 3)
    assert inputs.t().tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert targets.t().tolist() == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]


def test_the_last_window_is_shorter() -> None:
    """Windows follow each other without a gap, to the end of the range."""
    windows = list(streams_of(12, 1).windows(2, 9, steps=3))

    assert [inputs.flatten().tolist() for inputs, _ in windows] == [[2, 3, 4], [5, 6, 7], [8]]


def test_stretches_go_round() -> None:
    """Each begins where the one before it ended; one that meets the end goes on at the beginning."""
    streams = streams_of(11, 1)

    assert [streams.stretch(number, 4) for number in (1, 2, 3, 4)] == [
        [(0, 4)],
        [(4, 8)],
        [(8, 10), (0, 2)],
        [(2, 6)],
    ]


def test_a_stretch_ends_with_the_text() -> None:
    """One that ends just where the streams do is in one piece, and the next begins at their beginning."""
    assert [streams_of(11, 1).stretch(number, 5) for number in (2, 3)] == [[(5, 10)], [(0, 5)]]


def test_a_stretch_is_at_most_the_text() -> None:
    """Longer stretches are the whole of every stream, each time from its beginning."""
    assert [streams_of(11, 1).stretch(number, 99) for number in (1, 2)] == [[(0, 10)], [(0, 10)]]


def test_a_short_text_is_refused() -> None:
    """Every stream needs a token and the one that follows."""
    with pytest.raises(SettingError, match=r"`batch_size` must be fewer than the tokens of a text, 4, got 4"):
        streams_of(4, 4)
