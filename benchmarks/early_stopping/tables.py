"""Every table of the benchmark, by name and group, and the orders in which its rows are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from bandits.objectives import SHIPPED_TABLES, CurveTable
from bandits.samplers.base import Sampler
from benchmarks.stress.families import STRESS, sampler_for
from benchmarks.unseen.synthetic import FAMILIES

__all__ = ["PAPER", "groups", "load", "order", "sampler", "variant_of"]

HERE = Path(__file__).resolve().parent

RECORDED = HERE.parent / "unseen" / "tables"
ARMS = {"made up": 500, "stress": 1000}
VARIANTS = 10  # of a made-up table, so that another arm is the best, and other curves teach

PAPER = {
    "metaqnn_cifar10": "MetaQNN CIFAR-10",
    "metaqnn_svhn": "MetaQNN SVHN",
    "deep_resnets_cifar10": "ResNet CIFAR-10",
    "deep_resnets_tinyimagenet": "ResNet TinyImageNet",
    "lstm_ptb": "LSTM PTB",
    "alexnet_imagenet": "AlexNet ImageNet",
}
"""The tables of Baker et al. (2017) among those that are shipped, and what they are called there."""


def groups() -> dict[str, str]:
    """Every table by name, and its group: shipped, recorded, made up or stress."""
    recorded = sorted(path.name.removesuffix(".csv.gz") for path in RECORDED.glob("*.csv.gz"))
    shipped = [*PAPER, *(name for name in SHIPPED_TABLES if name not in PAPER)]
    return {
        **dict.fromkeys(shipped, "shipped"),
        **dict.fromkeys(recorded, "recorded"),
        **dict.fromkeys((name for name in FAMILIES if name not in STRESS), "made up"),
        **dict.fromkeys(STRESS, "stress"),
    }


def variant_of(name: str, ordering: int) -> int:
    """Which of its variants a made-up table has in an ordering; there is only one of a recorded table."""
    return ordering % VARIANTS if groups()[name] in ARMS else 0


@lru_cache(maxsize=2)
def load(name: str, variant: int = 0) -> CurveTable:
    """A table; the variant of a made-up one is its seed."""
    group = groups()[name]
    if group in ARMS:
        return {**FAMILIES, **STRESS}[name](ARMS[group], variant)
    return CurveTable(name if group == "shipped" else RECORDED / f"{name}.csv.gz")


def sampler(name: str, table: CurveTable, ordering: int) -> Sampler:
    """Draws every row once, in a random order; region by region where a stress family demands it."""
    return sampler_for(table, ordering) if name in STRESS else table.sampler(ordering)


def order(name: str, table: CurveTable, ordering: int) -> Sequence[int]:
    """The rows as the sampler draws them."""
    drawn = sampler(name, table, ordering)
    return [int(str(drawn.propose(trial_id)["row"])) for trial_id in range(len(table))]
