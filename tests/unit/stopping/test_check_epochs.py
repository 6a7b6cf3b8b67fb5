"""After which epochs arms are judged."""

import pytest

from bandits.stopping.check_epochs import every_epoch, sparse


def test_the_papers_rule_judges_after_every_epoch() -> None:
    """All epochs before the horizon; none before horizon 1."""
    assert list(every_epoch(5)) == [1, 2, 3, 4]
    assert list(every_epoch(1)) == []


@pytest.mark.parametrize(
    ("horizon", "expected"),
    [
        (1, ()),
        (2, (1,)),
        (7, (1, 2, 3, 4, 5, 6)),
        (9, (1, 2, 3, 4, 5, 6, 8)),
        (81, (1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 31, 39, 49, 61, 76)),
    ],
)
def test_sparse_check_epochs_lie_a_quarter_apart(horizon: int, expected: tuple[int, ...]) -> None:
    """Every epoch at first, then a quarter more each time; the horizon itself decides and is none of them."""
    assert expected == sparse(horizon)


def test_a_longer_horizon_adds_checkpoints() -> None:
    """Those of a shorter horizon stay where they are: a curve is judged after the same epochs on its way to either."""
    for horizon in range(1, 200):
        shorter, longer = sparse(horizon), sparse(horizon + 1)
        assert shorter == longer[: len(shorter)]
        assert len(longer) <= len(shorter) + 1


def test_there_are_few() -> None:
    """Their number grows with the logarithm of the horizon."""
    assert len(sparse(1000)) == 28
