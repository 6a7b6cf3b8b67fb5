"""Trains hundreds of small networks side by side: one matrix product serves all that share a shape."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional

__all__ = ["Data", "learning_rates", "train_cnn", "train_mlps"]

SIDE_BY_SIDE = 48  # networks in one product; more no longer saves time
MOMENTS = {
    "sgd": (None, None),
    "adam": (0.9, 0.999),
    "rmsprop": (0.0, 0.99),
}  # None: the run's own momentum, no scaling


@dataclass(frozen=True)
class Data:
    """Inputs and targets; classes are integers.

    Args:
        x, y: `[n, d]` and `[n]`, to train on.
        x_val, y_val: `[m, d]` and `[m]`, to judge by.
    """

    x: np.ndarray
    y: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray


def learning_rates(config: Mapping[str, Any], epochs: int) -> np.ndarray:
    """`[epochs]` learning rates of a run: constant, step, exponential, cosine, or cosine with a restart."""
    share = np.arange(epochs) / epochs
    schedule = config.get("schedule", "constant")
    factors: dict[str, Callable[[], np.ndarray]] = {
        "constant": lambda: np.ones(epochs),
        "step": lambda: np.where(share >= config["decay_at"], config["decay"], 1.0),
        "exponential": lambda: config["decay"] ** share,
        "cosine": lambda: 0.5 * (1 + np.cos(np.pi * share)),
        "restart": lambda: 0.5 * (1 + np.cos(np.pi * np.mod(2 * share, 1.0))),
    }
    return float(config["lr"]) * factors[schedule]()


def train_mlps(configs: Sequence[Mapping[str, Any]], data: Data, epochs: int, metric: str, seed: int) -> np.ndarray:
    """Train a multi-layer perceptron for each configuration.

    Args:
        configs: with lr, batch, depth, width, activation, and optionally optimizer (sgd, adam, rmsprop), momentum, l2,
            dropout, init (a factor), schedule, decay, decay_at.
        data: `y` holds classes.
        epochs: passes over the training rows.
        metric: "acc" or "loss" (mean negative log-likelihood, natural logarithm).
        seed: of initial weights, orders and dropouts.

    Returns:
        `[n, epochs]` on the validation rows after each epoch; NaN or inf where a run has overflowed.
    """
    groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for i, config in enumerate(configs):
        groups[config["batch"], config["depth"], config["activation"]].append(i)
    curves = np.full((len(configs), epochs), np.nan)
    for key in sorted(groups):
        members = sorted(groups[key], key=lambda i: configs[i]["width"])  # alike in width: little is padded
        for start in range(0, len(members), SIDE_BY_SIDE):
            part = members[start : start + SIDE_BY_SIDE]
            own_seed = zlib.crc32(repr((seed, key, start)).encode())
            curves[part] = _train_group([configs[i] for i in part], data, epochs, metric, own_seed)
    return curves


def _column(configs: Sequence[Mapping[str, Any]], name: str, default: float) -> torch.Tensor:
    values = [config.get(name) for config in configs]
    return torch.tensor([default if value is None else value for value in values], dtype=torch.float32)[:, None, None]


def _train_group(configs: Sequence[Mapping[str, Any]], data: Data, epochs: int, metric: str, seed: int) -> np.ndarray:
    generator = torch.Generator().manual_seed(seed)
    count, depth, batch = len(configs), configs[0]["depth"], configs[0]["batch"]
    activation = {"relu": torch.relu, "tanh": torch.tanh}[configs[0]["activation"]]
    widths = torch.tensor([config["width"] for config in configs])
    classes, widest = int(data.y.max()) + 1, int(widths.max())
    alive = (torch.arange(widest)[None, None, :] < widths[:, None, None]).float()
    sizes = [data.x.shape[1], *[widest] * depth, classes]
    weights, biases = [], []
    for layer in range(depth + 1):
        fan_in = widths.float()[:, None, None] if layer else torch.tensor(float(sizes[0]))
        scale = _column(configs, "init", 1.0) * torch.sqrt(2.0 / fan_in)
        weights.append(torch.randn(count, sizes[layer], sizes[layer + 1], generator=generator) * scale)
        biases.append(torch.zeros(count, 1, sizes[layer + 1]))
    parameters = [tensor.requires_grad_() for tensor in (*weights, *biases)]
    update = _Updates(configs, parameters)
    dropout = _column(configs, "dropout", 0.0)
    rates = torch.tensor(np.array([learning_rates(config, epochs) for config in configs]), dtype=torch.float32)
    x, x_val = torch.tensor(data.x, dtype=torch.float32), torch.tensor(data.x_val, dtype=torch.float32)
    y, y_val = torch.tensor(data.y), torch.tensor(data.y_val)

    def logits(inputs: torch.Tensor, training: bool) -> torch.Tensor:
        hidden = inputs.expand(count, -1, -1)
        for layer in range(depth):
            hidden = activation(torch.baddbmm(biases[layer], hidden, weights[layer])) * alive
            if training and bool((dropout > 0).any()):
                kept = torch.rand(hidden.shape, generator=generator) >= dropout
                hidden = hidden * kept / (1 - dropout)
        return torch.baddbmm(biases[depth], hidden, weights[depth])

    def losses(outputs: torch.Tensor, classes_of_rows: torch.Tensor) -> torch.Tensor:
        target = classes_of_rows.expand(count, -1).reshape(-1)
        return functional.cross_entropy(outputs.reshape(-1, classes), target, reduction="none").reshape(count, -1)

    curves = np.empty((count, epochs))
    for epoch in range(epochs):
        order = torch.randperm(len(x), generator=generator)
        for start in range(0, len(x), batch):
            rows = order[start : start + batch]
            loss = losses(logits(x[rows], True), y[rows]).mean(dim=1).sum()
            update(torch.autograd.grad(loss, parameters), rates[:, epoch][:, None, None])
        with torch.no_grad():
            outputs = logits(x_val, False)
            if metric == "acc":
                values = (outputs.argmax(dim=2) == y_val).double().mean(dim=1)
                values[~torch.isfinite(outputs).all(dim=2).all(dim=1)] = float("nan")
            else:
                values = losses(outputs.double(), y_val).mean(dim=1)
        curves[:, epoch] = values.numpy()
    return curves


class _Updates:
    """SGD with momentum, Adam and RMSprop, each network with its own."""

    def __init__(self, configs: Sequence[Mapping[str, Any]], parameters: Sequence[torch.Tensor]) -> None:
        kinds = [MOMENTS[config.get("optimizer", "sgd")] for config in configs]
        own = [config.get("momentum") or 0.0 for config in configs]
        first = [momentum if kind[0] is None else kind[0] for kind, momentum in zip(kinds, own, strict=True)]
        self.scaled = torch.tensor([kind[1] is not None for kind in kinds])[:, None, None]
        self.first = torch.tensor(first)[:, None, None]
        self.second = torch.tensor([kind[1] or 0.0 for kind in kinds])[:, None, None]
        self.gain = torch.where(self.scaled, 1 - self.first, 1.0)
        self.l2 = _column(configs, "l2", 0.0)
        self.parameters = parameters
        self.means = [torch.zeros_like(p) for p in parameters]
        self.squares = [torch.zeros_like(p) for p in parameters]
        self.step = 0

    @torch.no_grad()
    def __call__(self, gradients: Sequence[torch.Tensor], rate: torch.Tensor) -> None:
        self.step += 1
        unbias_first = torch.where(self.scaled, 1 - self.first**self.step, 1.0)
        unbias_second = 1 - self.second**self.step
        for p, gradient, mean, square in zip(self.parameters, gradients, self.means, self.squares, strict=True):
            g = gradient + self.l2 * p
            mean.mul_(self.first).add_(self.gain * g)
            square.mul_(self.second).add_((1 - self.second) * g * g)
            size = torch.where(self.scaled, torch.sqrt(square / unbias_second) + 1e-8, 1.0)
            p.sub_(rate * mean / (unbias_first * size))


def train_cnn(config: Mapping[str, Any], data: Data, epochs: int, metric: str, seed: int) -> np.ndarray:
    """Train one convolutional network on square images, given as rows; see `train_mlps` for arguments and result.

    The configuration has channels, kernel, dense, lr, batch, optimizer, and optionally momentum, l2, dropout, schedule.
    """
    torch.manual_seed(seed)
    side, kernel, channels = int(np.sqrt(data.x.shape[1])), config["kernel"], config["channels"]
    nn = torch.nn
    network = nn.Sequential(
        nn.Conv2d(1, channels, kernel, padding=kernel // 2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(channels, 2 * channels, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(config.get("dropout") or 0.0),
        nn.Linear(2 * channels * (side // 4) ** 2, config["dense"]),
        nn.ReLU(),
        nn.Linear(config["dense"], int(data.y.max()) + 1),
    )
    settings = {"lr": config["lr"], "weight_decay": config.get("l2") or 0.0}
    if config["optimizer"] == "adam":
        optimizer: torch.optim.Optimizer = torch.optim.Adam(network.parameters(), **settings)
    else:
        optimizer = torch.optim.SGD(network.parameters(), momentum=config.get("momentum") or 0.0, **settings)
    x, x_val = (torch.tensor(rows, dtype=torch.float32).reshape(-1, 1, side, side) for rows in (data.x, data.x_val))
    y, y_val = torch.tensor(data.y), torch.tensor(data.y_val)
    curve = np.full(epochs, np.nan)
    for epoch, rate in enumerate(learning_rates(config, epochs)):
        network.train()
        for group in optimizer.param_groups:
            group["lr"] = float(rate)
        for rows in torch.randperm(len(x)).split(config["batch"]):
            optimizer.zero_grad()
            functional.cross_entropy(network(x[rows]), y[rows]).backward()
            optimizer.step()
        network.eval()
        with torch.no_grad():
            outputs = network(x_val).double()
        if not torch.isfinite(outputs).all():
            break
        right = (outputs.argmax(dim=1) == y_val).double().mean()
        curve[epoch] = float(right if metric == "acc" else functional.cross_entropy(outputs, y_val))
    return curve
