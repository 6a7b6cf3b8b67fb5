"""An algorithm that ends by itself, made long enough to spend a budget."""

from __future__ import annotations

from bisect import bisect_right

from bandits.config import Choice, entry_settings
from bandits.objectives.base import Objective
from bandits.schedulers.base import Scheduler

__all__ = ["long_enough"]


def long_enough(algorithm: Choice, objective: Objective, epochs: int) -> Choice:
    """The same algorithm with so many loops, or trials, that it does not end before a budget is spent.

    Loops and trials that were given stay as they are. An algorithm without loops tries no row of a table twice. A
    single bracket that needs a number of trials gets as many as it can finish.

    Args:
        algorithm: with its `max_epochs`.
        objective: what trains.
        epochs: the budget.
    """
    rows = objective.configurations
    most = epochs if rows is None else min(rows, epochs)
    if algorithm.entry.sampler and _needs_trials(algorithm):  # its sampler plans for the number of trials
        return algorithm.unless_given(trials=epochs // algorithm.settings["max_epochs"])
    if not algorithm.accepts("loops"):
        return algorithm.unless_given(trials=most)
    if _needs_trials(algorithm):
        affordable = bisect_right(range(1, most + 1), epochs, key=lambda trials: _planned(algorithm, trials))
        algorithm = algorithm.unless_given(trials=max(1, affordable))
    one: Scheduler = algorithm.unless_given(loops=1).build(stopper=None)
    return algorithm.unless_given(loops=-(-epochs // one.total_trials))  # every arm costs an epoch or more


def _needs_trials(algorithm: Choice) -> bool:
    setting = entry_settings(algorithm.entry).get("trials")
    return setting is not None and setting.required


def _planned(algorithm: Choice, trials: int) -> int:
    scheduler: Scheduler = algorithm.unless_given(loops=1, trials=trials).build(stopper=None)
    return scheduler.planned_epochs or 0
