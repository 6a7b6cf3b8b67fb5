"""Street View House Numbers: the cropped digits, in MATLAB's format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bandits.data.raw import RawImages
from bandits.errors import DataError

__all__ = ["read_svhn"]


def read_svhn(path: Path) -> RawImages:
    """Read train_32x32.mat: X [32, 32, 3, n] uint8, y [n, 1] with 10 for the digit 0.

    Returns:
        Images [n, 32, 32, 3] (a view) and labels with 0 for the digit 0.

    Raises:
        DataError: it is not such a file.
    """
    from scipy.io import loadmat  # only this data set needs it

    try:
        variables = loadmat(path, variable_names=["X", "y"])
    except Exception as error:  # scipy raises many types if a file is not MATLAB's
        raise DataError(
            f"{path} must be a MATLAB file, but it cannot be read as one ({type(error).__name__})"
        ) from None
    pixels: NDArray[np.uint8] = variables.get("X", np.empty(0))
    labels: NDArray[np.uint8] = variables.get("y", np.empty(0))
    if pixels.ndim != 4 or pixels.shape[:3] != (32, 32, 3) or pixels.dtype != np.uint8:
        raise DataError.broken(str(path), "must hold X of shape (32, 32, 3, n) and type uint8", _kind(pixels))
    digits = labels.astype(np.int64).ravel()
    return RawImages(np.moveaxis(pixels, 3, 0), np.where(digits == 10, 0, digits), str(path))


def _kind(array: NDArray[np.uint8]) -> str:
    return f"{array.dtype} {array.shape}"
