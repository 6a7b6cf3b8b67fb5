"""The machine and library versions, on which a training's seconds, and perhaps its last digits, depend."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

__all__ = ["environment", "processor"]

_LIBRARIES = ("bandits-hpo", "numpy", "scikit-learn", "torch")


def environment() -> Mapping[str, Any]:
    """System, processor, cores, and versions of Python and of the libraries that train; None for an absent library."""
    versions: dict[str, str | None] = {}
    for name in _LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = None
    return {
        "system": platform.platform(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **versions,
    }


def processor() -> str:
    """The processor's name, or its family if the system does not tell the name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
