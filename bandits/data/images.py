"""Images for classification, split into training and validation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bandits.data.catalogue import IMAGE_FILES, IMAGE_SETS
from bandits.data.cifar import read_cifar10
from bandits.data.digits import read_digits
from bandits.data.folders import obtain
from bandits.data.idx import read_idx
from bandits.data.raw import CLASSES, RawImages
from bandits.data.splits import hold_out
from bandits.data.svhn import read_svhn
from bandits.errors import DataError, UnknownPlugin
from bandits.errors.checks import check_whole
from bandits.rng import rng_for

__all__ = ["Images", "load_images"]

# The share of the training files that is held out for validation: 5000 images of the MNIST sets and of CIFAR-10
# (the 45000/5000 of Baker et al., 2017), 7326 of SVHN, 287 of digits.
_VALIDATION_SHARE = {"digits": 1 / 5, "mnist": 1 / 12, "fashion-mnist": 1 / 12, "cifar10": 1 / 10, "svhn": 1 / 10}

# The MNIST sets share their file names; their first training labels tell them apart.
_FIRST_LABELS = {
    "mnist": [5, 0, 4, 1, 9, 2, 1, 3, 1, 4, 3, 5, 3, 6, 1, 7],
    "fashion-mnist": [9, 0, 0, 3, 0, 2, 7, 2, 5, 5, 0, 9, 5, 5, 7, 9],
}


@dataclass(frozen=True, slots=True, eq=False)
class Images:
    """A data set of images. All arrays are read-only.

    Args:
        name: of the data set.
        train_images: [n, height, width, channels] uint8, 0 to 255.
        train_labels: [n] int64, from 0.
        validation_images: [m, height, width, channels] uint8.
        validation_labels: [m] int64.
        classes: how many there are.
        mean: [channels] float64, mean of the training images' pixel / 255.
        std: [channels] float64, their standard deviation.
    """

    name: str
    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.int64]
    validation_images: NDArray[np.uint8]
    validation_labels: NDArray[np.int64]
    classes: int
    mean: NDArray[np.float64]
    std: NDArray[np.float64]


def load_images(name: str, *, folder: Path | None = None, seed: int = 0) -> Images:
    """Load a data set of images; `bandits.data.catalogue` names sources and licences.

    A stratified split of the training files gives training and validation; it depends on `seed` alone. The test files
    are not read. The set digits has no test file: a fixed fifth is left out as its test part, whatever the seed.

    Args:
        name: one of `IMAGE_SETS`.
        folder: where its files lie, or are downloaded to. None: the folder in BANDITS_DATA, else the user's cache.
        seed: the seed of the split, >= 0.

    Returns:
        Both parts, each in the order of the files.

    Raises:
        UnknownPlugin: there is no such data set.
        DataError: its files are missing and cannot be downloaded, or are not what they should be.
        MissingDependency: a download needs pooch, and it is not installed.

    Example:
        >>> load_images("digits").train_images.shape
        (1150, 8, 8, 1)
    """
    if name not in IMAGE_SETS:
        raise UnknownPlugin("image data set", name, IMAGE_SETS)
    check_whole("seed", seed, 0)
    raw = _read(name, folder)
    held = round(len(raw.labels) * _VALIDATION_SHARE[name])
    if not 0 < held < len(raw.labels):
        raise DataError.broken(raw.origin, "must hold enough images to split them", len(raw.labels))

    train, validation = hold_out(raw.labels, held, rng_for(seed, "validation split", name))
    train_images, validation_images = (np.ascontiguousarray(raw.pixels[rows]) for rows in (train, validation))
    mean, std = _moments(train_images)
    arrays = (train_images, raw.labels[train], validation_images, raw.labels[validation])
    for array in (*arrays, mean, std):
        array.flags.writeable = False
    return Images(name, *arrays, CLASSES, mean, std)


def _read(name: str, folder: Path | None) -> RawImages:
    if name == "digits":
        return read_digits()
    paths = obtain(name, IMAGE_FILES[name], folder)
    if name == "cifar10":
        return read_cifar10(paths)
    if name == "svhn":
        return read_svhn(paths[0])
    return _read_mnist(name, *paths)


def _read_mnist(name: str, images: Path, labels: Path) -> RawImages:
    pixels = read_idx(images, dimensions=3)
    if pixels.shape[1:] != (28, 28):
        raise DataError.broken(str(images), "must hold images of 28 x 28", " x ".join(map(str, pixels.shape[1:])))
    classes = read_idx(labels, dimensions=1).astype(np.int64)
    for other, first in _FIRST_LABELS.items():
        if other != name and classes[: len(first)].tolist() == first:
            raise DataError.broken(str(labels), f"must belong to {name}", other)
    return RawImages(pixels[..., np.newaxis], classes, str(images.parent))


def _moments(images: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of pixel / 255 per channel; exact, as sums of integers below 2^53 are."""
    channels = images.shape[-1]
    total, squares = np.zeros(channels), np.zeros(channels)
    for start in range(0, len(images), 128):  # a block that stays in the cache
        block = images[start : start + 128].reshape(-1, channels)
        pixels = np.ascontiguousarray(block.T, dtype=np.float64)
        total += pixels.sum(axis=1)
        squares += np.einsum("cn,cn->c", pixels, pixels)
    n = images.size / channels
    mean = total / n
    return mean / 255, np.sqrt(np.maximum(squares / n - mean**2, 0)) / 255
