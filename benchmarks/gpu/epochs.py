"""How long an epoch takes: the engine, a DataLoader loop, and the arithmetic alone."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from itertools import islice
from typing import Any

import torch

from bandits.architectures import Grammar, multiply_adds, num_weights
from bandits.curves import Trial
from bandits.data import load_images
from bandits.objectives.cnn import CNNObjective
from bandits.training.devices import prepare
from benchmarks.gpu.budget import Budget
from benchmarks.gpu.floor import floor_seconds, peak_flops
from benchmarks.gpu.nets import net_named
from benchmarks.gpu.plain_loop import epochs_of_loop
from benchmarks.gpu.settings import Setting, Sizes

__all__ = ["measure_epochs"]

BATCH_SIZE, RATE = 128, 1e-3
_ENDLESS = 1_000_000  # epochs
_LEAST, _MOST = 2, 20  # timed epochs; the one before them warms up


def measure_epochs(setting: Setting, sizes: Sizes, budget: Budget) -> dict[str, Any]:
    """Time every net on every side; each gets an equal share of the time."""
    objective = setting.objective(max_epochs=_ENDLESS, batch_size=BATCH_SIZE)
    images = load_images(setting.data, folder=setting.data_dir)
    grammar = Grammar.for_images(objective.shape.size, objective.shape.channels, objective.shape.classes)
    device = torch.device(setting.device)
    prepare(device)
    flops = peak_flops(device)
    training, validation = len(images.train_labels), len(images.validation_labels)
    rows: list[dict[str, Any]] = []
    parts = len(sizes.nets) * (1 + len(sizes.loaders))
    for size in sizes.nets:
        net = net_named(size, grammar)
        config = {"net": net, "lr": RATE}
        work = multiply_adds(net, grammar.image_size, grammar.channels)
        floor = floor_seconds(work, training, validation, flops)
        about = {"size": size, "net": net, "multiply_adds": work}
        about["weights"] = num_weights(net, grammar.image_size, grammar.channels)
        sides = {"engine": _engine(objective, config, setting.seed)}
        for workers in sizes.loaders:
            sides[f"DataLoader, {workers} workers"] = epochs_of_loop(
                images, objective.nets.family(), config, device,
                batch_size=BATCH_SIZE, workers=workers, seed=setting.seed,
            )  # fmt: skip
        for side, epochs in sides.items():
            seconds = timed(epochs, budget.part(parts - len(rows)))
            row = about | {"side": side, "epochs": len(seconds), "seconds": statistics.median(seconds)}
            rows.append(row | {"spread": max(seconds) - min(seconds), "floor_seconds": floor})
            print(f"{size:7} {side:22} {row['seconds']:9.4f} s an epoch, n {len(seconds)}", flush=True)
        objective.release(_trial(config, setting.seed))
    return {
        "batch_size": BATCH_SIZE,
        "images": {"training": training, "validation": validation},
        "peak_tflops": flops / 1e12,
        "rows": rows,
    }


def timed(epochs: Iterator[float], budget: Budget) -> list[float]:
    """Seconds of epochs after the first, which warms up: as many as the time allows, at least two, at most twenty."""
    next(epochs)
    seconds: list[float] = []
    for took in islice(epochs, _MOST):
        seconds.append(took)
        if len(seconds) >= _LEAST and budget.left < took:
            break
    return seconds


def _engine(objective: CNNObjective, config: dict[str, object], seed: int) -> Iterator[float]:
    return (measurement.seconds for measurement in objective.train(_trial(config, seed), 0, _ENDLESS))


def _trial(config: dict[str, object], seed: int) -> Trial:
    return Trial(0, config, {}, seed)
