"""A scheduler of the library searches a table until the epochs of its account are spent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from bandits import run
from bandits.curves import Trial
from bandits.objectives import CurveTable
from bandits.objectives.base import Measurement, Objective
from bandits.runtime import Result
from bandits.runtime.records import Record
from bandits.runtime.result import Best
from bandits.samplers.base import Projection, Sampler
from bandits.schedulers import Scheduler, State
from benchmarks.equal_budget.case import Account, Reading

__all__ = ["Rows", "replay"]


class Rows(Objective):
    """A table that offers every row once, and whose epochs all last one second.

    A trial beyond the last row fails before its first epoch, at no cost.

    Args:
        table: whose rows.
        tried: how many of them earlier runs have tried.
        blind: whether their hyperparameters are hidden.

    Attributes:
        refused: how many trials were beyond the last row.
    """

    virtual_time = True

    def __init__(self, table: CurveTable, tried: int, *, blind: bool = False) -> None:
        self.name, self.metric, self.max_epochs, self.space = table.name, table.metric, table.max_epochs, table.space
        self.refused = 0
        self._table, self._left, self._blind = table, len(table) - tried, blind

    def sampler(self, seed: int) -> Sampler:
        return self._table.sampler(seed)

    def projection(self) -> Projection | None:
        return self._table.projection()

    def features(self, config: Mapping[str, object]) -> Mapping[str, float]:
        return {} if self._blind else self._table.features(config)

    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        if trial.id >= self._left:
            self.refused += 1
            raise LookupError("every row of the table has been tried")
        for measured in self._table.train(trial, start, stop):
            yield Measurement(measured.epoch, measured.value, 1.0)


class _From(Sampler):
    """Another sampler's configurations, without the first ones."""

    def __init__(self, sampler: Sampler, offset: int) -> None:
        self.sampler, self.offset = sampler, offset

    def propose(self, trial_id: int) -> Mapping[str, object]:
        return self.sampler.propose(self.offset + trial_id)


class _Nothing:
    """A journal that keeps nothing."""

    def append(self, record: Record) -> None:
        """Forget the record."""

    def records(self, trial: int | None = None) -> Iterator[Record]:  # noqa: ARG002 - none is kept
        return iter(())


def replay(
    build: Callable[[], Scheduler],
    table: CurveTable,
    sampler: Sampler,
    account: Account,
    *,
    seed: int,
    workers: int = 1,
    blind: bool = False,
    again: bool = True,
) -> list[Reading]:
    """Run a scheduler; `again`: when it is done, fresh ones on new rows, until the epochs or the rows are spent.

    What it would return is `result.best`, the best of its runs.
    """
    tried, best = 0, None
    while tried < len(table) and not account.over:
        rows = Rows(table, tried, blind=blind)
        watch = _watcher(account, rows, tried, best)
        proposing = _From(sampler, tried) if tried else sampler
        result = run(build(), rows, sampler=proposing, seed=seed, workers=workers, journal=_Nothing(), watch=watch)
        if result.interrupted and not account.over:
            raise KeyboardInterrupt
        tried, best = min(tried + len(result.trials), len(table)), _better(best, result.best)
        if not again:
            break
    return account.close(_row(best), tried)


def _watcher(account: Account, rows: Rows, tried: int, best: Best | None) -> Callable[[Result], None]:
    """Charges the epochs of a run, those in which an arm fails included, and ends the run with the budget."""
    before = account.spent

    def watch(result: Result) -> None:
        spent = result.epochs_trained + result.count(State.FAILED) - rows.refused
        if spent > account.spent - before:
            account.charge(_row(_better(best, result.best)), tried + len(result.trials) - rows.refused)
        if account.over:
            raise KeyboardInterrupt

    return watch


def _better(one: Best | None, other: Best | None) -> Best | None:
    if one is None or other is None:
        return one or other
    return other if other.score > one.score else one


def _row(best: Best | None) -> int | None:
    return None if best is None else int(str(best.trial.config["row"]))
