"""A study of Optuna searches a table: a sampler proposes, a pruner stops trials, and none comes back."""

from __future__ import annotations

import math

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.pruners import BasePruner
from optuna.samplers import TPESampler
from optuna.trial import Trial, TrialState

from bandits.objectives import CurveTable
from bandits.samplers.base import Sampler
from benchmarks.equal_budget.case import Account, Reading
from benchmarks.optuna_pruner.quality_study import RowSampler, Sampling

__all__ = ["study"]


def study(
    pruner: BasePruner, table: CurveTable, order: Sampler, account: Account, *, seed: int, sampling: Sampling
) -> list[Reading]:
    """Let a study try the rows of a table until its epochs or the rows are spent.

    Every epoch is reported and may prune, but for the last one. A trial whose value is not finite fails. What it would
    return is `study.best_trial`, the best of the complete trials.

    Args:
        pruner: a fresh one.
        table: whose rows are the trials.
        order: of the rows, if sampling is "random"; else the row nearest to what TPE proposes is next.
        account: of the epochs.
        seed: of TPE, and the study's name.
        sampling: "random" or "tpe".
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    rows = RowSampler(table, seed, TPESampler(seed=seed) if sampling == "tpe" else None, order=order)
    # The name matters: HyperbandPruner hashes it, with the number of a trial, to choose the trial's bracket.
    study = optuna.create_study(direction=table.metric.goal, pruner=pruner, sampler=rows, study_name=f"seed {seed}")
    best: tuple[float, int | None] = (-math.inf, None)
    space = dict(table.space or {})
    while not account.over and len(rows.rows) < len(table):
        trial, state, value = study.ask(), TrialState.COMPLETE, math.nan
        for name in trial.relative_params:  # now a row is chosen; it may lack some parameters
            _take(trial, name, space[name])
        row = rows.rows[-1]
        for epoch, value in enumerate(table.curves[row].tolist(), start=1):
            if not math.isfinite(value):
                state = TrialState.FAIL
            else:
                trial.report(value, epoch)
                if epoch == table.max_epochs:
                    best = max(best, (table.metric.orient(value), row), key=lambda found: found[0])
                elif trial.should_prune():
                    state = TrialState.PRUNED
            account.charge(best[1], len(rows.rows))
            if account.over or state != TrialState.COMPLETE:
                break
        if not account.over:
            study.tell(trial, value if state == TrialState.COMPLETE else None, state=state)
    return account.close(best[1], len(rows.rows))


def _take(trial: Trial, name: str, distribution: BaseDistribution) -> None:
    """Make what the sampler has chosen for a parameter known to the study."""
    if isinstance(distribution, CategoricalDistribution):
        trial.suggest_categorical(name, distribution.choices)
    elif isinstance(distribution, IntDistribution):
        trial.suggest_int(name, distribution.low, distribution.high, step=distribution.step, log=distribution.log)
    elif isinstance(distribution, FloatDistribution):
        trial.suggest_float(name, distribution.low, distribution.high, step=distribution.step, log=distribution.log)
