"""What a reader of image files returns: the images as they are in the files, not yet split."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandits.errors import DataError

__all__ = ["CLASSES", "RawImages"]

CLASSES = 10
"""The number of classes of every image set that is known here."""


@dataclass(frozen=True, slots=True, eq=False)
class RawImages:
    """Images and labels in the order of their files.

    Args:
        pixels: [n, height, width, channels] uint8; a view is fine.
        labels: [n] integers.
        origin: the file or folder that messages name.

    Raises:
        DataError: there are not as many labels as images, or a label is not a class.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    origin: str

    def __post_init__(self) -> None:
        images, labels = len(self.pixels), len(self.labels)
        if images != labels:
            raise DataError(f"{self.origin} must hold a label for each image, got {images} images and {labels} labels")
        wrong = self.labels[(self.labels < 0) | (self.labels >= CLASSES)]
        if wrong.size:
            raise DataError.broken(self.origin, f"must hold labels from 0 to {CLASSES - 1}", int(wrong[0]))
