"""Who is compared: a name, and how its scheduler, or its pruner, is built for a table and a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, SuccessiveHalvingPruner

from bandits import EarlyStopper, ProbabilityRule
from bandits.config.registry import load, names
from bandits.objectives import CurveTable
from bandits.predictors import SRM
from bandits.schedulers import Scheduler
from bandits.verdicts import Stopper
from benchmarks.lib.oracle import Oracle

__all__ = ["DEFAULT", "SIDES", "Side", "missing"]

ETA = 3
BURN_IN = 20  # full trainings of random search before a forecast may drop an arm; half of the smaller budget
TOP, TOP_OF = 3, 200  # one epoch for 200 arms, then the best 3 in full: Egele et al. (2023)
PAPER = 0.99  # the confidence of Baker et al. (2017) for its early stopping

Maker = Callable[[CurveTable, int], Stopper | None]


def _random(table: CurveTable, stopper: Stopper | None) -> Scheduler:
    return _algorithm("random", trials=len(table), max_epochs=table.max_epochs, burn_in=BURN_IN, stopper=stopper)


def _halving(table: CurveTable, stopper: Stopper | None) -> Scheduler:
    return _algorithm("halving", max_epochs=table.max_epochs, eta=ETA, stopper=stopper)


def _hyperband(table: CurveTable, stopper: Stopper | None) -> Scheduler:
    one = _algorithm("hyperband", max_epochs=table.max_epochs, eta=ETA)
    loops = -(-len(table) // one.total_trials)
    return _algorithm("hyperband", max_epochs=table.max_epochs, eta=ETA, loops=loops, stopper=stopper)


def _looking_ahead(table: CurveTable, stopper: Stopper | None) -> Scheduler:
    one = _hyperband(table, None)
    return _algorithm(one.name, **one.settings() | {"look_ahead": True}, stopper=stopper)


def _asha(table: CurveTable, stopper: Stopper | None) -> Scheduler:
    return _algorithm("asha", max_epochs=table.max_epochs, eta=ETA, trials=len(table), stopper=stopper)


def _pasha(table: CurveTable, stopper: Stopper | None) -> Scheduler:
    return _algorithm("pasha", max_epochs=table.max_epochs, eta=ETA, trials=len(table), stopper=stopper)


def _median(table: CurveTable, stopper: Stopper | None) -> Scheduler:
    return _algorithm("median", trials=len(table), max_epochs=table.max_epochs, stopper=stopper)


def _top(table: CurveTable, stopper: Stopper | None) -> Scheduler:
    arms = min(TOP_OF, len(table))
    return _algorithm("top-k", trials=arms, max_epochs=table.max_epochs, k=TOP, stopper=stopper)


def _algorithm(name: str, **arguments: Any) -> Scheduler:
    scheduler: Scheduler = load("algorithms", name)(**arguments)
    return scheduler


def _nobody(table: CurveTable, seed: int) -> None:  # noqa: ARG001 - as the others
    return None


def _srm(table: CurveTable, seed: int) -> Stopper:  # noqa: ARG001 - as the oracle
    return EarlyStopper(SRM(), seed=seed)


def _paper(table: CurveTable, seed: int) -> Stopper:  # noqa: ARG001 - as the oracle
    return EarlyStopper(SRM(), ProbabilityRule(PAPER), seed=seed)


def _oracle(table: CurveTable, seed: int) -> Stopper:
    return EarlyStopper(Oracle(table), ProbabilityRule(PAPER), seed=seed)


@dataclass(frozen=True)
class Side:
    """A method.

    Args:
        algorithm: name in the registry; empty for Optuna.
        scheduler: builds it for a table, with or without a stopper.
        stopper: builds who forecasts, for a table and a seed.
        pruner: builds Optuna's pruner for R epochs, instead of a scheduler.
        factor: how many times the budget it may spend.
        plain: the side without a predictor that it is held against.
        style: of its line: colour, dashes; None: not drawn.
    """

    algorithm: str = ""
    scheduler: Callable[[CurveTable, Stopper | None], Scheduler] | None = None
    stopper: Maker = _nobody
    pruner: Callable[[int], BasePruner] | None = None
    factor: int = 1
    plain: str = ""
    style: tuple[str, str] | None = None

    def build(self, table: CurveTable, seed: int) -> Scheduler:
        """A fresh scheduler."""
        assert self.scheduler is not None
        return self.scheduler(table, self.stopper(table, seed))


SIDES: Mapping[str, Side] = {
    "random": Side("random", _random, style=("#777777", "-")),
    "random x2": Side("random", _random, factor=2, style=("#777777", ":")),
    "halving": Side("halving", _halving, style=("#8e5ea2", "-")),
    "hyperband": Side("hyperband", _hyperband, style=("#4a7fc1", "--")),
    "asha": Side("asha", _asha, style=("#c8553d", "--")),
    "pasha": Side("pasha", _pasha, style=("#d99a2b", "-")),
    "median": Side("median", _median, style=("#b0a090", "-")),
    "top-k": Side("top-k", _top, style=("#222222", "-")),
    "optuna hyperband": Side(pruner=lambda R: HyperbandPruner(1, R, ETA)),
    "optuna halving": Side(pruner=lambda R: SuccessiveHalvingPruner(1, ETA)),  # noqa: ARG005 - it needs no R
    "optuna median": Side(pruner=lambda R: MedianPruner()),  # noqa: ARG005 - likewise
    "random + srm": Side("random", _random, _srm, plain="random", style=("#0b6e4f", "-")),
    "hyperband + srm": Side("hyperband", _hyperband, _srm, plain="hyperband", style=("#4a7fc1", "-")),
    "hyperband + srm, looking ahead": Side("hyperband", _looking_ahead, _srm, plain="hyperband"),
    "asha + srm": Side("asha", _asha, _srm, plain="asha", style=("#c8553d", "-")),
    "random + srm, paper's rule": Side("random", _random, _paper, plain="random"),
    "hyperband + srm, paper's rule": Side("hyperband", _hyperband, _paper, plain="hyperband"),
    "asha + srm, paper's rule": Side("asha", _asha, _paper, plain="asha"),
    "random + oracle": Side("random", _random, _oracle, plain="random"),
    "hyperband + oracle": Side("hyperband", _hyperband, _oracle, plain="hyperband"),
    "asha + oracle": Side("asha", _asha, _oracle, plain="asha"),
}
"""By name, in the order of the tables."""

DEFAULT = tuple(name for name in SIDES if "paper's rule" not in name and "looking ahead" not in name)


def missing(side: str) -> bool:
    """Whether this version of the library lacks a side's algorithm."""
    algorithm = SIDES[side].algorithm
    return algorithm != "" and algorithm not in names("algorithms")
