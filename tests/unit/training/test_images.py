"""Images on a device: every image once an epoch, augmented as asked, and fast ways that compute what plain ones do."""

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import nn

from bandits.data.images import Images
from bandits.training import images as module
from bandits.training.images import ImageTask
from bandits.training.nets.base import NetFamily

CPU = torch.device("cpu")


def data(n: int = 20, size: int = 4, channels: int = 2, classes: int = 2) -> Images:
    """Random images whose first pixel of the first channel is their number."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(256, size=(n + 10, size, size, channels), dtype=np.uint8)
    pixels[:, 0, 0, 0] = np.arange(n + 10)
    labels = np.arange(n + 10) % classes
    floats = pixels[:n].reshape(-1, channels) / 255
    return Images("toy", pixels[:n], labels[:n], pixels[n:], labels[n:], classes, floats.mean(0), floats.std(0))


class Watching(NetFamily):
    """A linear net that remembers what it was shown."""

    def __init__(self) -> None:
        self.shown: list[torch.Tensor] = []

    def build(self, config: Mapping[str, object]) -> nn.Module:
        net = nn.Sequential(nn.Conv2d(2, 4, 3), nn.Flatten(), nn.Linear(16, 2))
        net.register_forward_pre_hook(lambda _, shown: self.shown.append(shown[0].detach().clone()))
        return net

    def optimizer(self, model: nn.Module, config: Mapping[str, object]) -> torch.optim.Optimizer:
        return torch.optim.Adam(model.parameters(), lr=0.01, fused=bool(config.get("fused")))

    def learning_rate(self, config: Mapping[str, object], epoch: int) -> float:
        return 0.01


def epoch(task: ImageTask, family: Watching, seed: int = 0, **config: object) -> tuple[torch.Tensor, nn.Module]:
    """Train one epoch: all that the net was shown, and the net."""
    family.shown.clear()
    torch.manual_seed(0)
    model = task.build(config)
    optimizer = task.optimizer(model, config)
    task.train_epoch(model, optimizer, 1, torch.Generator().manual_seed(seed))
    return torch.cat(family.shown), model


def pixels(task: ImageTask, shown: torch.Tensor, images: Images) -> np.ndarray:
    """What was shown, as the bytes that it came from, [n, height, width, channels]."""
    floats = shown.permute(0, 2, 3, 1).numpy() * images.std + images.mean
    return np.rint(floats * 255).astype(np.uint8)


def test_every_image_is_shown_once_in_the_order_of_the_seed() -> None:
    """An epoch is a permutation, in batches."""
    images, family = data(), Watching()
    task = ImageTask(images, family, CPU, batch_size=8)
    shown, _ = epoch(task, family)
    again, _ = epoch(task, family)
    other, _ = epoch(task, family, seed=1)

    assert [len(batch) for batch in family.shown] == [8, 8, 4]
    assert sorted(pixels(task, shown, images)[:, 0, 0, 0]) == list(range(20))
    assert torch.equal(shown, again)
    assert not torch.equal(shown, other)


def test_a_last_batch_of_one_is_left_out() -> None:
    """Batch normalisation has nothing to say about a single image."""
    family = Watching()
    epoch(ImageTask(data(n=17), family, CPU, batch_size=8), family)

    assert [len(batch) for batch in family.shown] == [8, 8]


def test_bytes_and_floats_are_the_same_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data too large to lie about as floats is normalised batch by batch, to the same numbers."""
    family = Watching()
    floats, _ = epoch(ImageTask(data(), family, CPU), family)
    monkeypatch.setattr(module, "_AS_FLOATS", {"cpu": 0})
    task = ImageTask(data(), family, CPU)
    from_bytes, _ = epoch(task, family)

    assert task._images.dtype == torch.uint8
    assert torch.equal(floats, from_bytes)


def test_mirroring_turns_some_images_around() -> None:
    """Each is shown as it is, or from right to left."""
    images, family = data(), Watching()
    task = ImageTask(images, family, CPU, mirror=True)
    plain, _ = epoch(ImageTask(images, family, CPU), family)
    mirrored, _ = epoch(task, family)
    as_is = (mirrored == plain).flatten(1).all(1)
    turned = (mirrored == plain.flip(3)).flatten(1).all(1)

    assert (as_is ^ turned).all()
    assert as_is.any()
    assert turned.any()


def test_shifting_moves_images_within_bounds() -> None:
    """Every image is some window of itself with a border of the mean colour."""
    images, family = data(), Watching()
    plain, _ = epoch(ImageTask(images, family, CPU), family)
    shifted, _ = epoch(ImageTask(images, family, CPU, shift=1), family)
    padded = nn.functional.pad(plain, (1, 1, 1, 1))
    windows = [padded[:, :, y : y + 4, x : x + 4] for y in range(3) for x in range(3)]
    same = torch.stack([(window == shifted).flatten(1).all(1) for window in windows])

    assert same.any(0).all()
    assert same.any(1).sum() > 3


def test_channels_last_and_fused_steps_are_the_plain_training() -> None:
    """The engine's fast ways differ from textbook PyTorch by rounding alone."""
    images, family = data(), Watching()
    task = ImageTask(images, family, CPU, batch_size=8)
    shown, model = epoch(task, family, fused=True)

    torch.manual_seed(0)
    net = family.build({})
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01, foreach=False)
    labels = torch.tensor(images.train_labels[pixels(task, shown, images)[:, 0, 0, 0]])
    for inputs, truth in zip(shown.contiguous().split(8), labels.split(8), strict=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(inputs), truth).backward()
        optimizer.step()

    for fast, plain in zip(model.parameters(), net.parameters(), strict=True):
        torch.testing.assert_close(fast, plain, rtol=1e-5, atol=1e-6)


def test_validation_counts_what_is_right() -> None:
    """Accuracy over the validation images, which are shown as they are."""
    images = data(classes=2)
    task = ImageTask(images, Watching(), CPU, mirror=True, shift=1)

    class Always(nn.Module):
        def forward(self, shown: torch.Tensor) -> torch.Tensor:
            return torch.tensor([[0.0, 1.0]]).repeat(len(shown), 1)

    assert task.validate(Always()) == np.mean(images.validation_labels == 1)


@pytest.mark.parametrize(("value", "dead"), [(0.75, True), (0.76, False)])
def test_chance_is_no_learning(value: float, dead: bool) -> None:
    """Half again as good as guessing is still nothing."""
    assert ImageTask(data(classes=2), Watching(), CPU).learns_nothing(value) is dead
