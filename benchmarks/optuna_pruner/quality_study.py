"""One Optuna study whose trials are the rows of a table of curves, until its epochs are spent."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import optuna
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from bandits.objectives import CurveTable
from bandits.samplers.base import Sampler
from bandits.search_space import params_in

__all__ = ["SAMPLINGS", "Ended", "RowSampler", "Sampling", "spend"]

Sampling = Literal["random", "tpe"]
SAMPLINGS: tuple[Sampling, ...] = ("random", "tpe")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a trial ended.

    Args:
        spent: the epochs that its study had spent by then.
        row: of the table.
        state: COMPLETE, PRUNED, or FAIL; FAIL too if the study's epochs were spent before it was complete.
    """

    spent: int
    row: int
    state: TrialState


@dataclass
class RowSampler(BaseSampler):
    """Offers every row of a table once, with the row's own parameters, as if the study had been about these alone.

    Args:
        table: whose rows.
        seed: of the order.
        proposing: a sampler of Optuna, and the next row is the one nearest to what it proposes; None: a random order.
        order: another order than the table's own.
    """

    table: CurveTable
    seed: int
    proposing: BaseSampler | None = None
    rows: list[int] = field(default_factory=list)
    order: Sampler | None = None

    def __post_init__(self) -> None:
        self._space: Mapping[str, BaseDistribution] = self.table.space or {}
        self._order = self.order or self.table.sampler(self.seed)
        self._projection = self.table.projection()

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:  # noqa: ARG002
        """The table's own space."""
        return dict(self._space)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The parameters of the next row."""
        if self.proposing is None:
            config = self._order.propose(len(self.rows))
        else:
            assert self._projection is not None  # a table with a space has one
            config = self._projection(_proposal(self.proposing, study, trial, search_space))
        self.rows.append(int(str(config["row"])))
        return params_in(config, search_space)

    def sample_independent(self, study: Study, trial: FrozenTrial, param_name: str, *args: Any) -> Any:  # noqa: ARG002
        """Not needed: every row has every parameter of the space."""
        raise LookupError(f"row {self.rows[-1]} of {self.table.name} has no {param_name}")

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """As the sampler that proposes has it."""
        if self.proposing is not None:
            self.proposing.before_trial(study, trial)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Any) -> None:
        """As the sampler that proposes has it."""
        if self.proposing is not None:
            self.proposing.after_trial(study, trial, state, values)


def _proposal(
    sampler: BaseSampler, study: Study, trial: FrozenTrial, space: Mapping[str, BaseDistribution]
) -> dict[str, Any]:
    """What a trial would suggest with this sampler."""
    proposed = sampler.sample_relative(study, trial, sampler.infer_relative_search_space(study, trial))
    return {
        name: proposed[name] if name in proposed else sampler.sample_independent(study, trial, name, distribution)
        for name, distribution in space.items()
    }


def spend(table: CurveTable, pruner: BasePruner, sampling: Sampling, *, budget: int, seed: int) -> list[Ended]:
    """Let a study try the rows of a table until its epochs, or the rows, are spent.

    Every epoch is reported, counted from 1, and may prune, but for the last one. A trial whose value is not finite
    fails; that epoch costs nothing.

    Args:
        table: of real curves.
        pruner: fresh.
        sampling: rows in a random order, the same for every pruner; or near what `TPESampler(seed=seed)` proposes.
        budget: epochs.
        seed: of the sampling, and of the study's name.

    Returns:
        How each trial ended, in their order.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rows = RowSampler(table, seed, TPESampler(seed=seed) if sampling == "tpe" else None)
    # The name matters: HyperbandPruner hashes it, with the number of a trial, to choose the trial's bracket.
    study = optuna.create_study(direction=table.metric.goal, pruner=pruner, sampler=rows, study_name=str(seed))
    return list(_trials(study, table, rows, budget))


def _trials(study: Study, table: CurveTable, rows: RowSampler, budget: int) -> Iterator[Ended]:
    spent = 0
    space = dict(table.space or {})
    while spent < budget and len(rows.rows) < len(table):
        trial = study.ask(space)
        row = rows.rows[-1]
        state, value = TrialState.COMPLETE, math.nan
        for epoch, value in enumerate(table.curves[row].tolist(), start=1):
            if not math.isfinite(value) or spent == budget:
                state = TrialState.FAIL
                break
            spent += 1
            trial.report(value, epoch)
            if epoch < table.max_epochs and trial.should_prune():
                state = TrialState.PRUNED
                break
        study.tell(trial, value if state == TrialState.COMPLETE else None, state=state)
        yield Ended(spent, row, state)
