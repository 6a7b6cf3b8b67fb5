"""Running out of memory is one sentence, and leaves nothing behind."""

import gc
import weakref

import pytest
import torch

from bandits.errors import ObjectiveError
from bandits.training.failures import free, survive

CPU = torch.device("cpu")


class Held:
    """Something large that a failing piece of work held."""


@pytest.mark.parametrize(
    ("raised", "sentence"),
    [
        (MemoryError(), "out of memory"),
        (
            torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total of 8 GiB."),
            "out of memory of cuda:0: an epoch asked for 20.00 GiB",
        ),
    ],
)
def test_out_of_memory_is_said_in_a_sentence(raised: Exception, sentence: str) -> None:
    """What the device is, and how much was asked for."""

    def work() -> None:
        raise raised

    with pytest.raises(ObjectiveError) as failed:
        survive(work, torch.device("cuda:0" if "CUDA" in str(raised) else "cpu"))
    assert str(failed.value) == sentence


def test_what_torch_raises_on_a_full_cpu_is_known() -> None:
    """The allocator's own error, asked for more than any machine has."""
    with pytest.raises(ObjectiveError, match=r"^out of memory: an epoch asked for \d+ bytes$"):
        survive(lambda: torch.empty(2**50), CPU)


def test_the_error_does_not_hold_what_the_work_held() -> None:
    """Its traceback would keep every tensor alive."""
    held: list[weakref.ref[Held]] = []

    def work() -> None:
        large = Held()
        held.append(weakref.ref(large))
        raise MemoryError

    with pytest.raises(ObjectiveError):
        survive(work, CPU)
    free(CPU)
    gc.collect()
    assert held[0]() is None


def test_other_errors_pass() -> None:
    """A bug is no lack of memory."""
    with pytest.raises(RuntimeError, match="size"):
        survive(lambda: torch.zeros(2) @ torch.zeros(3), CPU)
