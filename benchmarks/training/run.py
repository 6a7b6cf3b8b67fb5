"""Seconds of an epoch of the training engine, beside those of a plain PyTorch loop over a DataLoader.

    python -m benchmarks.training [--data digits fashion-mnist] [--data-dir DIR] [--out FILE] [--update-readme]

Both sides train the same net from the same images with Adam, and validate after the epoch, on one CPU thread. The
plain side reads uint8 images from a Dataset that scales and normalises each image, as torchvision's ToTensor and
Normalize do, batches them in a DataLoader, and adds up `loss.item()`. Epochs of all sides alternate; the figure is the
median.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.utils.data import DataLoader, Dataset

from bandits.architectures import (
    Convolution,
    Dropout,
    FullyConnected,
    GlobalAveragePooling,
    Grammar,
    Pooling,
    read_layers,
)
from bandits.data import Images, load_images
from bandits.training.engine import Session
from bandits.training.images import ImageTask
from bandits.training.nets.base import caffe_xavier_
from bandits.training.nets.metaqnn import MetaQNNFamily
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results

HERE = Path(__file__).resolve().parent

RATE = 1e-3
CPU = torch.device("cpu")
NETS = {
    "digits": {
        "small": "[C(16,3,1), P(2,2), SM(10)]",
        "middling": "[C(16,3,1), C(32,3,1), P(2,2), C(32,3,1), GAP(10), SM(10)]",
        "large": "[C(64,3,1), C(64,3,1), P(2,2), C(64,3,1), FC(64), SM(10)]",
    },
    "fashion-mnist": {
        "small": "[C(64,3,1), P(5,3), SM(10)]",
        "middling": "[C(64,3,1), P(3,2), C(64,3,1), P(3,2), GAP(10), SM(10)]",
    },
}


class Plain(Dataset[tuple[torch.Tensor, int]]):
    """Images one at a time, scaled and normalised when they are asked for."""

    def __init__(self, pixels: NDArray[np.uint8], labels: NDArray[np.integer], images: Images) -> None:
        self.pixels, self.labels = torch.tensor(pixels), labels
        self.mean = torch.tensor(images.mean, dtype=torch.float32)[:, None, None]
        self.std = torch.tensor(images.std, dtype=torch.float32)[:, None, None]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, number: int) -> tuple[torch.Tensor, int]:
        image = self.pixels[number].permute(2, 0, 1).to(torch.float32).div(255)
        return image.sub_(self.mean).div_(self.std), int(self.labels[number])


def plain_net(net: str, images: Images) -> nn.Sequential:
    """A net as one writes it down in PyTorch."""
    modules: list[nn.Module] = []
    channels = images.train_images.shape[-1]
    for layer in read_layers(net):
        if isinstance(layer, Convolution):
            modules += [nn.Conv2d(channels, layer.filters, layer.kernel, padding=layer.kernel // 2), nn.ReLU()]
            channels = layer.filters
        elif isinstance(layer, Pooling):
            modules.append(nn.MaxPool2d(layer.size, layer.stride))
        elif isinstance(layer, Dropout):
            modules.append(nn.Dropout(layer.rate))
        elif isinstance(layer, FullyConnected):
            modules += [nn.Flatten(), nn.LazyLinear(layer.units), nn.ReLU()]
        elif isinstance(layer, GlobalAveragePooling):
            modules += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, layer.classes)]
        elif not isinstance(modules[-1], nn.Linear):
            modules += [nn.Flatten(), nn.LazyLinear(layer.classes)]
    model = nn.Sequential(*modules)
    model(torch.zeros(1, *images.train_images.shape[-1:], *images.train_images.shape[1:3]))
    return model.apply(caffe_xavier_)


def plain_side(images: Images, net: str, batch_size: int, workers: int) -> Callable[[], float]:
    """An epoch of the plain loop, as a function that gives its accuracy."""
    torch.manual_seed(0)
    model = plain_net(net, images)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    settings: dict[str, Any] = {"batch_size": batch_size, "num_workers": workers, "persistent_workers": workers > 0}
    train = DataLoader(Plain(images.train_images, images.train_labels, images), shuffle=True, **settings)
    judged = DataLoader(Plain(images.validation_images, images.validation_labels, images), **settings)

    def epoch() -> float:
        model.train()
        total = 0.0
        for batch, labels in train:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(batch), labels)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
        model.eval()
        right = 0
        with torch.no_grad():
            for batch, labels in judged:
                right += (model(batch).argmax(1) == labels).sum().item()
        return right / len(images.validation_labels)

    return epoch


def engine_side(images: Images, net: str, grammar: Grammar, batch_size: int) -> Callable[[], float]:
    """An epoch of the engine, likewise."""
    task = ImageTask(images, MetaQNNFamily(grammar), CPU, batch_size=batch_size)
    session = Session(task, {"net": net, "lr": RATE}, seed=0, threads=1)
    return lambda: session.train_epoch().value


def first(images: Images, most: int) -> Images:
    """The first images of a data set, so that an epoch does not take minutes."""
    if len(images.train_labels) <= most:
        return images
    held = (images.validation_images[: most // 5], images.validation_labels[: most // 5])
    some = (images.train_images[:most], images.train_labels[:most])
    return Images(images.name, *some, *held, images.classes, images.mean, images.std)


def measure(images: Images, net: str, grammar: Grammar, batch_size: int, repeats: int) -> dict[str, list[float]]:
    """Seconds of each epoch by side; the first one of each side is not counted."""
    sides = {
        "engine": engine_side(images, net, grammar, batch_size),
        "DataLoader": plain_side(images, net, batch_size, workers=0),
        "DataLoader, 2 workers": plain_side(images, net, batch_size, workers=2),
    }
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for repeat in range(repeats + 1):
        for name, epoch in sides.items():
            began = time.perf_counter()
            epoch()
            if repeat:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--data", nargs="+", default=["digits"], choices=list(NETS))
    parser.add_argument("--data-dir", type=Path, help="where the files of fashion-mnist lie")
    parser.add_argument("--images", type=int, default=2000, help="most training images")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=11)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "epochs.json")
    parser.add_argument("--update-readme", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for name in arguments.data:
        images = first(load_images(name, folder=arguments.data_dir), arguments.images)
        _, size, _, channels = images.train_images.shape
        grammar = Grammar.for_images(size, channels, images.classes)
        for kind, layers in NETS[name].items():
            net = grammar.net_of(read_layers(layers))
            seconds = measure(images, net, grammar, arguments.batch_size, arguments.repeats)
            medians = {side: statistics.median(values) for side, values in seconds.items()}
            row = {"data": name, "images": len(images.train_labels), "kind": kind, "net": net, "median": medians}
            row["ratio"] = medians["engine"] / medians["DataLoader"]
            rows.append(row | {"seconds": seconds})
            print(f"{name:14} {kind:9} ratio {row['ratio']:.2f}  {medians}", flush=True)
    settings = {"batch_size": arguments.batch_size, "repeats": arguments.repeats, "torch": torch.__version__}
    payload = {"benchmark": "training", "command": command(), "machine": machine(), "settings": settings, "rows": rows}
    write_results(arguments.out, payload)
    if arguments.update_readme:
        update_readme(HERE / "README.md", "epochs", table(rows))


def table(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| images | net | engine | DataLoader | DataLoader, 2 workers | engine / DataLoader |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for row in rows:
        cells = " | ".join(f"{row['median'][side]:.3f}" for side in ("engine", "DataLoader", "DataLoader, 2 workers"))
        lines.append(f"| {row['data']}, {row['images']:,} | `{row['net']}` | {cells} | {row['ratio']:.2f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
