"""One method on one table until its epochs are spent: whom it would return after each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import optuna
from optuna.pruners import BasePruner
from optuna.trial import TrialState

from bandits import run
from bandits.curves import Trial
from bandits.objectives import CurveTable
from bandits.objectives.base import Measurement, Objective
from bandits.runtime import Result
from bandits.runtime.records import Epoch, Record, TrialStarted
from bandits.samplers.base import Sampler
from bandits.schedulers import Scheduler

__all__ = ["Step", "Trajectory", "replay", "replay_optuna"]

Step = tuple[int, float, float]
"""(epochs spent, the incumbent's score at the table's last epoch, the best such score that was seen); NaN: none."""


@dataclass
class Trajectory:
    """Follows the epochs of a run and holds who is the incumbent.

    The incumbent is the configuration with the best score seen so far at any epoch; among equals the longer trained,
    then the earlier. A score that is not finite is not seen, and costs nothing.

    Args:
        ends: `[n]` each row's score at the table's last epoch.
        epochs: how many a full training has.
        budget: how many may be spent.
    """

    ends: list[float]
    epochs: int
    budget: int
    spent: int = 0
    steps: list[Step] = field(default_factory=list)
    _best: tuple[float, int] = (-np.inf, 0)
    _incumbent: int = -1
    _finished: float = np.nan

    @property
    def over(self) -> bool:
        """Whether the budget is spent."""
        return self.spent >= self.budget

    def see(self, row: int, epoch: int, score: float) -> None:
        """Take in one trained epoch."""
        self.spent += 1
        changed = False
        if (score, epoch) > self._best:
            self._best = (score, epoch)
            changed, self._incumbent = row != self._incumbent, row
        if epoch == self.epochs and not score <= self._finished:
            changed, self._finished = True, score
        if changed:
            self.steps.append((self.spent, self.ends[self._incumbent], self._finished))


class _Listener:
    """A journal that keeps nothing and tells a trajectory every epoch."""

    def __init__(self, trajectory: Trajectory, sign: float) -> None:
        self.trajectory, self.sign = trajectory, sign
        self.rows: dict[int, int] = {}

    def append(self, record: Record) -> None:
        if isinstance(record, Epoch):
            self.trajectory.see(self.rows[record.trial], record.epoch, self.sign * record.value)
        elif isinstance(record, TrialStarted):
            self.rows[record.trial] = int(record.config["row"])

    def records(self, trial: int | None = None) -> Iterator[Record]:  # noqa: ARG002 - none is kept
        return iter(())


class _Once(Objective):
    """A table that offers every row once: a trial beyond the last row fails before its first epoch, at no cost."""

    virtual_time = True

    def __init__(self, table: CurveTable, offset: int) -> None:
        self.table, self.left = table, len(table) - offset
        self.name, self.metric, self.max_epochs = table.name, table.metric, table.max_epochs

    def sampler(self, seed: int) -> Sampler:
        return self.table.sampler(seed)

    def features(self, config: Mapping[str, object]) -> Mapping[str, float]:
        return self.table.features(config)

    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        if trial.id >= self.left:
            raise LookupError("every row of the table has been tried")
        return self.table.train(trial, start, stop)


class _From(Sampler):
    """Another sampler's configurations, without the first ones."""

    def __init__(self, sampler: Sampler, offset: int) -> None:
        self.sampler, self.offset = sampler, offset

    def propose(self, trial_id: int) -> Mapping[str, object]:
        return self.sampler.propose(self.offset + trial_id)


def replay(
    build: Callable[[CurveTable, int], Scheduler], table: CurveTable, sampler: Sampler, *, budget: int, seed: int
) -> tuple[Trajectory, int]:
    """Run a scheduler, and fresh ones on new configurations when it is done, until the epochs or the rows are spent.

    Returns:
        The trajectory, and how many configurations were tried.
    """
    trajectory = Trajectory(table.scores[:, -1].tolist(), table.max_epochs, budget)

    def watch(result: Result) -> None:  # noqa: ARG001 - the journal tells
        if trajectory.over:
            raise KeyboardInterrupt

    tried = 0
    while tried < len(table) and not trajectory.over:
        listener = _Listener(trajectory, table.metric.orient(1.0))
        objective = _Once(table, tried)
        scheduler = build(table, seed)
        result = run(scheduler, objective, sampler=_From(sampler, tried), seed=seed, journal=listener, watch=watch)
        if result.interrupted and not trajectory.over:
            raise KeyboardInterrupt
        tried += len(result.trials)
    return trajectory, min(tried, len(table))


def replay_optuna(
    pruner: BasePruner, table: CurveTable, sampler: Sampler, *, budget: int, seed: int
) -> tuple[Trajectory, int]:
    """Let a study of Optuna prune the rows of a table, in the order of a sampler, until epochs or rows are spent.

    Every epoch is reported and may prune, but for the last one. A trial whose value is not finite fails.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    # The name matters: HyperbandPruner hashes it, with the number of a trial, to choose the trial's bracket.
    study = optuna.create_study(
        direction=table.metric.goal,
        pruner=pruner,
        sampler=optuna.samplers.RandomSampler(seed=seed),
        study_name=f"seed {seed}",
    )
    trajectory = Trajectory(table.scores[:, -1].tolist(), table.max_epochs, budget)
    sign = table.metric.orient(1.0)
    tried = 0
    while tried < len(table) and not trajectory.over:
        row = int(str(sampler.propose(tried)["row"]))
        trial, state = study.ask(), TrialState.COMPLETE
        value = np.nan
        for epoch, value in enumerate(table.curves[row].tolist(), start=1):
            if not np.isfinite(value):
                state = TrialState.FAIL
                break
            trajectory.see(row, epoch, sign * value)
            trial.report(value, epoch)
            if trajectory.over:
                break  # type: ignore[unreachable]  # `see` spends an epoch
            if epoch < table.max_epochs and trial.should_prune():
                state = TrialState.PRUNED
                break
        study.tell(trial, value if state is TrialState.COMPLETE else None, state=state)
        tried += 1
    return trajectory, tried
