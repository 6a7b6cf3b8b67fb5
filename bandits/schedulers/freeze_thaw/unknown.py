"""How much of a forecast's variance is still unknown at later check epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["straight", "unknown_shares"]

Floats = NDArray[np.float64]
_LEAST_ARMS = 2


def straight(steps: int) -> Floats:
    """The shares `[steps + 1]` where nothing is known: they fall from 1 to 0 in equal steps."""
    return np.linspace(1.0, 0.0, steps + 1)


def unknown_shares(reaches: Sequence[Mapping[int, float]], steps: int) -> Floats:
    """Variances of forecasts at epoch 0 and at each check epoch, as shares of the one at epoch 0.

    A step has the median ratio of the arms that took it. Beyond the last step that two arms took, the shares fall to 0
    in equal steps.

    Args:
        reaches: for each arm, the spread of its forecast by the number of check epochs that it had passed.
        steps: how many check epochs there are.

    Returns:
        `[steps + 1]` shares, which never rise; the last one is 0.
    """
    shares = [1.0]
    while len(shares) < steps:
        k = len(shares)
        ratios = [arm[k] / arm[k - 1] for arm in reaches if k in arm and arm.get(k - 1, 0.0) > 0]
        if len(ratios) < _LEAST_ARMS:
            break
        shares.append(shares[-1] * min(float(np.median(ratios)) ** 2, 1.0))
    rest = shares[-1] * straight(steps + 1 - len(shares))
    return np.concatenate((shares, rest[1:]))
