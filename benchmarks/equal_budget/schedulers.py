"""How the schedulers and stoppers of the library are built for a table, a seed and a number of epochs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bandits import EarlyStopper, ProbabilityRule
from bandits.config.registry import find, load
from bandits.objectives import CurveTable
from bandits.predictors import SRM, Predictor
from bandits.schedulers import Scheduler
from bandits.verdicts import Stopper
from benchmarks.equal_budget.chained_regressions import ChainedRegressions
from benchmarks.lib.oracle import Oracle

__all__ = ["Setting", "asha", "dehb", "freeze_thaw", "halving", "hyperband", "looking_ahead", "median", "oracle"]
__all__ += ["papers_rule", "pasha", "random_search", "srm", "top_k"]

ETA = 3
BURN_IN = 20  # full trainings of random search before a forecast may drop an arm
TOP, TOP_OF = 3, 200  # one epoch for 200 arms, then the best 3 in full: Egele et al. (2023)
PAPER = 0.99  # the confidence of Baker et al. (2017) for its early stopping


@dataclass(frozen=True)
class Setting:
    """What a scheduler is built for.

    Args:
        table: what it searches.
        seed: of everything random.
        epochs: the budget; for schedulers that know theirs.
        stopper: who drops arms; None for nobody.
    """

    table: CurveTable
    seed: int
    epochs: int
    stopper: Stopper | None = None

    def build(self, algorithm: str, **settings: Any) -> Scheduler:
        """An algorithm by its name in the registry, whose longest training is the table's."""
        made = load("algorithms", algorithm)(max_epochs=self.table.max_epochs, stopper=self.stopper, **settings)
        assert isinstance(made, Scheduler)
        return made


def random_search(setting: Setting) -> Scheduler:
    """Every row in full, one after the other."""
    return setting.build("random", trials=len(setting.table), burn_in=BURN_IN)


def halving(setting: Setting) -> Scheduler:
    """Hyperband's boldest bracket."""
    return setting.build("halving", eta=ETA)


def hyperband(setting: Setting, **settings: Any) -> Scheduler:
    """Loops until all rows are tried."""
    one = setting.build("hyperband", eta=ETA)
    return setting.build("hyperband", eta=ETA, loops=-(-len(setting.table) // one.total_trials), **settings)


def dehb(setting: Setting) -> Scheduler:
    """Loops until all rows are tried."""
    one = setting.build("dehb", eta=ETA, loops=1)
    return setting.build("dehb", eta=ETA, loops=1 + -(-len(setting.table) // one.total_trials))


def looking_ahead(setting: Setting) -> Scheduler:
    """Hyperband that also asks, at every rung, how an arm would end at R."""
    return hyperband(setting, look_ahead=True)


def asha(setting: Setting) -> Scheduler:
    """With promotion, on all rows."""
    return setting.build("asha", eta=ETA, trials=len(setting.table))


def pasha(setting: Setting) -> Scheduler:
    """Likewise, growing as far as it must."""
    return setting.build("pasha", eta=ETA, trials=len(setting.table))


def median(setting: Setting) -> Scheduler:
    """The median rule, on all rows."""
    return setting.build("median", trials=len(setting.table))


def top_k(setting: Setting) -> Scheduler:
    """One epoch for many arms, then the best few in full."""
    return setting.build("top-k", trials=min(TOP_OF, len(setting.table)), k=TOP)


def freeze_thaw(setting: Setting, predictor: Predictor | None = None) -> Scheduler:
    """With the settings of `bandits run freeze-thaw`, and its predictor unless one is given."""
    forecasting = predictor or load("predictors", find("algorithms", "freeze-thaw").predictor)()
    budget, trials = f"{setting.epochs}epochs", len(setting.table)
    return setting.build("freeze-thaw", budget=budget, trials=trials, predictor=forecasting, seed=setting.seed)


def chained_regressions(setting: Setting) -> Scheduler:
    """Freeze-thaw whose forecasts come from a chain of small regressions."""
    return freeze_thaw(setting, ChainedRegressions())


Maker = Callable[[CurveTable, int], Stopper]


def srm(table: CurveTable, seed: int) -> Stopper:  # noqa: ARG001 - as the oracle
    """The default early stopping."""
    return EarlyStopper(SRM(), seed=seed)


def papers_rule(table: CurveTable, seed: int) -> Stopper:  # noqa: ARG001 - likewise
    """The same forecasts under the rule of Baker et al. (2017)."""
    return EarlyStopper(SRM(), ProbabilityRule(PAPER), seed=seed)


def oracle(table: CurveTable, seed: int) -> Stopper:
    """A forecast without error."""
    return EarlyStopper(Oracle(table), ProbabilityRule(PAPER), seed=seed)
