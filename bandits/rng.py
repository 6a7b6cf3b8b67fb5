"""Random numbers, keyed by what they are for.

A generator belongs to a purpose ("config of trial 7"), not to a moment, so that one more draw, worker or
arm never shifts the numbers that another one sees. Nothing in this library draws from a global generator.
"""

from __future__ import annotations

import zlib

import numpy as np

__all__ = ["rng_for"]


def rng_for(seed: int, *key: int | str) -> np.random.Generator:
    """Make the generator that belongs to `key` under `seed`.

    Args:
        seed: the run's seed, >= 0.
        key: what the numbers are for, such as `("config", 7)`. Words are replaced by their CRC-32, so
            that keys can be readable.

    Returns:
        A fresh generator; the same arguments always give the same stream.

    Example:
        >>> bool(rng_for(0, "config", 7).integers(100) == rng_for(0, "config", 7).integers(100))
        True
    """
    spawn_key = tuple(zlib.crc32(part.encode()) if isinstance(part, str) else part for part in key)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=spawn_key))
