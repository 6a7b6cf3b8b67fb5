"""Records learning curves of small trainings that do not come with the package. See README.md beside this file."""

from __future__ import annotations

import gzip
import io
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer, load_digits, load_wine, make_classification, make_friedman1
from sklearn.linear_model import SGDClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor

from bandits.objectives import CurveTable
from bandits.rng import rng_for
from benchmarks.lib.common import argument_parser, update_readme
from benchmarks.unseen.networks import Data, train_cnn, train_mlps

HERE = Path(__file__).resolve().parent

SEED = 20
DIGITS = 5  # significant ones, of every number in a table

Config = dict[str, Any]
Curves = np.ndarray


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A number whose logarithm is uniform."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def width_of(rng: np.random.Generator, low: int, high: int) -> int:
    """A whole number whose logarithm is about uniform."""
    return round(log_uniform(rng, low, high))


def one_of(rng: np.random.Generator, *choices: Any) -> Any:
    """One of the choices, each equally likely."""
    return choices[int(rng.integers(len(choices)))]


def split(x: np.ndarray, y: np.ndarray, train: int, key: str) -> Data:
    """Shuffle, standardise by the training rows, and part."""
    order = rng_for(SEED, "split", key).permutation(len(x))
    rows, rest = order[:train], order[train:]
    mean, std = x[rows].mean(axis=0), x[rows].std(axis=0)
    x = (x - mean) / np.where(std > 0, std, 1.0)
    return Data(x[rows], y[rows], x[rest], y[rest])


def optimizer_of(rng: np.random.Generator, *names: str) -> Config:
    """An optimiser; its momentum is missing where it has none."""
    name = one_of(rng, *names)
    return {"optimizer": name, "momentum": float(rng.uniform(0.0, 0.99)) if name == "sgd" else None}


def schedule_of(rng: np.random.Generator, *names: str) -> Config:
    """A schedule of the learning rate; what it does not use is missing."""
    name = one_of(rng, *names)
    return {
        "schedule": name,
        "decay": log_uniform(rng, 0.01, 0.5) if name in ("step", "exponential") else None,
        "decay_at": float(rng.uniform(0.2, 0.9)) if name == "step" else None,
    }


def log_loss(logits: np.ndarray, y: np.ndarray) -> float:
    """Mean negative log-likelihood of two classes; not clipped, so that it may become huge."""
    return float(np.logaddexp(0.0, np.where(y == 1, -logits, logits)).mean())


# One function a table that draws a configuration, and one that trains all of them.


def digits_mlp_config(rng: np.random.Generator) -> Config:
    return {
        "width": width_of(rng, 4, 128),
        "depth": one_of(rng, 1, 2, 3),
        "activation": one_of(rng, "relu", "tanh", "logistic"),
        **optimizer_of(rng, "sgd", "adam"),
        "lr": log_uniform(rng, 1e-4, 1.0),
        "batch": one_of(rng, 32, 64, 128, 256),
        "l2": log_uniform(rng, 1e-6, 1.0),
    }


def digits_mlp(configs: Sequence[Config], epochs: int) -> Curves:
    x, y = load_digits(return_X_y=True)
    data = split(x, y, 500, "digits mlp")
    return np.array([_sklearn_mlp(MLPClassifier, config, data, epochs, i) for i, config in enumerate(configs)])


def friedman_config(rng: np.random.Generator) -> Config:
    return {
        "width": width_of(rng, 4, 96),
        "depth": one_of(rng, 1, 2, 3),
        "activation": one_of(rng, "relu", "tanh"),
        **optimizer_of(rng, "sgd", "adam"),
        "lr": log_uniform(rng, 1e-4, 0.3),
        "batch": one_of(rng, 16, 32, 64, 128),
        "l2": log_uniform(rng, 1e-6, 3.0),
    }


def friedman(configs: Sequence[Config], epochs: int) -> Curves:
    x, y = make_friedman1(1000, n_features=10, noise=1.0, random_state=SEED)
    y = y + rng_for(SEED, "outliers").standard_t(2, size=len(y))  # targets with heavy tails
    data = split(x, y, 300, "friedman")
    return np.array([_sklearn_mlp(MLPRegressor, config, data, epochs, i) for i, config in enumerate(configs)])


def _sklearn_mlp(kind: Any, config: Config, data: Data, epochs: int, number: int) -> np.ndarray:
    network = kind(
        hidden_layer_sizes=(config["width"],) * config["depth"],
        activation=config["activation"],
        solver=config["optimizer"],
        alpha=config["l2"],
        batch_size=config["batch"],
        learning_rate_init=config["lr"],
        momentum=config["momentum"] or 0.0,
        nesterovs_momentum=False,
        random_state=number,
    )
    curve = np.full(epochs, np.nan)
    classes = {"classes": np.unique(data.y)} if kind is MLPClassifier else {}
    for epoch in range(epochs):
        try:
            network.partial_fit(data.x, data.y, **(classes if epoch == 0 else {}))
            guess = network.predict(data.x_val)
        except ValueError:  # weights or their products have overflowed
            break
        curve[epoch] = float((guess == data.y_val).mean()) if classes else float(((guess - data.y_val) ** 2).mean())
    return curve


def cancer_config(rng: np.random.Generator) -> Config:
    rate = one_of(rng, "constant", "invscaling", "optimal")
    return {
        "learning_rate": rate,
        "eta0": None if rate == "optimal" else log_uniform(rng, 1e-5, 10.0),
        "power_t": float(rng.uniform(0.1, 0.9)) if rate == "invscaling" else None,
        "alpha": log_uniform(rng, 1e-6, 0.3),
        "penalty": one_of(rng, "l2", "l1", "elasticnet"),
        "rows": width_of(rng, 20, 300),
        "average": one_of(rng, True, False),
    }


def cancer(configs: Sequence[Config], epochs: int) -> Curves:
    x, y = load_breast_cancer(return_X_y=True)
    data = split(x, y, 300, "cancer")
    curves = np.full((len(configs), epochs), np.nan)
    for i, config in enumerate(configs):
        model = SGDClassifier(
            loss="log_loss",
            learning_rate=config["learning_rate"],
            eta0=config["eta0"] or 0.01,
            power_t=config["power_t"] or 0.5,
            alpha=config["alpha"],
            penalty=config["penalty"],
            average=config["average"],
            random_state=i,
        )
        for epoch in range(epochs):
            model.partial_fit(data.x[: config["rows"]], data.y[: config["rows"]], classes=(0, 1))
            curves[i, epoch] = log_loss(model.decision_function(data.x_val), data.y_val)
    return curves


def wine_config(rng: np.random.Generator) -> Config:
    return {
        "width": width_of(rng, 2, 64),
        "depth": one_of(rng, 1, 2, 4),
        "activation": one_of(rng, "relu", "tanh"),
        **optimizer_of(rng, "sgd", "adam", "rmsprop"),
        "lr": log_uniform(rng, 1e-5, 0.3),
        "batch": one_of(rng, 8, 16, 32),
        "l2": log_uniform(rng, 1e-6, 0.1),
        "dropout": float(rng.uniform(0.0, 0.6)),
        "init": log_uniform(rng, 0.1, 3.0),
    }


def wine(configs: Sequence[Config], epochs: int) -> Curves:
    x, y = load_wine(return_X_y=True)
    noisy = x + 1.2 * x.std(axis=0) * rng_for(SEED, "wine").normal(size=x.shape)  # or all would be perfect
    return train_mlps(configs, split(noisy, y, 64, "wine"), epochs, "acc", SEED)


def label_noise_config(rng: np.random.Generator) -> Config:
    return {
        "width": width_of(rng, 4, 96),
        "depth": one_of(rng, 1, 2, 3),
        "activation": "relu",
        **optimizer_of(rng, "sgd", "adam"),
        "lr": log_uniform(rng, 3e-5, 0.3),
        "batch": one_of(rng, 16, 32, 64),
        "l2": log_uniform(rng, 1e-6, 0.1),
        "dropout": one_of(rng, 0.0, 0.1, 0.3, 0.5),
    }


def label_noise(configs: Sequence[Config], epochs: int) -> Curves:
    x, y = make_classification(
        1000, n_features=20, n_informative=8, n_classes=3, flip_y=0.25, class_sep=1.5, random_state=SEED
    )
    return train_mlps(configs, split(x, y, 300, "label noise"), epochs, "loss", SEED)


def step_decay_config(rng: np.random.Generator) -> Config:
    return {
        "width": width_of(rng, 8, 64),
        "depth": one_of(rng, 1, 2, 3),
        "activation": one_of(rng, "relu", "tanh"),
        **optimizer_of(rng, "sgd", "adam"),
        "lr": log_uniform(rng, 1e-3, 1.0),
        "batch": one_of(rng, 32, 64, 128),
        "l2": log_uniform(rng, 1e-6, 0.03),
        **schedule_of(rng, "constant", "step", "step", "restart"),
    }


def step_decay(configs: Sequence[Config], epochs: int) -> Curves:
    x, y = make_classification(
        1500, n_features=54, n_informative=12, n_redundant=20, n_classes=7, n_clusters_per_class=1, flip_y=0.05,
        class_sep=1.3, random_state=SEED,
    )  # fmt: skip
    return train_mlps(configs, split(x, y, 500, "step decay"), epochs, "acc", SEED)


def language_config(rng: np.random.Generator) -> Config:
    return {
        "width": width_of(rng, 4, 64),
        "depth": one_of(rng, 1, 2),
        "activation": one_of(rng, "relu", "tanh"),
        **optimizer_of(rng, "sgd", "adam", "rmsprop"),
        "lr": log_uniform(rng, 1e-3, 3.0),
        "batch": one_of(rng, 32, 128),
        "dropout": float(rng.uniform(0.0, 0.5)),
        "l2": log_uniform(rng, 1e-7, 1e-2),
        **schedule_of(rng, "constant", "exponential", "cosine"),
    }


def language(configs: Sequence[Config], epochs: int) -> Curves:
    """The next of 20 words from the two before it, in a text of a random chain of that memory; perplexity."""
    words, rng = 20, rng_for(SEED, "text")
    odds = rng.normal(size=(words, 1, words)) + 2 * rng.normal(size=(1, words, words))  # of older and newer word
    chances = np.exp(odds + 0.7 * rng.normal(size=(words, words, words)))
    chances /= chances.sum(axis=2, keepdims=True)
    text = [0, 1]
    while len(text) < 3002:
        text.append(int(rng.choice(words, p=chances[text[-2], text[-1]])))
    codes = np.eye(words)[text]
    pairs = np.concatenate((codes[:-2], codes[1:-1]), axis=1)
    data = Data(pairs[:2000], np.array(text[2:2002]), pairs[2000:], np.array(text[2002:]))
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(train_mlps(configs, data, epochs, "loss", SEED)))


def digits_cnn_config(rng: np.random.Generator) -> Config:
    optimizer = optimizer_of(rng, "sgd", "adam")
    return {
        "channels": width_of(rng, 2, 12),
        "kernel": one_of(rng, 3, 5),
        "dense": width_of(rng, 8, 64),
        **optimizer,
        "lr": log_uniform(rng, 2e-3, 0.6) * (0.1 if optimizer["optimizer"] == "adam" else 1.0),
        "batch": one_of(rng, 32, 64),
        "dropout": float(rng.uniform(0.0, 0.7)),
        "l2": log_uniform(rng, 1e-6, 1e-2),
        **schedule_of(rng, "constant", "step", "cosine"),
    }


def digits_cnn(configs: Sequence[Config], epochs: int) -> Curves:
    x, y = load_digits(return_X_y=True)
    data = split(x, y, 500, "digits cnn")
    data = Data(data.x, data.y, data.x_val[:600], data.y_val[:600])
    return np.array([train_cnn(config, data, epochs, "loss", i) for i, config in enumerate(configs)])


@dataclass(frozen=True)
class Recipe:
    """How a table is made.

    Args:
        name: of its file.
        metric: prefix of its epoch columns.
        runs: configurations that are trained; those that overflow are left out.
        epochs: of each.
        draw: one configuration.
        train: `[runs, epochs]` of all of them.
    """

    name: str
    metric: str
    runs: int
    epochs: int
    draw: Callable[[np.random.Generator], Config]
    train: Callable[[Sequence[Config], int], Curves]


RECIPES = (
    Recipe("cancer_logistic", "loss", 400, 100, cancer_config, cancer),
    Recipe("digits_cnn", "loss", 250, 25, digits_cnn_config, digits_cnn),
    Recipe("digits_mlp", "acc", 320, 30, digits_mlp_config, digits_mlp),
    Recipe("friedman_mlp", "mse", 320, 40, friedman_config, friedman),
    Recipe("label_noise_mlp", "loss", 360, 60, label_noise_config, label_noise),
    Recipe("language_mlp", "perplexity", 320, 20, language_config, language),
    Recipe("step_decay_mlp", "acc", 340, 80, step_decay_config, step_decay),
    Recipe("wine_mlp", "acc", 320, 50, wine_config, wine),
)


def record(recipe: Recipe) -> str:
    """Train, and give the csv text of every run that stayed finite."""
    rng = rng_for(SEED, "configs", recipe.name)
    configs = [recipe.draw(rng) for _ in range(recipe.runs)]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        curves = recipe.train(configs, recipe.epochs)
    text = io.StringIO()
    text.write(",".join([*configs[0], *(f"{recipe.metric}_{t}" for t in range(1, recipe.epochs + 1))]) + "\n")
    for config, curve in zip(configs, curves, strict=True):
        if np.isfinite(curve).all():
            text.write(",".join([*(_cell(value) for value in config.values()), *(_cell(float(v)) for v in curve)]))
            text.write("\n")
    return text.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.{DIGITS}g}" if isinstance(value, float) else str(value)


def write(path: Path, text: str) -> None:
    """Write a gzipped file whose bytes depend on the text alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as file:
        file.write(text.encode())


def overview(folder: Path) -> str:
    """A Markdown table of the recorded tables."""
    lines = [
        "| table | rows of runs | epochs | metric | final: worst, median, best | best at 25 % still best |",
        "|---|---:|---:|---|---|---|",
    ]
    for recipe in RECIPES:
        table = CurveTable(folder / f"{recipe.name}.csv.gz")
        finals, early = table.scores[:, -1], table.scores[:, recipe.epochs // 4 - 1]
        shown = [f"{abs(q):.4g}" for q in np.quantile(finals, [0.0, 0.5, 1.0])]
        tenth = len(finals) // 10
        kept = len(set(np.argsort(-finals)[:tenth]) & set(np.argsort(-early)[:tenth])) / tenth
        lines.append(
            f"| {recipe.name} | {len(table)} of {recipe.runs} | {recipe.epochs} | {recipe.metric} | {', '.join(shown)} "
            f"| {kept:.0%} of a tenth |"
        )
    return "\n".join(lines)


def main() -> None:
    """Record what the command line asks for."""
    parser = argument_parser(__doc__)
    parser.add_argument("--tables", nargs="*", help="only these", choices=[recipe.name for recipe in RECIPES])
    parser.add_argument("--out", type=Path, default=HERE / "tables", help="folder of the files")
    parser.add_argument("--update-readme", action="store_true", help="put the overview into README.md")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    for recipe in RECIPES:
        if arguments.tables is not None and recipe.name not in arguments.tables:
            continue
        start = time.process_time()
        text = record(recipe)
        write(arguments.out / f"{recipe.name}.csv.gz", text)
        print(
            f"{recipe.name}: {text.count(chr(10)) - 1} rows, {time.process_time() - start:.0f} CPU seconds", flush=True
        )
    if arguments.update_readme:
        update_readme(HERE / "README.md", "tables", overview(arguments.out))


if __name__ == "__main__":
    main()
