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
from bandits.errors import DataError, UnknownPlugin, check_at_least
from bandits.rng import rng_for

__all__ = ["Images", "load_images"]

# The share of the training files that is held out for validation: 5000 images of MNIST and its kin and of CIFAR-10
# (the 45000/5000 of Baker et al., 2017), 7326 of SVHN, 287 of digits.
_VALIDATION_SHARE = {"digits": 1 / 5, "mnist": 1 / 12, "fashion-mnist": 1 / 12, "cifar10": 1 / 10, "svhn": 1 / 10}


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
    """Load a data set of images; sources and licences stand in `bandits.data.catalogue`.

    The training files are split into training and validation, stratified, by `seed` alone. The test files are not read;
    of digits, which has no such file, a fixed fifth is left out as its test part, whatever the seed.

    Args:
        name: one of `IMAGE_SETS`.
        folder: where its files lie, or shall be downloaded to. None: where BANDITS_DATA says, else the user's cache.
        seed: of the split, >= 0.

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
    check_at_least("seed", seed, 0)
    raw = _read(name, folder)
    held = round(len(raw.labels) * _VALIDATION_SHARE[name])
    if not 0 < held < len(raw.labels):
        raise DataError.broken(raw.origin, "must hold enough images to split them", len(raw.labels))

    train, validation = hold_out(raw.labels, held, rng_for(seed, "validation split", name))
    train_images, validation_images = _pick(raw.pixels, train), _pick(raw.pixels, validation)
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
    return _read_mnist(*paths)


def _read_mnist(images: Path, labels: Path) -> RawImages:
    pixels = read_idx(images, dimensions=3)
    if pixels.shape[1:] != (28, 28):
        raise DataError.broken(str(images), "must hold images of 28 x 28", " x ".join(map(str, pixels.shape[1:])))
    origin = str(images.parent)
    return RawImages(pixels[..., np.newaxis], read_idx(labels, dimensions=1).astype(np.int64), origin)


def _pick(pixels: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Some images, in C order: taking rows of a view keeps the view's order of axes."""
    picked = np.empty((len(rows), *pixels.shape[1:]), dtype=np.uint8)
    return np.take(pixels, rows, axis=0, out=picked)


def _moments(images: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of pixel / 255 per channel; exact, as sums of integers below 2^53 are."""
    channels = images.shape[-1]
    total, squares = np.zeros(channels), np.zeros(channels)
    for start in range(0, len(images), 1024):  # whole sets as float64 would take gigabytes
        pixels = images[start : start + 1024].reshape(-1, channels).astype(np.float64)
        total += pixels.sum(axis=0)
        squares += np.einsum("nc,nc->c", pixels, pixels)
    n = images.size / channels
    mean = total / n
    return mean / 255, np.sqrt(np.maximum(squares / n - mean**2, 0)) / 255
