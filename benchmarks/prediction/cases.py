"""What is measured: tables, models, inputs, and what the paper says of them (R2 x100)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from bandits.curves import Curve, Trial
from bandits.forecasts import Link
from bandits.objectives import CurveTable
from bandits.predictors import BNN, LCE, SRM, LastSeenValue, Predictor
from bandits.predictors.srm import Model
from bandits.rng import rng_for

__all__ = [
    "ABLATION",
    "CASES",
    "DEPTHS",
    "MODELS",
    "SEED",
    "SHARES",
    "SLOW",
    "TRAINING_CURVES",
    "Case",
    "by_depth",
    "load",
    "predictor_of",
    "shuffled",
]

TRAINING_CURVES = 100
SHARES = (0.10, 0.25, 0.50, 0.75)  # of the curve that is seen
SEED = 0

MODELS = ("auto", "svr_rbf", "svr_linear", "forest", "ols", "ridge", "last seen value")
SLOW = ("LCE", "BNN")  # seconds a forecast
ABLATION = ("TS", "AP", "HP", "TS+AP", "AP+HP", "TS+AP+HP")
DEPTHS = (32, 62)  # train on networks of fewer layers, test on those of more


@dataclass(frozen=True)
class Case:
    """One row of the results: a table, how it is read, and what the paper says of it.

    Args:
        title: how it is called.
        table: a shipped table.
        goal: R2 x100 that the default model is meant to reach at a quarter of the curve.
        failed: what becomes of the table's failed runs.
        link: scale on which scores are modelled.
        figure: whether the figure has a panel for it.
        models, ablation, depths: the paper's figures, by model, inputs and layers.
    """

    title: str
    table: str
    goal: float
    incomplete: Literal["keep", "drop"] = "keep"
    link: str = "auto"
    figure: bool = True
    models: Mapping[str, float] = field(default_factory=dict, hash=False)
    ablation: Mapping[str, float] = field(default_factory=dict, hash=False)
    depths: Mapping[int, float] = field(default_factory=dict, hash=False)


_METAQNN = {"svr_rbf": 94.22, "svr_linear": 94.44, "forest": 92.27, "ols": 93.22}
_TINY = {"svr_rbf": 85.78, "svr_linear": 91.8, "forest": 91.37, "ols": 90.15}
_LSTM = {"svr_rbf": 83.29, "svr_linear": 98.59, "forest": 91.38, "ols": 89.8}
_METAQNN_INPUTS = {"TS": 93.98, "AP": 27.45, "HP": 12.60, "TS+AP": 84.09, "AP+HP": 27.01, "TS+AP+HP": 94.44}
_TINY_INPUTS = {"TS": 86.52, "AP": 84.33, "HP": 8.78, "TS+AP": 88.82, "AP+HP": 81.71, "TS+AP+HP": 91.8}
_LSTM_INPUTS = {"TS": 97.81, "AP": 16.11, "HP": 3.98, "TS+AP": 96.92, "AP+HP": 15.97, "TS+AP+HP": 98.24}
_TINY_DEPTHS = {32: 80.66, 62: 84.58}

CASES = (
    Case("MetaQNN CIFAR-10", "metaqnn_cifar10", 95, models=_METAQNN, ablation=_METAQNN_INPUTS),
    Case("MetaQNN SVHN", "metaqnn_svhn", 68),
    Case("Deep ResNets CIFAR-10", "deep_resnets_cifar10", 58),
    Case(
        "Deep ResNets TinyImageNet",
        "deep_resnets_tinyimagenet",
        90,
        models=_TINY,
        ablation=_TINY_INPUTS,
        depths=_TINY_DEPTHS,
    ),
    Case(
        "the same, failed runs removed",
        "deep_resnets_tinyimagenet",
        93,
        incomplete="drop",
        figure=False,
        models=_TINY,
        ablation=_TINY_INPUTS,
        depths=_TINY_DEPTHS,
    ),
    Case(
        "LSTM PTB, raw perplexity",
        "lstm_ptb",
        99,
        link="IDENTITY",
        figure=False,
        models=_LSTM,
        ablation=_LSTM_INPUTS,
    ),
    Case("LSTM PTB, log perplexity inside", "lstm_ptb", 99, link="LOG_LOSS", models=_LSTM, ablation=_LSTM_INPUTS),
    Case("AlexNet ImageNet", "alexnet_imagenet", 85),
    Case("NAS-Bench-NLP WikiText-2", "nas_bench_nlp_wikitext2", 92),
)


@cache
def load(case: Case) -> tuple[CurveTable, NDArray[np.intp]]:
    """A table and the rows that are used: those that were measured to their end without a gap."""
    table = CurveTable(case.table, incomplete=case.incomplete)
    return table, np.flatnonzero(np.isfinite(table.curves).all(axis=1))


def shuffled(case: Case, split: int, inputs: str = "TS+AP+HP") -> list[tuple[Trial, Curve]]:
    """All arms of a case in the order of a split, with the features that `inputs` names."""
    table, rows = load(case)
    kept = {name for part, names in (("AP", table.ap), ("HP", table.hp)) if part in inputs.split("+") for name in names}
    arms = []
    for row in rng_for(SEED, "split", split).permutation(rows).tolist():
        features = {name: value for name, value in table.features(table.configs[row]).items() if name in kept}
        arms.append((Trial(row, table.configs[row], features), Curve(table.scores[row])))
    return arms


def by_depth(
    arms: list[tuple[Trial, Curve]], layers: int
) -> tuple[list[tuple[Trial, Curve]], list[tuple[Trial, Curve]]]:
    """At most 100 ResNets of fewer layers, and all of more; a network of b blocks has 6 (b + 1) + 2 layers."""

    def depth(trial: Trial) -> float:
        return 6 * (trial.features["num_blocks"] + 1) + 2

    shallow = [arm for arm in arms if depth(arm[0]) < layers]
    return shallow[:TRAINING_CURVES], [arm for arm in arms if depth(arm[0]) > layers]


def predictor_of(model: str, case: Case, draws: int, inputs: str = "TS+AP+HP") -> Predictor:
    """The predictor under test."""
    link: Link | Literal["auto"] = "auto" if case.link == "auto" else Link[case.link]
    if model == "last seen value":
        return LastSeenValue(link=link)
    if model == "LCE":
        return LCE(link=link)
    if model == "BNN":
        return BNN(link=link)
    return SRM(cast(Model, model), link=link, draws=draws, use_curve="TS" in inputs.split("+"))
