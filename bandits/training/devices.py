"""Where networks train: which devices exist, and how torch is set up on them."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from bandits.errors import SettingError

__all__ = ["devices_from", "low_precision", "prepare"]

_WORDS = re.compile(r"auto|cpu|cuda(:\d+(,\d+)*)?")


def devices_from(words: str) -> tuple[str, ...]:
    """Read which devices to train on.

    Args:
        words: "cpu"; "cuda" for all GPUs; "cuda:0,1" for these two; "auto" for every GPU if there is one,
            otherwise the CPU.

    Returns:
        Names as torch spells them, such as ("cuda:0", "cuda:1").

    Raises:
        SettingError: the words are none of these, or name a device that does not exist.

    Example:
        >>> devices_from("cpu")
        ('cpu',)
    """
    if not isinstance(words, str) or not _WORDS.fullmatch(words):
        raise SettingError.broken("`device`", "must be auto, cpu, cuda, or cuda:0,1 and the like", words)
    present = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if words == "cpu" or (words == "auto" and not present):
        return ("cpu",)
    if not present:
        raise SettingError.broken("`device`", "must be cpu on this machine, where torch finds no GPU", words)
    named = words.partition(":")[2]
    numbers = [int(number) for number in named.split(",")] if named else range(present)
    if max(numbers) >= present:
        raise SettingError.broken("`device`", f"must name GPUs that are there, 0 to {present - 1}", words)
    return tuple(f"cuda:{number}" for number in dict.fromkeys(numbers))


def prepare(device: torch.device) -> None:
    """Set torch up for training on a device, for the whole process: cuDNN uses deterministic algorithms only."""
    if device.type == "cuda":
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.benchmark = False


def low_precision(device: torch.device) -> AbstractContextManager[Any]:
    """Compute in bfloat16 inside a `with` block, on GPUs only; on a CPU nothing changes."""
    return torch.autocast("cuda", torch.bfloat16) if device.type == "cuda" else nullcontext()
