"""Failures of a training that are no bugs: what to call them, and how to free what they left."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable
from typing import TypeVar

import torch

from bandits.errors import ObjectiveError

__all__ = ["free", "survive"]

_Result = TypeVar("_Result")
_CPU_IS_FULL = ("can't allocate memory", "not enough memory")  # in what torch says then: it has no class of its own
_ASKED_FOR = re.compile(r"tried to allocate ([\d.]+ \w+)", re.IGNORECASE)


def survive(work: Callable[[], _Result], device: torch.device) -> _Result:
    """Do some work; if memory runs out, say so in one sentence, with nothing that holds on to the memory.

    Raises:
        ObjectiveError: out of memory, or whatever ObjectiveError the work raised. Errors of other kinds pass.
    """
    try:
        return work()
    except (MemoryError, RuntimeError) as error:  # OutOfMemoryError of torch is a RuntimeError
        if not _is_out_of_memory(error):
            raise
        asked_for = _ASKED_FOR.search(str(error))
    # Out here the error is gone, and with its traceback every tensor that the work held.
    where = f"memory of {device}" if device.type == "cuda" else "memory"
    raise ObjectiveError(f"out of {where}: an epoch asked for {asked_for[1]}" if asked_for else f"out of {where}")


def free(device: torch.device) -> None:
    """Give back the memory of what nobody refers to any more."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError | torch.cuda.OutOfMemoryError):
        return True
    return any(words in str(error) for words in _CPU_IS_FULL)
