"""Failures of a training that are not bugs: how to report them, and how to free the memory that they left."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable
from typing import TypeVar

import torch

from bandits.errors import ObjectiveError

__all__ = ["free", "survive"]

_Result = TypeVar("_Result")
_CPU_IS_FULL = ("can't allocate memory", "not enough memory")  # texts in torch's error, which has no class of its own
_ASKED_FOR = re.compile(r"tried to allocate ([\d.]+ \w+)", re.IGNORECASE)


def survive(work: Callable[[], _Result], device: torch.device) -> _Result:
    """Do some work. If memory runs out, raise an error in one sentence that keeps no memory in use.

    Raises:
        ObjectiveError: memory ran out, or the work raised this error itself. Other errors pass unchanged.
    """
    try:
        return work()
    except (MemoryError, RuntimeError) as error:  # torch's OutOfMemoryError is a RuntimeError
        if not _is_out_of_memory(error):
            raise
        asked_for = _ASKED_FOR.search(str(error))
    # Out here the error is gone, and with its traceback every tensor that the work held.
    where = f"memory of {device}" if device.type == "cuda" else "memory"
    raise ObjectiveError(f"out of {where}: an epoch asked for {asked_for[1]}" if asked_for else f"out of {where}")


def free(device: torch.device) -> None:
    """Free the memory of objects that nothing refers to any more."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError | torch.cuda.OutOfMemoryError):
        return True
    return any(words in str(error) for words in _CPU_IS_FULL)
