"""CIFAR-10 in both forms that its author publishes, unpacked or as the archive.

Binary form: records of 3073 bytes, a label and then the red, green and blue planes of 32 x 32. Python form: pickles of
a dictionary with `data` [n, 3072], the same planes, and `labels`. The unpickler here builds NumPy arrays and nothing
else, so that a file cannot run code. (A. Krizhevsky, the CIFAR-10 page.)
"""

from __future__ import annotations

import io
import pickle
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandits.data.compressed import read_bytes
from bandits.data.raw import RawImages
from bandits.errors import DataError

__all__ = ["read_cifar10"]

_NUMBERS = range(1, 6)
_SHAPE = (3, 32, 32)
_RECORD = 1 + 3 * 32 * 32


def read_cifar10(paths: Sequence[Path]) -> RawImages:
    """Read the five training batches.

    Args:
        paths: the five files of one form, in order, or the one archive that holds them.

    Returns:
        Images [n, 32, 32, 3] (a view of the planes) and labels.

    Raises:
        DataError: a file does not have its form, or the archive is damaged or lacks a batch.
    """
    archive = len(paths) == 1
    batches = _unpack(paths[0]) if archive else {str(path): read_bytes(path) for path in paths}
    parts = [
        _read_binary(name, raw) if name.endswith(".bin") else _read_pickle(name, raw) for name, raw in batches.items()
    ]
    planes = np.concatenate([pixels for pixels, _ in parts])
    labels = np.concatenate([labels for _, labels in parts])
    origin = paths[0] if archive else paths[0].parent
    return RawImages(planes.reshape(-1, *_SHAPE).transpose(0, 2, 3, 1), labels, str(origin))


def _unpack(path: Path) -> dict[str, bytes]:
    """The training batches of an archive, by name, in order; the test batch is skipped."""
    wanted = {f"data_batch_{number}{end}" for number in _NUMBERS for end in ("", ".bin")}
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = PurePosixPath(member.name).name
                stream = archive.extractfile(member) if name in wanted else None
                if stream is not None:
                    found[f"{path}: {name}"] = stream.read()
    except (tarfile.TarError, OSError, EOFError, zlib.error):
        raise DataError(f"{path} must be a sound tar.gz archive, but it is damaged or cut off") from None
    if len(found) != len(_NUMBERS):
        raise DataError.broken(str(path), f"must hold the {len(_NUMBERS)} training batches", len(found))
    return dict(sorted(found.items()))


_Part = tuple[NDArray[np.uint8], NDArray[np.int64]]  # planes [n, 3072], labels [n]


def _read_binary(name: str, raw: bytes) -> _Part:
    if len(raw) % _RECORD or not raw:
        raise DataError.broken(name, f"must hold records of {_RECORD} bytes", f"{len(raw)} bytes")
    records = np.frombuffer(raw, np.uint8).reshape(-1, _RECORD)
    return records[:, 1:], records[:, 0].astype(np.int64)


def _read_pickle(name: str, raw: bytes) -> _Part:
    try:
        batch = _ArraysOnly(io.BytesIO(raw), encoding="latin1").load()
    except DataError as error:
        raise DataError(f"{name} {error}") from None
    except Exception:  # a damaged pickle may raise any type
        raise DataError(f"{name} must be a pickle of the Python version of CIFAR-10, but it cannot be read") from None
    try:
        pixels, labels = batch["data"], np.asarray(batch["labels"], dtype=np.int64)
        sound = pixels.dtype == np.uint8 and pixels.shape == (len(labels), _RECORD - 1)
    except (TypeError, KeyError, ValueError, AttributeError, OverflowError):
        sound = False
    if not sound:
        raise DataError(f"{name} must hold `data` of shape (n, {_RECORD - 1}) and type uint8, and n `labels`")
    return pixels, labels


class _ArraysOnly(pickle.Unpickler):
    """An unpickler that knows NumPy's arrays, and refuses every other name."""

    def find_class(self, module: str, name: str) -> Any:
        """What a name in the pickle stands for."""
        allowed = {
            ("numpy.core.multiarray", "_reconstruct"): _RECONSTRUCT,
            ("numpy._core.multiarray", "_reconstruct"): _RECONSTRUCT,
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): np.dtype,
            ("_codecs", "encode"): _encode,
        }
        if (module, name) not in allowed:
            raise DataError(f"must hold NumPy arrays and plain values only, got {module}.{name}")
        return allowed[module, name]


_RECONSTRUCT = np.empty(0).__reduce__()[0]  # no module offers it under a public name


def _encode(text: str, encoding: str) -> bytes:
    """Turn text into bytes: by this call, Python 3 stores bytes in a pickle that Python 2 can read."""
    return text.encode(encoding)
