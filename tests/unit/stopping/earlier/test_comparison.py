"""New curves with and without earlier ones: who is forecast better, and whether that is chance."""

import numpy as np
import pytest

from bandits.stopping.earlier.comparison import Comparison


@pytest.mark.parametrize("magnitudes", [2, 3, 10, None])
def test_false_alarms_are_as_rare_as_promised_also_under_ties(magnitudes: int | None) -> None:
    """Where signs are a fair coin's, the chance is 1 % or less about once in a hundred times, though errors of rounded
    metrics tie."""
    rng = np.random.default_rng(1)
    alarms = 0
    for _ in range(600):
        sizes = rng.random(40) if magnitudes is None else rng.integers(1, magnitudes + 1, 40).astype(float)
        alarms += Comparison(tuple((sizes * rng.choice([-1, 1], 40)).tolist())).chance <= 0.01

    assert 0 <= alarms <= 14  # 6 are expected; 15 or more have probability 0.2 %


def test_a_chance_is_small_where_most_do_better_alone() -> None:
    """Differences of 0 count for nothing; without any other there is no evidence."""
    better = Comparison((0.0, *(0.1 + i / 100 for i in range(20))))

    assert better.better_alone == 20
    assert better.chance < 1e-4
    assert Comparison(tuple(-more for more in better.more)).chance > 1 - 1e-4
    assert Comparison((0.0,) * 20).chance == 1.0
    assert Comparison(()).chance == 1.0
    assert Comparison((0.3, -0.3)).chance == 0.5
