"""An objective that trains convolutional networks on images."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bandits.curves import Metric
from bandits.data import IMAGE_SETS
from bandits.errors import SettingError, UnknownPlugin
from bandits.errors.checks import check_instance, check_whole
from bandits.objectives.neural import NeuralObjective, folder_of
from bandits.objectives.spaces import IMAGE_SPACES, ImageShape, ImageSpace

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

    from bandits.architectures import Grammar
    from bandits.data.images import Images
    from bandits.samplers.base import Sampler
    from bandits.search_space import Encoder
    from bandits.training.images import ImageTask

__all__ = ["CNNObjective"]

_BATCH = 128  # as in all papers (MetaQNN, ICLR 2017, section 5)
_SMALL_BATCHES = {"digits": 32}  # with 1150 images, a batch of 128 would give only 9 steps an epoch

_MOST_LAYERS = {"cifar10": 18}  # of MetaQNN's nets: its table 1 has 12, and section 5 raises it for CIFAR-10
_MIRRORED = frozenset({"cifar10"})  # data sets whose images keep their class when mirrored


class CNNObjective(NeuralObjective):
    """Trains convolutional networks to classify the images of a data set; the metric is validation accuracy, 0 to 1.

    A fixed seed splits the data's training files into training and validation; test files are never read.

    Args:
        data: "digits", "mnist", "fashion-mnist", "cifar10" or "svhn".
        space: which nets: "metaqnn" (any net of MetaQNN's grammar), "resnet" and "resnet-cifar" (residual nets),
            "convnet" (one small net with different training settings); see `bandits.objectives.spaces`.
        max_epochs: the longest training; learning-rate schedules scale with it if those of their papers do.
        device: "auto", "cpu", "cuda" or "cuda:0,1".
        data_dir: folder of the data's files, also for downloads; None for the folder in BANDITS_DATA, else a cache.
        threads: CPU threads of each training.
        batch_size: images in each step; None for 128, or 32 for the small set digits.
        restarts: how many times a training starts again, with 0.4 times the learning rate, if its first epoch ends at
            chance level; 4 in MetaQNN.

    Raises:
        UnknownPlugin: there is no such data set or space.
        SettingError: another argument breaks its rule.
        MissingDependency: PyTorch or safetensors is not installed.

    Example:
        >>> objective = CNNObjective("digits", max_epochs=9)  # doctest: +SKIP
        >>> objective.sampler(seed=0).propose(0)              # doctest: +SKIP
        {'net': '[C(16,3,1), P(2,2), D(1,1), GAP(10), SM(10)]', 'lr': 0.0021}
    """

    def __init__(
        self,
        data: str,
        *,
        space: str = "metaqnn",
        max_epochs: int = 27,
        device: str = "auto",
        data_dir: str | Path | None = None,
        threads: int = 1,
        batch_size: int | None = None,
        restarts: int = 0,
    ) -> None:
        if check_instance("data", data, str, "must be the name of a set of images") not in IMAGE_SETS:
            raise UnknownPlugin("image data set", data, IMAGE_SETS)
        if check_instance("space", space, str, "must be the name of a space of nets") not in IMAGE_SPACES:
            raise UnknownPlugin("space of nets", space, IMAGE_SPACES)
        super().__init__(
            name=f"cnn:{data}" if space == "metaqnn" else f"cnn:{data} ({space})",
            metric=Metric("validation accuracy", "maximize"),
            max_epochs=max_epochs,
            device=device,
            threads=threads,
            restarts=restarts,
        )
        self.data = data
        self.space_name = space
        self.data_dir = folder_of(data_dir)
        usual = _SMALL_BATCHES.get(data, _BATCH)
        self.batch_size = check_whole("batch_size", usual if batch_size is None else batch_size, 1)
        self._pixels = 0

    @cached_property
    def shape(self) -> ImageShape:
        """Shape of the data's images, which are loaded once; so missing files are found early."""
        images = self._load()
        self._pixels = images.train_images.size + images.validation_images.size
        _, height, width, channels = images.train_images.shape
        if height != width:
            raise SettingError.broken(f"images of {self.data}", "must be square", f"{height} x {width}")
        return ImageShape(height, channels, images.classes, _MOST_LAYERS.get(self.data))

    @property
    def grammar(self) -> Grammar | None:  # type: ignore[override]
        """Grammar of its nets, if the space is MetaQNN's; else None."""
        return self.nets.grammar

    @property
    def space(self) -> Mapping[str, BaseDistribution] | None:  # type: ignore[override]
        """Distributions of its parameters; None if the space is MetaQNN's, whose nets are no numbers."""
        return self.nets.space if self.nets.grammar is None else None

    @property
    def encoder(self) -> Encoder:  # type: ignore[override]
        """Encoder of its parameters; nets have further features."""
        return self.nets.encoder

    @cached_property
    def nets(self) -> ImageSpace:
        """The space of its configurations."""
        return IMAGE_SPACES[self.space_name](self.shape, self.max_epochs)

    def sampler(self, seed: int) -> Sampler:
        """Draws configurations of the space at random."""
        return self.nets.sampler(seed)

    def declared_space(self) -> Mapping[str, BaseDistribution]:
        """Distributions of its parameters; of MetaQNN's space, those besides the net."""
        return self.nets.space

    def features(self, config: Mapping[str, object]) -> Mapping[str, float]:
        """AP and HP of a configuration, as the space defines them.

        Raises:
            SettingError: the configuration does not belong to the space.
        """
        self.nets.check(config)
        return self.nets.features(config)

    def _check(self, config: Mapping[str, object]) -> None:
        self.nets.check(config)

    def _make_task(self, device: Any) -> ImageTask:
        from bandits.training.images import ImageTask

        return ImageTask(
            self._load(),
            self.nets.family(),
            device,
            batch_size=self.batch_size,
            mirror=self.data in _MIRRORED,
        )

    def _load(self) -> Images:
        from bandits.data import load_images

        return load_images(self.data, folder=self.data_dir)

    def _data_bytes(self) -> int:
        self.shape  # noqa: B018 - counts them
        return 4 * self._pixels  # as files, as arrays, as tensors, and as an epoch's permuted copy

    def _net_bytes(self) -> int:
        return 4 * self.batch_size * self.shape.size**2 * self.nets.numbers_per_pixel
