"""Many decision trees at once: which leaf of each does an arm fall into?

One arm takes less than a hundredth of the time of scikit-learn's `apply`, which is made for many (200 trees, 100
curves, 3 tables, 3 splits each: `python -m benchmarks.prediction_cost.own_code`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_TRIED", "FlatTrees", "single_precision"]

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

MOST_TRIED = 100
"""Inputs that are tried at a split, drawn at random where there are more. A hundred epochs are 300 columns, most of
them nearly equal. To try all would take several times as long and gain little."""

_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class FlatTrees:
    """Fitted trees of scikit-learn. Their nodes have consecutive numbers, from the first tree to the last.

    Args:
        feature: `[nodes]` column that a node looks at; 0 for a leaf.
        threshold: `[nodes]` inputs up to this number go left.
        left, right: `[nodes]` the next node; a leaf points at itself.
        roots: `[trees]` where each tree begins.
        depth: of the deepest tree.
    """

    feature: Places
    threshold: Floats
    left: Places
    right: Places
    roots: Places
    depth: int

    @classmethod
    def of(cls, trees: Sequence[Any]) -> FlatTrees:
        """Number the nodes of one or more fitted `sklearn.tree` trees."""
        parts = [tree.tree_ for tree in trees]
        sizes = np.array([part.node_count for part in parts], dtype=np.intp)
        roots = np.cumsum(sizes) - sizes
        offsets = np.repeat(roots, sizes)
        own = np.arange(sizes.sum(), dtype=np.intp)
        left, right, feature = (
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("children_left", "children_right", "feature")
        )
        leaf = left < 0
        return cls(
            np.where(leaf, 0, feature),
            np.concatenate([part.threshold for part in parts]),
            np.where(leaf, own, left + offsets),
            np.where(leaf, own, right + offsets),
            roots,
            max(part.max_depth for part in parts),
        )

    def __len__(self) -> int:
        """How many nodes there are."""
        return len(self.feature)

    def leaves(self, X: Floats) -> Places:
        """`[m, trees]` nodes in which the rows of `[m, p]` inputs end. NaN goes right."""
        columns = single_precision(X)
        rows = np.arange(len(X))[:, np.newaxis]
        nodes = np.broadcast_to(self.roots, (len(X), len(self.roots)))
        for _ in range(self.depth):
            goes_left = columns[rows, self.feature[nodes]] <= self.threshold[nodes]
            nodes = np.where(goes_left, self.left[nodes], self.right[nodes])
        return nodes


def single_precision(X: Floats) -> NDArray[np.float32]:
    """Inputs as scikit-learn's trees compare them; numbers too large for single precision are cut off."""
    return np.clip(X, -_LARGEST, _LARGEST).astype(np.float32)
