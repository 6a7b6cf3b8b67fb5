"""The benchmark of halved curves: what it hands to the predictor."""

from collections import Counter

import numpy as np

from bandits.curves import Curve, Trial
from benchmarks.halved_curves.run import halved


def test_halving_leaves_the_best_the_longest() -> None:
    """Of 60 arms 36, 14, 7 and 3 stop, at T/25, T/9, T/3 and 0.8 T, in the order of their scores; none is complete."""
    arms = [(Trial(i), Curve(np.full(100, i / 60))) for i in range(60)]
    lengths = [curve.tau for _, curve in halved(arms)]
    assert Counter(lengths) == {4: 36, 11: 14, 33: 7, 80: 3}
    assert lengths == sorted(lengths)
