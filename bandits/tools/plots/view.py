"""What a plot shows of many curves: how many of them, and which values.

The frame ends where ordinary values end, so that a few diverged runs do not flatten all others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Frame", "evenly_spread", "frame_of"]

Floats = NDArray[np.float64]

_FENCE = 3.0  # quartile distances beyond the quartiles, where ordinary values end
_LOG_SPAN = 10.0  # losses that span this factor or more are drawn on a logarithmic axis
_MARGIN = 0.04  # of the frame's height
_LARGEST_LOG = 700.0  # exp of more overflows


@dataclass(frozen=True, slots=True)
class Frame:
    """The vertical axis of a plot.

    Args:
        bottom, top: its ends, raw values.
        logarithmic: whether it is logarithmic.
    """

    bottom: float
    top: float
    logarithmic: bool = False

    @property
    def ends(self) -> tuple[float, float]:
        """Its lowest and its highest value."""
        return self.bottom, self.top

    def __contains__(self, value: float) -> bool:
        return self.bottom <= value <= self.top


def frame_of(groups: Sequence[Floats], *, falls: bool) -> Frame:
    """The frame that shows the ordinary values of every group.

    Args:
        groups: raw values of curves, `[n]` each; empty groups do not count.
        falls: whether smaller values are better; such values get a logarithmic axis if they span a factor of ten.
    """
    groups = [group for group in groups if len(group)]
    if not groups:
        return Frame(0.0, 1.0)
    if falls and all(float(group.min()) > 0.0 for group in groups):
        low, high = _ordinary([np.log(group) for group in groups])
        if high - low >= math.log(_LOG_SPAN):
            margin = _MARGIN * (high - low)
            return Frame(math.exp(low - margin), math.exp(min(high + margin, _LARGEST_LOG)), logarithmic=True)
    low, high = _ordinary(groups)
    margin = _MARGIN * (high - low) or 0.5
    return Frame(low - margin, high + margin)


def _ordinary(groups: Sequence[Floats]) -> tuple[float, float]:
    """The smallest and largest value that is inside the fences of its group."""
    ends: list[float] = []
    for values in groups:
        lower, upper = np.quantile(values, (0.25, 0.75)).tolist()
        reach = _FENCE * (upper - lower)
        inside = values[(values >= lower - reach) & (values <= upper + reach)]
        ends += [float(inside.min()), float(inside.max())]
    return min(ends), max(ends)


def evenly_spread(count: int, most: int) -> list[int]:
    """At most `most` of `count` places, at equal distances, the first and the last included.

    Example:
        >>> evenly_spread(10, 4), evenly_spread(3, 4)
        ([0, 3, 6, 9], [0, 1, 2])
    """
    return list(range(count)) if count <= most else np.linspace(0, count - 1, most).round().astype(int).tolist()
