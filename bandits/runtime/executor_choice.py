"""Which executor trains an objective."""

from __future__ import annotations

from pathlib import Path

from bandits.errors import SettingError
from bandits.errors.checks import check_whole
from bandits.objectives.base import Objective
from bandits.runtime.event_order import Order, event_order
from bandits.runtime.executors import Executor
from bandits.runtime.inline_executor import InlineExecutor

__all__ = ["executor_for"]


def executor_for(
    objective: Objective,
    workers: int = 1,
    *,
    order: Order = "arrival",
    checkpoints: str | Path | None = None,
    threads: int = 1,
) -> Executor:
    """Where an objective trains best: a replay in this process, on simulated workers; real training in this process
    too on a single worker, else in worker processes.

    Args:
        objective: what trains.
        workers: how many arms train at a time, >= 1.
        order: in which order worker processes report, as `ProcessExecutor` documents it. One worker has but one.
        checkpoints: a folder for checkpoints, as `ProcessExecutor` documents it; asks for a worker process even where
            there is one worker.
        threads: CPU threads of each worker process, >= 1; in this process an objective has what it was made with.

    Raises:
        SettingError: an argument breaks its rule, or worker processes cannot train the objective.
    """
    check_whole("workers", workers, 1)
    if objective.virtual_time and checkpoints is not None:
        raise SettingError.broken("`checkpoints`", f"must be left out for {objective.name}, a replay", str(checkpoints))
    if objective.virtual_time or (workers == 1 and checkpoints is None):
        event_order(order)  # refuses unknown ones
        return InlineExecutor(objective, workers)
    from bandits.runtime.process_executor import ProcessExecutor  # replays need not wait for its libraries

    return ProcessExecutor(objective, workers, order=order, checkpoints=checkpoints, threads=threads)
