"""The bytes of a file that may be gzipped."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from bandits.errors import DataError

__all__ = ["read_bytes"]

_GZIP = b"\x1f\x8b"


def read_bytes(path: Path) -> bytes:
    """Read a whole file. Its first bytes, not its name, say whether it is gzipped.

    Raises:
        DataError: it cannot be read, or its compressed data is damaged.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} must be readable, got {error.strerror or error}") from None
    if not raw.startswith(_GZIP):
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error):
        raise DataError(f"{path} must be a sound gzip file, but it is damaged or cut off") from None
