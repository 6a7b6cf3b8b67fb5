"""What was measured, kept in a file a side: rewritten after each search, so that nothing of a partial run is lost."""

from __future__ import annotations

import fcntl
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.lib.common import command, machine

__all__ = ["Key", "Measured", "forget", "keep", "read"]


class Key(NamedTuple):
    """One measurement: a side has one for each table, budget (full trainings) and order."""

    table: str
    budget: int
    order: int


class Measured(NamedTuple):
    """What a search came to: regret in %, configurations tried, CPU seconds."""

    regret: float
    tried: int
    cpu_seconds: float


def read(folder: Path, side: str) -> dict[Key, Measured]:
    """Everything that is known of a side."""
    path = _path(folder, side)
    if not path.exists():
        return {}
    return {
        Key(line["table"], line["budget"], order): Measured(*numbers)
        for line in json.loads(path.read_text(encoding="utf-8"))["measured"]
        for order, *numbers in zip(line["orders"], line["regret"], line["tried"], line["cpu_seconds"], strict=True)
    }


def keep(folder: Path, side: str, fresh: Mapping[Key, Measured]) -> None:
    """Add measurements to a side's file, in place of earlier ones of the same keys."""
    with _locked(folder, side) as path:
        _write(path, side, read(folder, side) | dict(fresh))


def forget(folder: Path, side: str, keys: Iterable[Key]) -> None:
    """Take measurements out of a side's file."""
    with _locked(folder, side) as path:
        known = read(folder, side)
        left = {key: known[key] for key in known.keys() - set(keys)}
        if left:
            _write(path, side, left)
        else:
            path.unlink(missing_ok=True)


def _write(path: Path, side: str, measured: Mapping[Key, Measured]) -> None:
    """A line for each table and budget, so that versions of the file can be compared."""
    lines: dict[tuple[str, int], dict[str, Any]] = {}
    for key in sorted(measured):
        empty: dict[str, Any] = {"orders": [], "regret": [], "tried": [], "cpu_seconds": []}
        line = lines.setdefault((key.table, key.budget), {"table": key.table, "budget": key.budget, **empty})
        line["orders"].append(key.order)
        for name, number in measured[key]._asdict().items():
            line[name].append(number)
    head = json.dumps({"benchmark": "equal_budget", "side": side, **_origin()})
    body = ",\n".join(json.dumps(line, allow_nan=False) for line in lines.values())
    fresh = path.with_suffix(".part")
    fresh.write_text(f'{head.removesuffix("}")},\n"measured": [\n{body}\n]}}\n', encoding="utf-8")
    fresh.replace(path)


def _path(folder: Path, side: str) -> Path:
    return folder / (re.sub(r"[^a-z0-9]+", "-", side.lower()).strip("-") + ".json")


@contextmanager
def _locked(folder: Path, side: str) -> Iterator[Path]:
    """The path of a side's file; no other process changes a file of the folder meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield _path(folder, side)


@cache
def _origin() -> Mapping[str, Any]:
    return {"command": command(), "machine": machine()}
