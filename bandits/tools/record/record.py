"""Train random configurations in full, and write their learning curves."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bandits.objectives.base import Objective
from bandits.runtime.executors import Executor
from bandits.runtime.journal import Journal, MemoryJournal
from bandits.runtime.loop import run
from bandits.runtime.result import Result
from bandits.samplers.base import Sampler
from bandits.schedulers.random_search import RandomSearch
from bandits.tools.record.curve_file import CurveFileJournal
from bandits.tools.record.environment import environment

__all__ = ["Recording", "record"]


@dataclass(frozen=True, slots=True)
class Recording:
    """A table that was recorded.

    Args:
        path: the csv file.
        about: the JSON file beside it: settings, environment, and why trials failed.
        rows: number of configurations in the file.
        failed: number of them that failed.
        result: the run.
    """

    path: Path
    about: Path
    rows: int
    failed: int
    result: Result


def record(
    objective: Objective,
    path: str | os.PathLike[str],
    *,
    trials: int,
    max_epochs: int | None = None,
    seed: int = 0,
    workers: int = 1,
    sampler: Sampler | None = None,
    executor: Executor | None = None,
    journal: Journal | None = None,
    watch: Callable[[Result], None] | None = None,
) -> Recording:
    """Train random configurations in full, and write their learning curves as a table for `CurveTable`.

    The file is written again whenever a trial ends. An interrupt (Ctrl-C) ends the recording early: the file then
    holds what was measured, with empty cells for epochs that were not trained. The measured part of a failed trial is
    kept as well.

    Args:
        objective: what to train.
        path: path of the csv file to write, a new one; settings and environment go to a .json file beside it.
        trials: number of configurations, >= 1.
        max_epochs: T, the epochs of each; by default the objective's length.
        seed: seed of the configurations and the trainings, >= 0.
        workers: how many train at a time.
        sampler: chooses the configurations; by default the objective's own sampler, with this seed.
        executor: where they train; see `bandits.run`.
        journal: another journal for every event.
        watch: called after every event, for a live view.

    Returns:
        The paths of the table, and the run.

    Raises:
        SettingError: an argument breaks its rule.
    """
    epochs = objective.max_epochs if max_epochs is None else max_epochs
    search = RandomSearch(trials, epochs)
    inner = MemoryJournal() if journal is None else journal
    curves = CurveFileJournal(path, metric=objective.metric, epochs=epochs, inner=inner)
    began = datetime.now(UTC)
    result = run(
        search,
        objective,
        sampler=sampler,
        seed=seed,
        workers=workers,
        executor=executor,
        journal=curves,
        watch=watch,
    )
    about = curves.path.with_suffix(".json")
    said = {
        "objective": objective.name,
        "metric": {"name": objective.metric.name, "goal": objective.metric.goal, "unit": objective.metric.unit},
        "trials": trials,
        "epochs": epochs,
        "seed": seed,
        "workers": result.workers,
        "device": ", ".join(objective.devices),
        "interrupted": result.interrupted,
        "began": began.isoformat(timespec="seconds"),
        "seconds": round(result.seconds, 1),
        "failed": {str(trial): reason for trial, reason in curves.failures.items()},
        "environment": environment(),
    }
    about.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    return Recording(curves.path, about, len(curves), len(curves.failures), result)
