"""scikit-learn's digits: 1797 images of 8 x 8, which scikit-learn ships."""

from __future__ import annotations

import numpy as np

from bandits.data.raw import RawImages
from bandits.data.splits import hold_out
from bandits.rng import rng_for

__all__ = ["read_digits"]

_TEST = 360  # images, a fifth


def read_digits() -> RawImages:
    """Read the digits without their test part.

    The set has no test file, so a stratified fifth of it is left out, always the same one. The 17 grey values 0..16 are
    stretched to 0..255 (and rounded), so that a pixel means what it means in other sets.

    Returns:
        1437 images [1437, 8, 8, 1] and their labels.
    """
    from sklearn.datasets import load_digits  # takes half a second; only this data set needs it

    bunch = load_digits()
    labels = np.asarray(bunch.target, dtype=np.int64)
    kept, _ = hold_out(labels, _TEST, rng_for(0, "test part", "digits"))
    pixels = np.rint(bunch.images[kept] * (255 / 16)).astype(np.uint8)
    return RawImages(pixels[..., np.newaxis], labels[kept], "scikit-learn's digits")
