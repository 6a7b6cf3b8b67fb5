"""A training loop as tutorials have it: a Dataset, a DataLoader, batches moved to the device one by one.

Net, optimizer, batch size, precision and memory order are those of the engine, so what differs is how data gets to
the net. The loss is summed on the device, which is kinder to the loop than asking for it after every batch.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from bandits.data.images import Images
from bandits.training.devices import low_precision
from bandits.training.nets.base import NetFamily

__all__ = ["epochs_of_loop"]

_VALIDATION_BATCH = 1024
_Batches = DataLoader[tuple[torch.Tensor, int]]


class _Pictures(Dataset[tuple[Tensor, int]]):
    def __init__(self, images: NDArray[np.uint8], labels: NDArray[np.int64], mean: Tensor, std: Tensor) -> None:
        self._images, self._labels = np.array(images), labels
        self._mean, self._std = mean, std

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, number: int) -> tuple[Tensor, int]:
        pixels = torch.from_numpy(self._images[number]).permute(2, 0, 1).float()
        return (pixels / 255 - self._mean) / self._std, int(self._labels[number])


def epochs_of_loop(
    images: Images,
    family: NetFamily,
    config: Mapping[str, object],
    device: torch.device,
    *,
    batch_size: int,
    workers: int,
    seed: int,
) -> Iterator[float]:
    """Seconds of one epoch after another, training and validation, without end.

    Args:
        images: the data.
        family, config: the net and its optimizer.
        device: where.
        batch_size: images a step.
        workers: processes of the DataLoader; 0 loads in this one.
        seed: of weights and order.
    """
    torch.manual_seed(seed)
    on_gpu = device.type == "cuda"
    mean, std = (torch.tensor(moments, dtype=torch.float32)[:, None, None] for moments in (images.mean, images.std))
    settings: dict[str, Any] = {"num_workers": workers, "persistent_workers": workers > 0, "pin_memory": on_gpu}
    training = DataLoader(
        _Pictures(images.train_images, images.train_labels, mean, std), batch_size, shuffle=True, **settings
    )
    validation = DataLoader(
        _Pictures(images.validation_images, images.validation_labels, mean, std), _VALIDATION_BATCH, **settings
    )
    model = family.build(config).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = family.optimizer(model, config)
    for group in optimizer.param_groups:
        group["lr"] = family.learning_rate(config, 1)
    while True:
        began = time.perf_counter()
        _train(model, optimizer, training, device)
        _validate(model, validation, device)
        yield time.perf_counter() - began


def _train(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    batches: _Batches,
    device: torch.device,
) -> float:
    model.train()
    total = torch.zeros((), device=device)
    for images, labels in batches:
        images, labels = _moved(images, labels, device)
        optimizer.zero_grad(set_to_none=True)
        with low_precision(device):
            loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(labels)
    return float(total)


def _validate(model: nn.Module, batches: _Batches, device: torch.device) -> int:
    model.eval()
    right = torch.zeros((), dtype=torch.int64, device=device)
    with torch.inference_mode():
        for images, labels in batches:
            images, labels = _moved(images, labels, device)
            with low_precision(device):
                right += (model(images).argmax(dim=1) == labels).sum()
    return int(right)


def _moved(images: Tensor, labels: Tensor, device: torch.device) -> tuple[Tensor, Tensor]:
    placed = images.to(device, non_blocking=True, memory_format=torch.channels_last)
    return placed, labels.to(device, non_blocking=True)
