"""What every benchmark shares: which machine it ran on, writing its results, and putting them into its README."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bandits.tools.record.environment import processor

__all__ = ["argument_parser", "command", "machine", "update_readme", "write_results"]

_ROOT = Path(__file__).resolve().parents[2]
_LIBRARIES = ("bandits-hpo", "numpy", "scipy", "scikit-learn", "optuna", "emcee", "torch")


def command() -> list[str]:
    """Give the command line that runs this process, for the results: "python -m benchmarks.NAME" and its arguments."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    module = spec.name.removesuffix(".__main__") if spec is not None else Path(sys.argv[0]).name
    return ["python", "-m", module, *sys.argv[1:]]


def argument_parser(about: str | None) -> argparse.ArgumentParser:
    """Give the parser of a benchmark's command line; its help shows the module's docstring as it is written."""
    return argparse.ArgumentParser(
        prog=" ".join(command()[:3]), description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def machine() -> dict[str, Any]:
    """Describe where and on what a benchmark runs.

    Returns:
        Processor, cores this process may use, memory in GiB, system, versions, commit (with "+" where files differ
        from it; None outside a checkout) and the time in UTC.
    """
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": _memory_gib(),
        "system": platform.platform(),
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in _LIBRARIES}},
        "commit": _commit(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def write_results(path: str | os.PathLike[str], payload: Mapping[str, Any]) -> None:
    """Write a benchmark's results as JSON, keys in the order given; folders are made as needed."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(payload, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def update_readme(path: str | os.PathLike[str], marker: str, text: str) -> None:
    """Replace what stands between `<!-- marker -->` and the next `<!-- end -->` of a file.

    Raises:
        ValueError: the file has no such pair of lines.
    """
    target, begin, end = Path(path), f"<!-- {marker} -->", "<!-- end -->"
    before, found, rest = target.read_text(encoding="utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{path} must hold the lines {begin} and {end}")
    target.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}", encoding="utf-8")


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, OSError, ValueError):
        return None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(_ROOT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain", "bandits") else "")
    except (OSError, subprocess.CalledProcessError):
        return None
