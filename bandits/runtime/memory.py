"""How much memory worker processes may take."""

from __future__ import annotations

import os
from pathlib import Path

from bandits.errors import SettingError

__all__ = ["check_memory", "free_memory", "left_in"]

_GIB = 2**30


def check_memory(workers: int, bytes_each: int) -> None:
    """Refuse more worker processes than free memory allows; one is always allowed.

    Args:
        workers: how many.
        bytes_each: what one takes; 0 if that is unknown, and then nothing is checked.

    Raises:
        SettingError: there are too many.
    """
    free = free_memory() if bytes_each > 0 else None
    if free is None:
        return
    most = max(1, free // bytes_each)
    if workers > most:
        why = f"{free / _GIB:.1f} GiB of memory are free, and each worker takes {bytes_each / _GIB:.1f} GiB"
        raise SettingError.broken("`workers`", f"must be <= {most}: {why}", workers)


def free_memory() -> int | None:
    """Bytes that new processes may take: what the machine has available, or its container if that is less.

    None if the system does not say.
    """
    found = [free for free in (_available(), _left_in_container()) if free is not None]
    return max(0, min(found)) if found else None


def _available() -> int | None:
    """Free pages, and those that are used for caches only."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def _left_in_container() -> int | None:
    """What the control group leaves, version 2 or 1; None without a limit."""
    found = left_in(Path("/sys/fs/cgroup"), "memory.max", "memory.current")
    if found is None:
        found = left_in(Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.usage_in_bytes")
    return found


def left_in(folder: Path, limit: str, usage: str) -> int | None:
    """Bytes that are left according to the files of a control group; caches that it can give up count as free."""
    try:
        most = int((folder / limit).read_text(encoding="ascii"))  # version 2 says "max" where there is no limit
        used = int((folder / usage).read_text(encoding="ascii"))
        stat = (folder / "memory.stat").read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return None
    caches = (int(line.split()[1]) for line in stat if line.startswith(("inactive_file ", "total_inactive_file ")))
    return most - used + max(caches, default=0)
