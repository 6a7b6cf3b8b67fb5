"""Rankings, on examples small enough to follow; `tests/property/test_rankings.py` checks them against brute force."""

import math

import pytest

from bandits.schedulers.ranking import BestOf, TopFraction, same_soft_ranking, share_of


def test_no_bar_while_places_are_free() -> None:
    """Until every place is taken, any score would be among the best."""
    best = BestOf(2)
    best.add(0, 0.5)

    assert best.bar_for(1) is None
    best.add(1, 0.7)
    assert best.bar_for(2) == 0.5


def test_the_bar_depends_on_who_would_win_a_tie() -> None:
    """A larger id loses a tie, so the bar is the score itself; a smaller one wins it."""
    best = BestOf(1)
    best.add(5, 0.5)

    assert best.bar_for(9) == 0.5
    assert best.bar_for(2) == math.nextafter(0.5, -math.inf)


def test_ties_do_not_depend_on_the_order_of_arrival() -> None:
    """Of equal scores the smaller ids are the best, whoever came first."""
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        best = BestOf(2)
        for trial_id in order:
            best.add(trial_id, 0.5)
        assert best.bar_for(9) == 0.5
        assert best.bar_for(0) < 0.5  # the arms 0 and 1 hold the places: 0 would win against 1


def test_the_top_of_a_rung_as_it_grows() -> None:
    """With eta = 3, one of 3 arms is on top, then 2 of 6."""
    top = TopFraction(3)
    on_top = [top.add(trial_id, score) for trial_id, score in enumerate([0.5, 0.1, 0.9, 0.2, 0.8, 0.3])]

    # After arm 2 the top is {2}; arm 4 has to wait for the sixth arrival, which opens a second place.
    expected = [False, False, True, False, False, False]
    assert expected == on_top
    assert [top.promote(), top.promote(), top.promote()] == [2, 4, None]


def test_nobody_is_promoted_twice() -> None:
    """An arm that is pushed out of the top and gets back in is promoted once."""
    top = TopFraction(2)
    top.add(0, 0.5)
    top.add(1, 0.1)
    assert top.promote() == 0
    top.add(2, 0.9)  # pushes arm 0 out of the top of one
    top.add(3, 0.2)  # and a place for two lets it in again
    assert [top.promote(), top.promote()] == [2, None]


def test_an_arm_that_was_pushed_out_is_not_promoted() -> None:
    """Only arms that are on top now can be promoted."""
    top = TopFraction(2)
    for trial_id, score in enumerate([0.5, 0.1, 0.9]):
        top.add(trial_id, score)

    assert [top.promote(), top.promote()] == [2, None]


def test_at_least_one_on_top() -> None:
    """With least = 1 the first arm to arrive is on top, and later ones have to beat it until eta have come twice."""
    top = TopFraction(3, least=1)

    assert top.bar_for(0) is None
    assert [top.add(0, 0.5), top.add(1, 0.4), top.add(2, 0.6)] == [True, False, True]
    assert top.bar_for(3) == 0.6


def test_an_arm_that_never_comes_opens_places_and_takes_none() -> None:
    """The third of three opens a place for the best of the other two, even if it never comes itself."""
    top = TopFraction(3)
    assert [top.add(0, 0.5), top.add(1, 0.1), top.promote()] == [False, False, None]
    assert top.bar_for(2) == 0.5
    top.miss()

    assert (top.seen, top.promote(), top.promote()) == (3, 0, None)


def test_places_that_nobody_takes_stay_free() -> None:
    """Where more places are open than arms have come, any score is on top."""
    top = TopFraction(2)
    for _ in range(4):
        top.miss()

    assert top.bar_for(0) is None
    assert [top.add(0, -9.0), top.add(1, -8.0), top.add(2, -7.0), top.bar_for(3)] == [True, True, True, None]


def test_the_bar_counts_the_newcomer() -> None:
    """The arm that makes a rung six strong opens a second place, and has to beat the best arm below the top only."""
    top = TopFraction(3)
    for trial_id, score in enumerate([0.5, 0.1, 0.9, 0.2, 0.8]):
        top.add(trial_id, score)

    assert top.bar_for(5) == 0.8
    top.add(5, 0.85)
    assert top.bar_for(6) == 0.85  # seven arms, still two places: 0.9 and 0.85


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [(9, 1 / 3, 3), (27, 1 / 3, 9), (10, 1 / 3, 4), (10, 0.1, 1), (30, 0.1, 3), (7, 1, 7), (0, 0.5, 0), (5, 0.5, 3)],
)
def test_a_share_is_rounded_up_exactly(count: int, share: float, expected: int) -> None:
    """ceil(share * count) without the errors of floating point: a third of 9 is 3."""
    assert expected == share_of(count, share)


@pytest.mark.parametrize(
    ("later", "tolerance", "same"),
    [
        ([0.8, 0.7, 0.6], 0.0, True),
        ([0.8, 0.6, 0.7], 0.0, False),  # the second and the third change places
        ([0.8, 0.6, 0.7], 0.125, True),  # they were 0.125 apart
        ([0.6, 0.7, 0.8], 0.125, False),  # the first and the third were 0.25 apart
        ([0.5, 0.5, 0.5], 0.0, True),  # nobody has overtaken anybody
    ],
)
def test_a_soft_ranking(later: list[float], tolerance: float, same: bool) -> None:
    """Rankings are the same if only arms that were close have changed places."""
    assert same == same_soft_ranking(dict(enumerate([0.75, 0.625, 0.5])), dict(enumerate(later)), tolerance)
