"""What must hold on the device: seeds repeat, a pause changes nothing, and who runs out of memory fails alone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from bandits import RandomSearch, run
from bandits.architectures import Grammar
from bandits.curves import Trial
from bandits.objectives.base import Measurement, WorkerSite
from bandits.runtime.records import TrialFailed
from bandits.samplers.base import Sampler
from bandits.schedulers import State
from benchmarks.gpu.nets import net_named
from benchmarks.gpu.samplers import Same
from benchmarks.gpu.settings import Setting, Sizes

__all__ = ["TOLERANCE", "check"]

TOLERANCE = {"cpu": {"value": 0.0, "train_loss": 0.0}, "cuda:0": {"value": 0.01, "train_loss": 0.02}}
"""Largest difference that counts as the same: of accuracy, and of the training loss as a share of itself."""

_MEMORY = 4 * 2**30  # bytes that a training may have on top of what is taken, where it shall run out
_BATCH = {"cpu": 64, "cuda": 4096}  # with which the large net takes more than that, and the small one much less


def check(setting: Setting, sizes: Sizes) -> dict[str, Any]:
    """All checks; each says what was found, and whether it holds (`ok`)."""
    found = {
        "repeat": _compare(setting, sizes, _whole(setting, sizes), _whole(setting, sizes)),
        "resume": _compare(setting, sizes, _whole(setting, sizes), _paused(setting, sizes)),
        "out_of_memory": _out_of_memory(setting),
    }
    for name, result in found.items():
        print(f"{name:14} {'ok' if result['ok'] else 'FAILED'}  {result}", flush=True)
    return {"tolerance": TOLERANCE[setting.device], "checks": found}


def _whole(setting: Setting, sizes: Sizes) -> list[Measurement]:
    """A training without a pause."""
    return list(setting.objective(max_epochs=sizes.checked).train(_trial(setting), 0, sizes.checked))


def _paused(setting: Setting, sizes: Sizes) -> list[Measurement]:
    """The same with a pause after every epoch, after which another objective goes on from its files."""
    trial, measured = _trial(setting), list[Measurement]()
    with tempfile.TemporaryDirectory(prefix="bandits-check-") as folder:
        site = WorkerSite(setting.device, 1, Path(folder))
        for epoch in range(sizes.checked):
            objective = setting.objective(max_epochs=sizes.checked)
            objective.set_up(site)
            measured += objective.train(trial, epoch, epoch + 1)
    return measured


def _compare(setting: Setting, sizes: Sizes, one: list[Measurement], other: list[Measurement]) -> dict[str, Any]:
    """Largest differences of two trainings, epoch by epoch."""
    value = max(abs(a.value - b.value) for a, b in zip(one, other, strict=True))
    losses = [(a.details["train_loss"], b.details["train_loss"]) for a, b in zip(one, other, strict=True)]
    loss = max(abs(a - b) / abs(a) for a, b in losses)
    tolerance = TOLERANCE[setting.device]
    ok = value <= tolerance["value"] and loss <= tolerance["train_loss"]
    return {"epochs": sizes.checked, "value": value, "train_loss": loss, "ok": ok}


def _out_of_memory(setting: Setting) -> dict[str, Any]:
    """A large net that runs out of memory, then a small one that does not: the first fails, the second trains."""
    device = torch.device(setting.device)
    objective = setting.objective(max_epochs=1, batch_size=_BATCH[device.type])
    large_then_small = [Same({"net": _net(setting, size), "lr": 1e-3}) for size in ("large", "small")]
    with _little_memory(device):
        result = run(RandomSearch(2, 1), objective, sampler=_OneByOne(large_then_small), seed=setting.seed)
    reasons = [record.reason for record in result.journal.records() if isinstance(record, TrialFailed)]
    states = [result.scheduler.arms[trial].state for trial in (0, 1)]
    return {
        "pretended": device.type == "cpu",
        "states": [state.value for state in states],
        "reasons": reasons,
        "ok": states == [State.FAILED, State.COMPLETED] and "out of memory" in reasons[0],
    }


class _OneByOne(Sampler):
    """Asks another sampler for every trial."""

    def __init__(self, samplers: Sequence[Sampler]) -> None:
        self._samplers = samplers

    def propose(self, trial_id: int) -> Any:
        return self._samplers[trial_id].propose(trial_id)


@contextmanager
def _little_memory(device: torch.device) -> Iterator[None]:
    """Inside the `with` block, a large net runs out of memory; on a CPU, where that is hard to cause, it pretends."""
    if device.type == "cpu":
        handle = nn.modules.module.register_module_forward_pre_hook(_pretend)
        try:
            yield
        finally:
            handle.remove()
        return
    torch.cuda.empty_cache()
    free, total = torch.cuda.mem_get_info(device)
    taken = torch.cuda.memory_reserved(device)
    torch.cuda.set_per_process_memory_fraction(min(1.0, (taken + min(_MEMORY, free)) / total), device)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, device)
        torch.cuda.empty_cache()


def _pretend(module: nn.Module, inputs: Any) -> None:  # noqa: ARG001 - the hook's form
    if isinstance(module, nn.Sequential) and len(module) > 10:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB (this is a rehearsal)")


def _trial(setting: Setting) -> Trial:
    return Trial(0, {"net": _net(setting, "small"), "lr": 1e-3}, {}, setting.seed)


def _net(setting: Setting, size: str) -> str:
    shape = setting.objective(max_epochs=1).shape
    return net_named(size, Grammar.for_images(shape.size, shape.channels, shape.classes))
