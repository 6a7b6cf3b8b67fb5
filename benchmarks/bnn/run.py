"""What LC-Net is worth on toys, far from what it has seen, and on a real table. See README.md beside this file."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from importlib.metadata import version
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Forecast
from bandits.objectives import CurveTable
from bandits.predictors import SRM, LastSeenValue, Predictor
from bandits.predictors.bnn import BNN
from bandits.predictors.lc_net.network import LCNet
from bandits.predictors.lc_net.posterior import CurveSet, Posterior, single_threaded
from bandits.predictors.lc_net.sghmc import AdaptiveSGHMC
from bandits.rng import rng_for
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results

HERE = Path(__file__).resolve().parent

Arms = list[tuple[Trial, Curve]]
SLOW = 15  # arms that a model is asked about which takes a second for each
EPOCHS, ARMS, SHARE = 40, 50, 0.2  # of the toys: epochs, arms, and how much of each arm is seen
TABLES, TRAINING_CURVES, TABLE_SHARE = (
    {"metaqnn_cifar10": "MetaQNN CIFAR-10", "metaqnn_svhn": "MetaQNN SVHN"},
    100,
    0.25,
)

MODELS: dict[str, Callable[[], Predictor]] = {
    "SRM": SRM,
    "last seen value": LastSeenValue,
    "BNN": BNN,
    "BNN, noise per configuration": lambda: BNN(noise="per configuration"),
    "BNN without the learning-curve layer": lambda: BNN(curve_layer=False, batch_epochs=2),
    "BNN without latents": lambda: BNN(latents=0),
    "BNN without latents, features only": lambda: BNN(latents=0, update_steps=0),
}
SHORT = ("SRM", "last seen value", "BNN")  # models for all tables but the first
TOYS = "no finished curves", "40 finished curves", "40 finished, noisy curves"


def logarithms(arms: int, seed: int, key: str, noise: float, first: int = 0) -> Arms:
    """Curves 1 + a ln(b t) / 10 of features a, b in (0.05, 1), t the share of the horizon, and Gaussian noise."""
    rng, t = rng_for(seed, key), np.arange(1, EPOCHS + 1) / EPOCHS
    pairs = []
    for i in range(arms):
        a, b = rng.uniform(0.05, 1.0, size=2)
        scores = 1 + a * np.log(b * t) / 10 + noise * rng.normal(size=EPOCHS)
        pairs.append((Trial(first + i, {}, {"a": a, "b": b}), Curve(scores)))
    return pairs


def score(predictor: Predictor, learnt: Arms, asked: Arms, horizon: int, tau: int, seed: int) -> dict[str, Any]:
    """Fit, forecast arms after epoch tau, and compare with how they ended."""
    forecaster = predictor.fit(History.from_curves(learnt), horizon=horizon, rng=rng_for(seed, "fit"))
    start = time.process_time()
    answers = [forecaster.forecast(asked[0][0], asked[0][1].prefix(tau))]
    middle = time.process_time()
    answers += forecaster.forecast_many([(trial, curve.prefix(tau)) for trial, curve in asked[1:]])
    end = time.process_time()
    pairs = [(f, float(c.scores[-1])) for f, (_, c) in zip(answers, asked, strict=True) if isinstance(f, Forecast)]
    forecast, truth = np.array([f.mean for f, _ in pairs]), np.array([y for _, y in pairs])
    position = np.array([f.prob_at_most(y) for f, y in pairs])
    errors = truth - forecast
    return {
        "forecasts": len(pairs),
        "rmse": float(np.sqrt((errors**2).mean())),
        "r2": 100 * (1 - float((errors**2).sum() / ((truth - truth.mean()) ** 2).sum())),
        "spearman": float(spearmanr(truth, forecast).statistic),
        "coverage": 100 * float(((position > 0.05) & (position < 0.95)).mean()),
        "std": float(np.mean([f.std for f, _ in pairs])),
        "first_seconds": middle - start,
        "each_seconds": (end - middle) / max(1, len(asked) - 1),
    }


def toy(name: str, model: str, seed: int) -> dict[str, Any]:
    """One toy: forecasts after a fifth of each of 50 curves."""
    tau = round(SHARE * EPOCHS)
    noise = 0.02 if "noisy" in name else 0.0
    asked = logarithms(ARMS, seed, "asked", noise, first=1000)
    settings: dict[str, Any] = {"latents": 0, "update_steps": 0} if model == "BNN without latents" else {}
    if "no finished" in name:  # two finished curves, since fewer than two are always refused
        learnt = [*logarithms(2, seed, "learnt", noise), *((trial, curve.prefix(tau)) for trial, curve in asked)]
        settings["min_curves"] = 2
    else:
        learnt = logarithms(40, seed, "learnt", noise)
    row = score(BNN(**settings), learnt, asked, EPOCHS, tau, seed)
    last = np.array([c.scores[tau - 1] - c.scores[-1] for _, c in asked])
    return {"part": "toy", "name": name, "model": model, "seed": seed, **row,
            "last_value_rmse": float(np.sqrt((last**2).mean()))}  # fmt: skip


def doubt(seed: int, networks: int = 10, steps: int = 3000) -> dict[str, Any]:
    """Variance of the ends that networks expect, near and far from the training range (unit scale)."""
    rng, generator = rng_for(seed, "doubt"), torch.Generator().manual_seed(seed)
    x, t = rng.normal(size=(50, 2)), np.arange(1, EPOCHS + 1) / EPOCHS
    curves = [0.3 + 0.3 * t / (1 + math.exp(-first)) + 0.01 * rng.normal(size=EPOCHS) for first in x[:, 0]]
    net = LCNet(2)
    with single_threaded():
        posterior = Posterior(net, CurveSet.of(x, curves, EPOCHS), 50, 5, generator)
        start = posterior.start(networks)
        chains = AdaptiveSGHMC(start, posterior.gradient, generator, step_size=3e-2, friction=0.02)
        chains.burn_in(steps)
        modes = start.clone().requires_grad_(True)
        optimiser = torch.optim.Adam([modes], lr=1e-2)
        for _ in range(steps):
            modes.grad = posterior.gradient(modes)
            optimiser.step()
        row: dict[str, Any] = {"part": "doubt", "seed": seed}
        for place, spread in (("inside", 1.0), ("outside", 5.0)):
            where = torch.randn(200, 2, generator=torch.Generator().manual_seed(seed)) * spread
            for side, found in (("sghmc", chains.positions), ("map", modes)):
                with torch.no_grad():
                    ends, _ = net.predict(found, where.expand(networks, 200, 2), torch.ones(networks, 200, 1))
                row[f"{side}_{place}"] = float(ends.var(dim=0).mean())
    return row


def real(name: str, model: str, split: int, arms: int) -> dict[str, Any]:
    """One model on one split of a table; a quarter of each test curve is seen."""
    table = CurveTable(name)
    rows = rng_for(0, "split", split).permutation(np.flatnonzero(np.isfinite(table.curves).all(axis=1)))
    pairs = [
        (Trial(int(row), table.configs[row], table.features(table.configs[row])), Curve(table.scores[row]))
        for row in rows[: TRAINING_CURVES + arms]
    ]
    tau = round(TABLE_SHARE * table.max_epochs)
    learnt, asked = pairs[:TRAINING_CURVES], pairs[TRAINING_CURVES:]
    if "latents" in model and "features" not in model:
        asked = asked[:SLOW]
    return {"part": "table", "table": name, "model": model, "seed": split,
            **score(MODELS[model](), learnt, asked, table.max_epochs, tau, split)}  # fmt: skip


def work(job: tuple[Any, ...]) -> dict[str, Any]:
    """Do one job and say that it is done."""
    parts: dict[str, Callable[..., dict[str, Any]]] = {"toy": toy, "doubt": doubt, "table": real}
    row = parts[job[0]](*job[1:])
    print(job, {key: round(value, 4) for key, value in row.items() if isinstance(value, float)}, flush=True)
    return row


def mean(rows: list[dict[str, Any]], key: str, digits: int) -> str:
    """Mean and range over seeds."""
    values = [row[key] for row in rows]
    return f"{np.mean(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def report(rows: list[dict[str, Any]]) -> str:
    """The README's tables."""
    lines = ["| toy | model | RMSE | last value's RMSE | in the 90 % interval, % |", "|---|---|---|---|---|"]
    toys = [row for row in rows if row["part"] == "toy"]
    for name, model in dict.fromkeys((row["name"], row["model"]) for row in toys):
        group = [row for row in toys if (row["name"], row["model"]) == (name, model)]
        cells = mean(group, "rmse", 3), mean(group, "last_value_rmse", 3), mean(group, "coverage", 0)
        lines.append(f"| {name} | {model} | {' | '.join(cells)} |")
    lines += ["", "| variance between networks | inside the training range | five times as far out |", "|---|---|---|"]
    group = [row for row in rows if row["part"] == "doubt"]
    for side, words in (("sghmc", "sampled (SGHMC)"), ("map", "ensemble of modes (MAP)")):
        spreads = (f"{np.mean([row[f'{side}_{place}'] for row in group]):.2e}" for place in ("inside", "outside"))
        lines.append(f"| {words} | {' | '.join(spreads)} |")
    for name, words in TABLES.items():
        heads = "R2 x100", "Spearman", "in the 90 % interval, %", "std", "arms", "CPU s, fit", "CPU s, each"
        lines += ["", f"| {words}, a quarter seen | {' | '.join(heads)} |", "|---" * 8 + "|"]
        for model in MODELS:
            group = [row for row in rows if row["part"] == "table" and (row["table"], row["model"]) == (name, model)]
            if group:
                cells = mean(group, "r2", 1), mean(group, "spearman", 2), mean(group, "coverage", 0)
                std = f"{np.mean([row['std'] for row in group]):.3f}"
                seconds = (f"{np.mean([row[key] for row in group]):.3g}" for key in ("first_seconds", "each_seconds"))
                lines.append(f"| {model} | {' | '.join((*cells, std, str(group[0]['forecasts']), *seconds))} |")
    return "\n".join(lines)


def main() -> None:
    """Run what the command line asks for."""
    parser = argument_parser(__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "bnn.json", help="where the JSON goes")
    parser.add_argument("--seeds", type=int, default=3, help="seeds of the toys and splits of the table")
    parser.add_argument("--arms", type=int, default=100, help="test arms of each split")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="how many processes work")
    parser.add_argument("--update-readme", action="store_true", help="put the tables into README.md")
    arguments = parser.parse_args()

    seeds = range(arguments.seeds)
    first, *others = TABLES
    jobs: list[tuple[Any, ...]] = [("table", first, model, seed, arguments.arms) for seed in seeds for model in MODELS]
    for name in others:
        jobs += [("table", name, model, seed, arguments.arms) for seed in seeds for model in SHORT]
    jobs += [("toy", name, model, seed) for name in TOYS for model in ("BNN", "BNN without latents") for seed in seeds]
    jobs += [("doubt", seed) for seed in seeds]
    start = time.perf_counter()
    with Pool(arguments.processes) as pool:
        rows = pool.map(work, jobs, chunksize=1)
    settings = {"seeds": arguments.seeds, "arms": arguments.arms, "processes": arguments.processes,
                "predictor": repr(BNN())}  # fmt: skip
    payload = {"benchmark": "bnn", "command": command(), "machine": machine(), "torch": version("torch")}
    wall = round(time.perf_counter() - start, 1)
    write_results(arguments.out, {**payload, "settings": settings, "seconds": wall, "rows": rows})
    head = f"Mean (range) over {arguments.seeds} seeds; {ARMS} arms in a toy, {arguments.arms} in a split of the table."
    text = f"{head}\n\n{report(rows)}"
    print(text)
    if arguments.update_readme:
        update_readme(HERE / "README.md", "results", text)


if __name__ == "__main__":
    main()
