"""The idx format of MNIST and similar sets: a magic number, the sizes, the bytes.

A file begins with four bytes: two zeros, the type of the values (0x08: unsigned bytes), the number of dimensions. A
big-endian 32-bit integer for each dimension follows, then the values in row-major order. (Y. LeCun, the MNIST page.)
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bandits.data.compressed import read_bytes
from bandits.errors import DataError

__all__ = ["read_idx"]

_UNSIGNED_BYTES = 0x08


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Read an idx file of unsigned bytes, gzipped or not.

    Args:
        path: the file.
        dimensions: how many it must have: 3 for images, 1 for labels.

    Returns:
        A read-only array of that many dimensions.

    Raises:
        DataError: it is not such a file, or it is shorter or longer than its header says.
    """
    raw = read_bytes(path)
    magic = int.from_bytes(raw[:4], "big")
    expected = _UNSIGNED_BYTES << 8 | dimensions
    start = 4 + 4 * dimensions
    if magic != expected or len(raw) < start:
        rule = f"must begin with the idx magic number {expected:#010x} and {dimensions} sizes"
        raise DataError(f"{path} {rule}, got {raw[:4].hex() or 'an empty file'}")
    shape = tuple(int(size) for size in np.frombuffer(raw, ">u4", dimensions, offset=4))
    if len(raw) - start != math.prod(shape):
        sizes = " x ".join(map(str, shape))
        raise DataError.broken(str(path), f"must hold {sizes} bytes after its idx header", len(raw) - start)
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)
