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
    """The executor in which an objective trains best.

    A replay runs in this process, on simulated workers. Real training runs in this process too if there is one worker,
    else in worker processes.

    Args:
        objective: what trains.
        workers: how many arms train at a time, >= 1.
        order: in which order worker processes report, as `ProcessExecutor` documents it. With one worker there is
            only one order.
        checkpoints: a folder for checkpoints, as `ProcessExecutor` documents it. If it is given, even a
            single worker is a worker process.
        threads: CPU threads of each worker process, >= 1. In this process, the objective's own setting applies
            instead.

    Raises:
        SettingError: an argument breaks its rule, or worker processes cannot train the objective.
    """
    check_whole("workers", workers, 1)
    if objective.virtual_time and checkpoints is not None:
        raise SettingError.broken("`checkpoints`", f"must be left out for {objective.name}, a replay", str(checkpoints))
    if objective.virtual_time or (workers == 1 and checkpoints is None):
        event_order(order)  # refuses unknown ones
        return InlineExecutor(objective, workers)
    from bandits.runtime.process_executor import ProcessExecutor  # imported here: replays do not need its libraries

    return ProcessExecutor(objective, workers, order=order, checkpoints=checkpoints, threads=threads)
