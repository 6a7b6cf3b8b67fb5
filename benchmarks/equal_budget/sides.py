"""Who is compared: a line a side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from optuna.pruners import BasePruner

from bandits.config.registry import names
from bandits.samplers import DifferentialEvolution, OptunaSampler, Sampler
from bandits.schedulers import Scheduler
from benchmarks.equal_budget import pruners, schedulers
from benchmarks.equal_budget.case import Case, Reading
from benchmarks.equal_budget.optuna_study import study
from benchmarks.equal_budget.peers.client import syne_tune
from benchmarks.equal_budget.peers.environment import FOLDER, installed
from benchmarks.equal_budget.replay import replay
from benchmarks.equal_budget.schedulers import Maker, Setting
from benchmarks.optuna_pruner.quality_study import Sampling
from benchmarks.stress.families import sampler_for

__all__ = ["KINDS", "LEADER", "SIDES", "Kind", "Side", "why_missing"]

Kind = Literal["forecasts", "simple", "peers", "bounds"]
KINDS: Mapping[Kind, str] = {
    "forecasts": "this library's methods that forecast",
    "simple": "its methods without a forecast",
    "peers": "other libraries",
    "bounds": "not to be had: a forecast without error, or twice the epochs",
}
LEADER = "freeze-thaw"  # held against everybody else


@dataclass(frozen=True)
class Side:
    """A method.

    Args:
        kind: what it is.
        search: lets it search a case, and reads what it would return at each budget.
        knows_budget: whether it decides by its budget. It then runs once for each; the others run once for the largest,
            and are read off on the way.
        needs: the algorithm or library without which it is left out.
        against: the side without its forecast, its hyperparameters or its other workers.
        largest: budget for which it is measured, in full trainings.
    """

    kind: Kind
    search: Callable[[Case], list[Reading]]
    knows_budget: bool = False
    needs: str = ""
    against: str = ""
    largest: int = 100


def _ours(
    case: Case,
    build: Callable[[Setting], Scheduler],
    stopper: Maker | None = None,
    sampling: Sampling = "random",
    again: bool = True,
    factor: int = 1,
    workers: int = 1,
    blind: bool = False,
    evolves: bool = False,
) -> list[Reading]:
    """A scheduler of the library; see `replay`."""
    table, seed, account = case.table, case.order, case.account(factor)

    def fresh() -> Scheduler:
        judge = None if stopper is None else stopper(table, seed)
        return build(Setting(table, seed, account.budgets[-1], judge))

    sampler: Sampler = OptunaSampler("tpe", seed=seed) if sampling == "tpe" else sampler_for(table, seed)
    if evolves:
        sampler = DifferentialEvolution(seed=seed)
    again = again and sampling != "tpe" and not evolves  # these have learnt in their one run
    return replay(fresh, table, sampler, account, seed=seed, workers=workers, blind=blind, again=again)


def _optuna(case: Case, pruner: Callable[[Case], BasePruner], sampling: Sampling = "random") -> list[Reading]:
    """A study with a pruner."""
    order = sampler_for(case.table, case.order)
    return study(pruner(case), case.table, order, case.account(), seed=case.order, sampling=sampling)


def _syne_tune(case: Case, scheduler: str) -> list[Reading]:
    """A scheduler of Syne Tune."""
    order = sampler_for(case.table, case.order)
    return syne_tune(scheduler, case.table, order, case.account(), seed=case.order)


def _plain(build: Callable[[Setting], Scheduler], sampling: Sampling = "random", evolves: bool = False) -> Side:
    return Side("simple", partial(_ours, build=build, sampling=sampling, evolves=evolves))


def _freeze_thaw(
    build: Callable[[Setting], Scheduler] = schedulers.freeze_thaw,
    *,
    sampling: Sampling = "random",
    workers: int = 1,
    blind: bool = False,
    against: str = LEADER,
) -> Side:
    search = partial(_ours, build=build, sampling=sampling, again=False, workers=workers, blind=blind)
    return Side("forecasts", search, True, "freeze-thaw", against, 100 if workers == 1 else 40)


def _with(maker: Maker, build: Callable[[Setting], Scheduler], against: str, sampling: Sampling = "random") -> Side:
    kind: Kind = "bounds" if maker is schedulers.oracle else "forecasts"
    return Side(kind, partial(_ours, build=build, stopper=maker, sampling=sampling), against=against)


def _pruned(
    pruner: Callable[[Case], BasePruner],
    sampling: Sampling = "random",
    kind: Kind = "peers",
    knows_budget: bool = False,
    against: str = "",
) -> Side:
    return Side(kind, partial(_optuna, pruner=pruner, sampling=sampling), knows_budget, against=against)


def _peer(scheduler: str) -> Side:
    return Side("peers", partial(_syne_tune, scheduler=scheduler), needs="syne-tune")


SIDES: dict[str, Side] = {
    "freeze-thaw": _freeze_thaw(against=""),
    "freeze-thaw, no hyperparameters": _freeze_thaw(blind=True),
    "freeze-thaw + TPE": _freeze_thaw(sampling="tpe"),
    "freeze-thaw, chained regressions": _freeze_thaw(schedulers.chained_regressions),
    "freeze-thaw, 4 workers": _freeze_thaw(workers=4),
    "freeze-thaw, 16 workers": _freeze_thaw(workers=16),
    "random + srm": _with(schedulers.srm, schedulers.random_search, "random"),
    "hyperband + srm": _with(schedulers.srm, schedulers.hyperband, "hyperband"),
    "hyperband + srm, looking ahead": _with(schedulers.srm, schedulers.looking_ahead, "hyperband"),
    "hyperband + srm + TPE": _with(schedulers.srm, schedulers.hyperband, "hyperband + TPE", sampling="tpe"),
    "asha + srm": _with(schedulers.srm, schedulers.asha, "asha"),
    "random + srm, paper's rule": _with(schedulers.papers_rule, schedulers.random_search, "random"),
    "hyperband + srm, paper's rule": _with(schedulers.papers_rule, schedulers.hyperband, "hyperband"),
    "asha + srm, paper's rule": _with(schedulers.papers_rule, schedulers.asha, "asha"),
    "predictive pruner": _pruned(pruners.srm, kind="forecasts"),
    "predictive pruner + TPE": _pruned(pruners.srm, "tpe", kind="forecasts"),
    "random": _plain(schedulers.random_search),
    "halving": _plain(schedulers.halving),
    "hyperband": _plain(schedulers.hyperband),
    "hyperband + TPE": _plain(schedulers.hyperband, "tpe"),
    "dehb": _plain(schedulers.dehb, evolves=True),
    "asha": _plain(schedulers.asha),
    "pasha": _plain(schedulers.pasha),
    "median": _plain(schedulers.median),
    "top-k": _plain(schedulers.top_k),
    "optuna hyperband": _pruned(pruners.hyperband),
    "optuna halving": _pruned(pruners.halving),
    "optuna median": _pruned(pruners.median),
    "optuna hyperband + TPE": _pruned(pruners.hyperband, "tpe"),
    "optuna halving + TPE": _pruned(pruners.halving, "tpe"),
    "optuna median + TPE": _pruned(pruners.median, "tpe"),
    "syne-tune hyperband": _peer("hyperband"),
    "syne-tune asha, stopping": _peer("asha stopping"),
    "syne-tune asha, promotion": _peer("asha promotion"),
    "random + oracle": _with(schedulers.oracle, schedulers.random_search, "random"),
    "hyperband + oracle": _with(schedulers.oracle, schedulers.hyperband, "hyperband"),
    "asha + oracle": _with(schedulers.oracle, schedulers.asha, "asha"),
    "random x2": Side("bounds", partial(_ours, build=schedulers.random_search, factor=2)),
}
"""By name, in the order of the tables."""


def why_missing(name: str) -> str:
    """A sentence if a side cannot be measured here; else nothing."""
    needs = SIDES[name].needs
    if needs == "syne-tune":
        found, remedy = installed(), "`python -m benchmarks.equal_budget.peers` installs it"
        return "" if found else f"{name} is left out: Syne Tune is not in {FOLDER}; {remedy}."
    if needs and needs not in names("algorithms"):
        return f"{name} is left out: the library has no {needs}."
    return ""
