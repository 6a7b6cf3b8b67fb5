"""Where Syne Tune is installed."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["FOLDER", "REQUIREMENT", "installed", "python_of"]

REQUIREMENT = "syne-tune==0.13.*"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
FOLDER = Path(os.environ.get("BENCHMARK_PEERS") or _CACHE / "bandits-benchmarks" / "syne-tune")


def python_of(folder: Path = FOLDER) -> Path:
    """The interpreter of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def installed(folder: Path = FOLDER) -> bool:
    """Whether the environment has Syne Tune."""
    return any(folder.glob("[Ll]ib*/**/site-packages/syne_tune/optimizer/baselines.py"))
