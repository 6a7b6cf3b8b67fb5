"""Which images are held out: a stratified split that depends on a seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["hold_out"]


def hold_out(
    labels: NDArray[np.int64], size: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose `size` images, each class in proportion to its frequency.

    It does not use scikit-learn, which does not promise the same split in its next version.

    Args:
        labels: [n] classes, from 0.
        size: how many to hold out, 0 <= size <= n. The classes' shares are rounded by largest remainder, so that
            their sum is `size`.
        rng: the generator that draws the images of each class.

    Returns:
        Positions of the others and of those held out, both ascending.
    """
    counts = np.bincount(labels)
    shares = size * counts / max(len(labels), 1)
    quotas = shares.astype(np.int64)
    largest = np.argsort(quotas - shares, kind="stable")  # ties go to the smaller class number
    quotas[largest[: size - quotas.sum()]] += 1

    held_out = np.zeros(len(labels), dtype=bool)
    for label, quota in enumerate(quotas):
        held_out[rng.permutation(np.flatnonzero(labels == label))[:quota]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)
