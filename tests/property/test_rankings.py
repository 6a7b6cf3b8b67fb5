"""Rankings against brute force, on whatever scores Hypothesis thinks of, ties among them."""

import math
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bandits.schedulers.pasha import crossing_gaps
from bandits.schedulers.ranking import BestOf, TopFraction, same_soft_ranking, share_of

SCORES = st.sampled_from([-1e300, -1.0, -0.5, 0.0, 0.25, 0.5, 1.0]) | st.floats(allow_nan=False, allow_infinity=False)
ARMS = (
    st.lists(SCORES, max_size=25)
    .flatmap(lambda scores: st.tuples(st.permutations(range(len(scores))), st.just(scores)))
    .map(lambda pair: list(zip(*pair, strict=True)))
)  # (id, score) in order of arrival; ids in any order

Arms = list[tuple[int, float]]


def ranked(arms: Arms) -> list[int]:
    """Ids, best first; of equal scores the smaller id."""
    return [trial_id for trial_id, _ in sorted(arms, key=lambda arm: (-arm[1], arm[0]))]


@settings(max_examples=200)
@given(ARMS, st.integers(1, 6), st.integers(-1, 26))
def test_the_bar_of_the_best(arms: Arms, places: int, newcomer: int) -> None:
    """A newcomer at the bar is not among the best, one just above it is; without a bar, any score is."""
    arms = [(2 * trial_id, score) for trial_id, score in arms]  # leaves odd ids free for the newcomer
    newcomer = 2 * newcomer + 1
    best = BestOf(places)
    for arm in arms:
        best.add(*arm)
    bar = best.bar_for(newcomer)

    if bar is None:
        assert len(arms) < places
        assert newcomer in ranked([*arms, (newcomer, -math.inf)])[:places]
    else:
        assert newcomer not in ranked([*arms, (newcomer, bar)])[:places]
        assert newcomer in ranked([*arms, (newcomer, math.nextafter(bar, math.inf))])[:places]


COMERS = st.lists(st.booleans(), min_size=25, max_size=25)  # whether each arm comes to the rung or is dropped before


def arrivals(arms: Arms, comers: list[bool]) -> list[tuple[int, float | None]]:
    """Arms with their scores; None for those that never come."""
    return [(trial_id, score if comes else None) for (trial_id, score), comes in zip(arms, comers, strict=False)]


def on_top(seen: list[tuple[int, float | None]], eta: int, least: int) -> list[int]:
    """The best max(least, floor(n / eta)) of those that came, n counting all."""
    return ranked([(i, score) for i, score in seen if score is not None])[: max(least, len(seen) // eta)]


@settings(max_examples=200)
@given(ARMS, COMERS, st.integers(2, 5), st.integers(0, 1))
def test_the_top_fraction(arms: Arms, comers: list[bool], eta: int, least: int) -> None:
    """After every arrival, `add` says whether the newcomer is in the top max(least, floor(n / eta))."""
    top, coming = TopFraction(eta, least), arrivals(arms, comers)
    for n, (trial_id, score) in enumerate(coming, start=1):
        if score is None:
            top.miss()
        else:
            assert (trial_id in on_top(coming[:n], eta, least)) == top.add(trial_id, score)
        assert n == top.seen


@settings(max_examples=200)
@given(ARMS, COMERS, st.integers(2, 5), st.integers(0, 1), st.integers(-1, 26))
def test_the_bar_of_the_top_fraction(arms: Arms, comers: list[bool], eta: int, least: int, newcomer: int) -> None:
    """A newcomer at the bar would not be on top on its arrival, one just above it would."""
    coming = arrivals([(2 * trial_id, score) for trial_id, score in arms], comers)
    newcomer = 2 * newcomer + 1
    top = TopFraction(eta, least)
    for trial_id, score in coming:
        top.miss() if score is None else top.add(trial_id, score)
    bar = top.bar_for(newcomer)

    def is_on_top(score: float) -> bool:
        return newcomer in on_top([*coming, (newcomer, score)], eta, least)

    if bar is None:  # nobody can be on top yet, or any score would do
        assert max(least, (len(coming) + 1) // eta) == 0 or is_on_top(-math.inf)
    else:
        assert not is_on_top(bar)
        assert is_on_top(math.nextafter(bar, math.inf))
        assert top.add(newcomer, math.nextafter(bar, math.inf))


@settings(max_examples=200)
@given(ARMS, COMERS, st.integers(2, 4), st.lists(st.integers(0, 3), max_size=25))
def test_promotions(arms: Arms, comers: list[bool], eta: int, asked: list[int]) -> None:
    """However promotions and arrivals alternate, the best arm on top that has not been promoted is taken."""
    top, promoted, coming = TopFraction(eta), set(), arrivals(arms, comers)
    for n, (trial_id, score) in enumerate(coming, start=1):
        top.miss() if score is None else top.add(trial_id, score)
        for _ in range(asked[n - 1] if n <= len(asked) else 0):
            waiting = (trial_id for trial_id in on_top(coming[:n], eta, 0) if trial_id not in promoted)
            expected = next(waiting, None)
            assert expected == top.promote()
            promoted.add(expected)


@settings(max_examples=200)
@given(st.integers(0, 10**6), st.integers(1, 1000), st.integers(1, 1000))
def test_shares_are_exact(count: int, numerator: int, denominator: int) -> None:
    """ceil(count * p / q) in integers, for every share p / q <= 1."""
    numerator = min(numerator, denominator)

    assert -(-count * numerator // denominator) == share_of(count, numerator / denominator)


FEW = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])


@settings(max_examples=200)
@given(st.lists(st.tuples(FEW, FEW), max_size=9), st.sampled_from([0.0, 0.25, 0.6]))
def test_a_soft_ranking_holds_if_every_arm_stays_in_the_group_of_its_place(
    pairs: list[tuple[float, float]], tolerance: float
) -> None:
    """A place's group is whoever was within the tolerance of its holder before; some order of ties must do."""
    earlier, later = ({i: pair[k] for i, pair in enumerate(pairs)} for k in (0, 1))
    holders = sorted(earlier, key=lambda i: (-earlier[i], i))
    groups = [{i for i in earlier if abs(earlier[i] - earlier[holder]) <= tolerance} for holder in holders]
    after = sorted(earlier, key=lambda i: (-later[i], -earlier[i], i))

    expected = all(i in group for i, group in zip(after, groups, strict=True))
    assert expected == same_soft_ranking(earlier, later, tolerance)
    assert same_soft_ranking(earlier, earlier, tolerance)
    assert same_soft_ranking(earlier, later, 1.0)


@settings(max_examples=200)
@given(st.lists(st.lists(st.sampled_from([-0.5, 0.0, 0.25]), min_size=5, max_size=5), min_size=1, max_size=4))
def test_curves_that_cross_twice_are_found(pairs: list[list[float]]) -> None:
    """Counted one by one, leaving out the epochs at which both were equal."""
    expected = []
    for differences in pairs:
        ahead = [difference > 0 for difference in differences if difference]
        changes = sum(now is not before for before, now in pairwise(ahead))
        expected += [abs(differences[-1])] if changes >= 2 else []

    assert expected == crossing_gaps(np.array(pairs))
