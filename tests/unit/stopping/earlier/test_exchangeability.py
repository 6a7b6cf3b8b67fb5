"""Bets on whether new numbers come from where the reference came from."""

from itertools import permutations

import numpy as np
import pytest

from bandits.stopping.earlier.exchangeability import ExchangeabilityTest


def wealth_of(reference: list[float], new: list[float]) -> list[float]:
    """The wealth after each new number."""
    test = ExchangeabilityTest(reference)
    wealth = []
    for number in new:
        test.add(number)
        wealth.append(test.wealth)
    return wealth


def test_it_starts_with_one() -> None:
    """Nothing has been bet."""
    assert ExchangeabilityTest([1, 2, 3]).wealth == 1.0


def test_one_bet_by_hand() -> None:
    """Above 3 numbers of 3, a number's share is 3.5 / 4; nine bets of 1/9 each are paid accordingly."""
    p = 3.5 / 4
    low = [k * p ** (k - 1) for k in (1 / 8, 1 / 4, 1 / 2)]
    high = [k * (1 - p) ** (k - 1) for k in (1 / 8, 1 / 4, 1 / 2)]
    either = [(a + b) / 2 for a, b in zip(low, high, strict=True)]

    assert wealth_of([1, 2, 3], [9]) == [pytest.approx(sum(low + high + either) / 9)]


def test_a_tie_takes_the_middle_of_its_ranks() -> None:
    """Equal to both of 2 numbers, a number may be 1st, 2nd or 3rd: its share is one half."""
    test = ExchangeabilityTest([5, 5])
    test.add(5)

    assert test.shares == [0.5]


@pytest.mark.parametrize("numbers", [[1, 2, 3, 4, 5, 6], [1, 1, 2, 2, 2, 3]], ids=["all different", "with ties"])
def test_bets_gain_nothing_where_every_order_is_equally_likely(numbers: list[int]) -> None:
    """Over all orders of 3 reference and 3 new numbers, the mean wealth is at most 1 after every one of these."""
    paths = [wealth_of(list(order[:3]), list(order[3:])) for order in permutations(numbers)]

    assert (np.mean(paths, axis=0) <= 1).all()


def test_a_fortune_is_rarely_made_by_chance() -> None:
    """At most 1 run in 20 ever reaches 20 (Ville), here with 10 reference numbers and 60 new ones."""
    rng = np.random.default_rng(0)
    made = [max(wealth_of(rng.normal(size=10).tolist(), rng.normal(size=60).tolist())) >= 20 for _ in range(400)]

    assert np.mean(made) <= 1 / 20


@pytest.mark.parametrize(
    ("centre", "spread", "side"), [(3.0, 1.0, "above"), (-3.0, 1.0, "below"), (0.0, 9.0, "either")]
)
def test_numbers_from_elsewhere_pay(centre: float, spread: float, side: str) -> None:
    """Higher, lower and wider numbers make a hundredfold within 25, and the winning bet tells which they are."""
    rng = np.random.default_rng(1)
    test = ExchangeabilityTest(rng.normal(size=50).tolist())
    for number in rng.normal(centre, spread, size=25):
        test.add(number)

    assert test.wealth > 100
    assert test.side == side


def test_wealth_has_no_bound_but_that_of_numbers() -> None:
    """Thousands of surprises overflow nothing."""
    test = ExchangeabilityTest([0.0] * 3000)
    for number in range(1, 3000):
        test.add(-number)

    assert test.wealth > 1e300
