"""The command line: which parts are run, on what, for how long, and where their results go."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from benchmarks.gpu.budget import Budget
from benchmarks.gpu.checks import check
from benchmarks.gpu.device import device_facts
from benchmarks.gpu.epochs import measure_epochs
from benchmarks.gpu.hyperband import measure_hyperband
from benchmarks.gpu.mps import why_no_mps
from benchmarks.gpu.recording import measure_recording
from benchmarks.gpu.report import PARTS, table_of
from benchmarks.gpu.settings import FULL, SMALL, Setting, Sizes, slice_of
from benchmarks.gpu.sharing import measure_sharing, why_not_worth_it
from benchmarks.lib.common import argument_parser, command, machine, write_results

__all__ = ["main"]

HERE = Path(__file__).resolve().parent

_SLICE = 200  # images of --small with --data-dir


class _Service:
    """Whether the Multi-Process Service is used: found out when a part first asks."""

    def __init__(self, device: str, reason: str | None) -> None:
        self._device, self._reason, self._tried = device, reason, reason is not None

    def why_not(self) -> str | None:
        """Why it is not used; None where it is."""
        if not self._tried:
            self._reason, self._tried = why_no_mps(self._device), True
        return self._reason

    def judge(self, shared: Mapping[str, Any]) -> None:
        """Do without it from now on, where `measure_sharing` found that it does not pay."""
        self._reason = self._reason or why_not_worth_it(shared)


def measure(part: str, setting: Setting, sizes: Sizes, service: _Service, out: Path) -> dict[str, Any]:
    """Run one part within its budget."""
    budget = Budget(sizes.seconds[part])
    if part == "checks":
        return check(setting, sizes)
    if part == "epochs":
        return measure_epochs(setting, sizes, budget)
    if part == "sharing":
        shared = measure_sharing(setting, sizes, budget, service.why_not())
        service.judge(shared)
        return shared
    if part == "hyperband":
        return measure_hyperband(setting, sizes, budget, service.why_not())
    return measure_recording(setting, sizes, budget, service.why_not(), out)


def main(arguments: list[str] | None = None) -> int:
    """Run the parts that the command line asks for; 1 if one of them could not be run."""
    given = _parser().parse_args(arguments)
    sizes = _sizes(given)
    failed = 0
    with _setting(given) as setting:
        facts = device_facts(setting.device)
        print(f"{facts}\n", flush=True)

        service = _Service(setting.device, "it was not wanted" if given.no_mps else None)
        for part in given.parts:
            print(f"{part}, {sizes.seconds[part]:g} s", flush=True)
            began = time.monotonic()
            try:
                found = measure(part, setting, sizes, service, given.out)
            except Exception:  # whatever it is, what the other parts find is still worth having
                print(f"{part} could not be run:\n{traceback.format_exc()}", file=sys.stderr, flush=True)
                failed = 1
                continue
            about: dict[str, Any] = {"benchmark": f"gpu/{part}", "command": command()}
            about |= {"machine": _machine(given.commit), "device": facts}
            about |= {"data": setting.data, "seed": setting.seed, "small": given.small}
            result = about | {"part_seconds": time.monotonic() - began} | found
            write_results(given.out / f"{part}.json", result)
            print(f"\n{table_of(part, result)}\n", flush=True)
            if setting.device != "cpu":
                torch.cuda.empty_cache()
    return failed


def _parser() -> argparse.ArgumentParser:
    parser = argument_parser("Training on a GPU; see README.md.")
    parser.add_argument("--parts", type=_parts, default=list(PARTS), help="which, separated by commas")
    parser.add_argument("--seconds", type=_seconds, default={}, help="budget of each part, or PART=N,PART=N")
    parser.add_argument("--data-dir", type=Path, help="folder of Fashion-MNIST's files")
    parser.add_argument("--device", choices=("auto", "cuda:0", "cpu"), default="auto")
    parser.add_argument("--workers", type=int, help="of hyperband and record; default 16, 2 with --small")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--trials", type=int, help="of the recording")
    parser.add_argument("--loops", type=int, help="of Hyperband")
    parser.add_argument("--loaders", type=_numbers, help="workers of the DataLoader loop, such as 0,2,8")
    parser.add_argument("--arms", type=_numbers, help="how many share the device, such as 1,2,4,8,16")
    parser.add_argument("--heaviest", type=float, help="most multiply-adds of a net of hyperband's and record's")
    parser.add_argument("--no-mps", action="store_true", help="leave CUDA's Multi-Process Service alone")
    parser.add_argument("--any-memory", action="store_true", help="do not count free memory before starting workers")
    parser.add_argument("--small", action="store_true", help="on the CPU, on digits or a few images of --data-dir")
    parser.add_argument("--commit", help="of this checkout, where git is not at hand")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    return parser


def _parts(words: str) -> list[str]:
    parts = words.split(",")
    if not set(parts) <= set(PARTS):
        raise argparse.ArgumentTypeError(f"must be some of {','.join(PARTS)}, got {words}")
    return parts


def _seconds(words: str) -> dict[str, float]:
    if "=" not in words:
        return dict.fromkeys(PARTS, float(words))
    pairs = [pair.partition("=") for pair in words.split(",")]
    _parts(",".join(part for part, _, _ in pairs))
    return {part: float(seconds) for part, _, seconds in pairs}


def _numbers(words: str) -> tuple[int, ...]:
    return tuple(int(word) for word in words.split(","))


def _sizes(given: argparse.Namespace) -> Sizes:
    sizes = SMALL if given.small else FULL
    changes = {name: getattr(given, name) for name in ("trials", "loops", "loaders", "arms", "heaviest")}
    changes = {name: value for name, value in changes.items() if value is not None}
    return replace(sizes, seconds=sizes.seconds | given.seconds, **changes)


@contextmanager
def _setting(given: argparse.Namespace) -> Iterator[Setting]:
    device = "cpu" if given.small else given.device
    if device == "auto":
        device = "cuda:0" if torch.cuda.is_available() else "cpu"
    workers = given.workers or (2 if given.small else 16)
    data = "digits" if given.small and given.data_dir is None else "fashion-mnist"
    setting = Setting(data, given.data_dir, device, workers, given.seed, not given.any_memory)
    if given.small and given.data_dir is not None:
        with slice_of(given.data_dir, _SLICE) as part:
            yield replace(setting, data_dir=part)
    else:
        yield setting


def _machine(commit: str | None) -> dict[str, Any]:
    return machine() if commit is None else machine() | {"commit": commit}
