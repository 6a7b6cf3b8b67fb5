"""What all parts share: the data, the device, and how much of everything."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandits.data.idx import read_idx
from bandits.objectives.cnn import CNNObjective
from bandits.samplers.base import Sampler

__all__ = ["FULL", "SMALL", "Nets", "Setting", "Sizes", "slice_of"]

_FILES = (("train-images-idx3-ubyte", 3), ("train-labels-idx1-ubyte", 1))


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything.

    Args:
        nets: names of the nets whose epochs are timed (`nets.NETS`).
        loaders: worker processes of the DataLoader loop, one measurement each.
        arms: how many arms share the device, one measurement each; the first is 1.
        max_epochs, loops: R of the Hyperband run, and its outer loops.
        trials, epochs: of the recording.
        heaviest: most multiply-adds of a net of Hyperband's and of the recording's; 0 for no limit.
        checked: epochs of the trainings that are compared.
        seconds: budget of each part.
    """

    nets: tuple[str, ...]
    loaders: tuple[int, ...]
    arms: tuple[int, ...]
    max_epochs: int
    loops: int
    trials: int
    epochs: int
    heaviest: float
    checked: int
    seconds: dict[str, float]


FULL = Sizes(
    nets=("small", "middle", "large"),
    loaders=(0, 2, 8),
    arms=(1, 2, 4, 8, 16),
    max_epochs=20,
    loops=6,
    trials=300,
    epochs=20,
    heaviest=30e6,
    checked=4,
    seconds={"checks": 40, "epochs": 80, "sharing": 130, "hyperband": 160, "record": 400},
)
"""On a GPU: 410 seconds, and the recording, which goes on in a second call where it is not done."""

SMALL = Sizes(
    nets=("small",),
    loaders=(0,),
    arms=(1, 2),
    max_epochs=3,
    loops=1,
    trials=4,
    epochs=2,
    heaviest=1e6,
    checked=2,
    seconds={"checks": 10, "epochs": 5, "sharing": 10, "hyperband": 30, "record": 30},
)
"""On a CPU, to see that everything runs."""


@dataclass(frozen=True, slots=True)
class Setting:
    """On what everything runs.

    Args:
        data: name of the image set.
        data_dir: folder of its files; None where it brings them along.
        device: "cuda:0" or "cpu".
        workers: processes of Hyperband and of the recording.
        seed: of everything.
        check_memory: whether more workers than free memory allows are refused.
    """

    data: str
    data_dir: Path | None
    device: str
    workers: int
    seed: int
    check_memory: bool = True

    def objective(self, *, max_epochs: int, batch_size: int = 128) -> Nets:
        """The nets of MetaQNN on this data."""
        nets = Nets(self.data, max_epochs=max_epochs, device=self.device, data_dir=self.data_dir, batch_size=batch_size)
        nets.check_memory = self.check_memory
        return nets


class Nets(CNNObjective):
    """The objective, with what a benchmark wants otherwise.

    Attributes:
        check_memory: False: it does not say how much memory a worker takes, so that nobody counts; for machines whose
            memory grows with use.
        chosen: which configurations are drawn; None for the space's own.
    """

    check_memory = True
    chosen: Sampler | None = None

    @property
    def memory_per_worker(self) -> int:  # type: ignore[override]
        return super().memory_per_worker if self.check_memory else 0

    def sampler(self, seed: int) -> Sampler:
        return self.chosen or super().sampler(seed)

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "chosen": None}  # workers draw nothing


@contextmanager
def slice_of(folder: Path, images: int) -> Iterator[Path]:
    """A temporary folder with the first training images of the idx files in another one."""
    with tempfile.TemporaryDirectory(prefix="bandits-slice-") as place:
        for name, dimensions in _FILES:
            file = folder / name
            array = read_idx(file if file.is_file() else file.with_name(f"{name}.gz"), dimensions)
            (Path(place) / name).write_bytes(_idx(array[:images]))
        yield Path(place)


def _idx(array: NDArray[np.uint8]) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes((0, 0, 8, array.ndim)) + sizes + np.ascontiguousarray(array).tobytes()
