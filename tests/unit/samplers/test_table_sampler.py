"""Rows of a table are drawn without replacement, in an order that belongs to the seed."""

from collections.abc import Mapping, Sequence

import pytest

from bandits.errors import SettingError
from bandits.samplers import TableSampler

ROWS = [{"row": row} for row in range(5)]


def drawn(seed: int, ids: range) -> list[object]:
    sampler = TableSampler(ROWS, seed)
    return [sampler.propose(trial_id)["row"] for trial_id in ids]


def test_every_row_once_a_turn() -> None:
    """Each turn of n trials holds every row once; another turn has another order."""
    first, second, third = drawn(0, range(5)), drawn(0, range(5, 10)), drawn(0, range(10, 15))

    assert [[0, 1, 2, 3, 4]] * 3 == [sorted(turn) for turn in (first, second, third)]  # type: ignore[type-var]
    assert 3 == len({tuple(turn) for turn in (first, second, third)})


def test_the_id_alone_decides() -> None:
    """Ids may be asked for in any order, and again."""
    assert drawn(3, range(12)) == drawn(3, range(11, -1, -1))[::-1]


def test_seeds_differ() -> None:
    """Another seed gives another order."""
    assert drawn(0, range(5)) != drawn(1, range(5))


def test_the_order_does_not_change_between_versions() -> None:
    """A seed means the same rows tomorrow."""
    assert [0, 1, 3, 4, 2] == drawn(0, range(5))


def test_of_several_rows_one_is_taken_and_the_others_stay() -> None:
    """Whatever is preferred, a turn holds every row once; the first of the rows offered is the next one in order."""
    sampler = TableSampler(ROWS, 0)
    offered: list[int] = []

    def last(rows: Sequence[Mapping[str, object]]) -> int:
        offered.append(len(rows))
        return len(rows) - 1

    chosen = [sampler.choose(trial_id, 3, last)["row"] for trial_id in range(10)]

    assert offered == [3, 3, 3, 2, 1] * 2
    assert sorted(chosen[:5]) == sorted(chosen[5:]) == [0, 1, 2, 3, 4]  # type: ignore[type-var]
    assert [TableSampler(ROWS, 0).choose(i, 1, last)["row"] for i in range(3)] == drawn(0, range(3))
    first = TableSampler(ROWS, 0)
    assert [first.choose(i, 3, lambda _: 0)["row"] for i in range(5)] == drawn(0, range(5))


def test_wrong_settings() -> None:
    """No rows, a negative seed or a negative id are refused."""
    with pytest.raises(SettingError, match=r"^`rows` must be one or more mappings of names to values, got \[\]$"):
        TableSampler([], 0)
    with pytest.raises(SettingError, match=r"^`seed` must be an integer >= 0, got -1$"):
        TableSampler(ROWS, -1)
    with pytest.raises(SettingError, match=r"^`trial_id` must be an integer >= 0, got -1$"):
        TableSampler(ROWS, 0).propose(-1)
