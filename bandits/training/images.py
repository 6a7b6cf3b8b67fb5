"""Classification of images: the data on the device, its batches, and how nets learn from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from bandits.training.devices import low_precision
from bandits.training.nets.base import NetFamily
from bandits.training.task import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bandits.data.images import Images

__all__ = ["ImageTask"]

_VALIDATION_BATCH = {"cpu": 256, "cuda": 2048}
_DEAD = 1.5  # times chance: a first epoch that reaches no more taught nothing (15 % with ten classes, as in MetaQNN)
_AS_FLOATS = {"cpu": 64 * 2**20, "cuda": 2**30}  # data of at most this many bytes is normalised once, at the start


class ImageTask(Task):
    """Nets of one family learn to classify images by cross-entropy; the metric is validation accuracy, 0 to 1.

    Images lie on the device in the order [image, height, width, channel] (channels last), as floats if that takes
    little memory, else as bytes that are normalised batch by batch. An epoch permutes them once; batches are slices.

    Args:
        images: the data set.
        family: the nets, and how they are trained.
        device: where the images lie and nets train.
        batch_size: images a step, >= 1.
        mirror: whether training mirrors images left to right, each with probability 1/2.
        shift: training shifts an image at random, by at most this many pixels in either direction.
    """

    def __init__(
        self,
        images: Images,
        family: NetFamily,
        device: torch.device,
        *,
        batch_size: int = 128,
        mirror: bool = False,
        shift: int = 0,
    ) -> None:
        super().__init__(device)
        self._family = family
        self._batch_size = batch_size
        self._mirror = mirror
        self._shift = shift
        self._chance = 1 / images.classes
        self._mean = torch.tensor(images.mean * 255, dtype=torch.float32, device=device)
        self._scale = torch.tensor(1 / np.maximum(images.std * 255, 1e-6), dtype=torch.float32, device=device)
        self._images, self._labels = self._place(images.train_images), _labels(images.train_labels, device)
        self._judged, self._truth = self._place(images.validation_images), _labels(images.validation_labels, device)

    def build(self, config: Mapping[str, object]) -> nn.Module:
        model = self._family.build(config)
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return model

    def optimizer(self, model: nn.Module, config: Mapping[str, object]) -> torch.optim.Optimizer:
        return self._family.optimizer(model, config)

    def learning_rate(self, config: Mapping[str, object], epoch: int) -> float:
        return self._family.learning_rate(config, epoch)

    def train_epoch(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        epoch: int,  # noqa: ARG002 - every epoch is alike
        generator: torch.Generator,
    ) -> Tensor:
        total = torch.zeros((), device=self.device)
        for images, labels in self._batches(generator):
            optimizer.zero_grad(set_to_none=True)
            with low_precision(self.device):
                loss = nn.functional.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(labels)
        optimizer.zero_grad(set_to_none=True)  # a paused training holds no gradients
        return total / len(self._labels)

    def validate(self, model: nn.Module) -> float:
        size = _VALIDATION_BATCH[self.device.type]
        right = torch.zeros((), dtype=torch.int64, device=self.device)
        for images, labels in zip(self._judged.split(size), self._truth.split(size), strict=True):
            with low_precision(self.device):
                logits = model(self._normalised(images))
            right += (logits.argmax(dim=1) == labels).sum()
        return int(right) / len(self._truth)

    def learns_nothing(self, value: float) -> bool:
        return value <= _DEAD * self._chance

    def _batches(self, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        """The training data in a new order, augmented. A last batch of one image is left out: it has no variance."""
        n = len(self._labels)
        order = torch.randperm(n, generator=generator).to(self.device)
        images, labels = self._images.index_select(0, order), self._labels.index_select(0, order)
        mirrored = (torch.rand(n, generator=generator) < 0.5).to(self.device) if self._mirror else None
        moves = None
        if self._shift:
            moves = torch.randint(2 * self._shift + 1, (n, 2), generator=generator).to(self.device)
        for first in range(0, n, self._batch_size):
            last = min(first + self._batch_size, n)
            if last - first == 1 < n:
                return
            batch = self._normalised(images[first:last])
            if mirrored is not None:
                batch = torch.where(mirrored[first:last, None, None, None], batch.flip(3), batch)
            if moves is not None:
                batch = _shifted(batch, moves[first:last], self._shift)
            yield batch, labels[first:last]

    def _place(self, images: NDArray[np.uint8]) -> Tensor:
        """Images on the device, [n, height, width, channels]."""
        placed = torch.tensor(images, device=self.device)
        if placed.numel() * 4 > _AS_FLOATS[self.device.type]:
            return placed
        return (placed.float() - self._mean) * self._scale

    def _normalised(self, images: Tensor) -> Tensor:
        """Some images on the device, as a net takes them: [n, channels, height, width], channels last in memory."""
        if images.dtype == torch.uint8:
            images = (images.float() - self._mean) * self._scale
        return images.permute(0, 3, 1, 2)


def _labels(labels: NDArray[np.int64], device: torch.device) -> Tensor:
    return torch.tensor(labels, dtype=torch.int64, device=device)


def _shifted(images: Tensor, moves: Tensor, most: int) -> Tensor:
    """Move each image by its own numbers of pixels; pixels from outside the image have the mean colour.

    Args:
        images: [n, channels, height, width], normalised.
        moves: [n, 2] integers from 0 to 2 most; `most` leaves an image where it is.
        most: the largest move in either direction.
    """
    n, _, height, width = images.shape
    padded = nn.functional.pad(images, (most, most, most, most)).permute(0, 2, 3, 1)
    each = torch.arange(n, device=images.device)[:, None, None]
    rows = (moves[:, 0, None] + torch.arange(height, device=images.device))[:, :, None]
    columns = (moves[:, 1, None] + torch.arange(width, device=images.device))[:, None, :]
    return padded[each, rows, columns].permute(0, 3, 1, 2)
