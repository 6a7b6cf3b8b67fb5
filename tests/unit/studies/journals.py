"""Journals for the tests of exports and imports."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from bandits import EarlyStopper, Hyperband, Metric, Result, run
from bandits.objectives import FunctionObjective
from bandits.predictors import LastSeenValue
from bandits.runtime import records
from bandits.runtime.journal import SqliteJournal
from bandits.schedulers.lifecycle import State

LOSS = Metric("validation loss", goal="minimize")
SPACE = {
    "lr": FloatDistribution(1e-4, 1.0, log=True),
    "units": IntDistribution(8, 512, log=True),
    "kind": CategoricalDistribution(["a", "b"]),
}


def losses(max_epochs: int = 9) -> FunctionObjective:
    """An objective that fails for large rates after two epochs."""

    def train(config: Mapping[str, Any], seed: int) -> Iterator[float]:
        dice = random.Random(seed)  # noqa: S311 - not for secrets
        end = 0.2 + 0.1 * abs(math.log10(config["lr"]) + 2) + 0.5 / math.log2(config["units"])
        for epoch in range(1, max_epochs + 1):
            if config["lr"] > 0.3 and epoch > 2:
                raise ArithmeticError("diverged")
            yield end + 0.6**epoch + dice.gauss(0, 0.003)

    return FunctionObjective(train, space=SPACE, metric=LOSS, max_epochs=max_epochs)


def hyperband(path: Path, *, loops: int = 4, seed: int = 0) -> Result:
    """A run with arms of every end, in a journal."""
    with SqliteJournal.create(path) as journal:
        scheduler = Hyperband(max_epochs=9, loops=loops, stopper=EarlyStopper(LastSeenValue(min_curves=5)))
        return run(scheduler, losses(), seed=seed, journal=journal)


def write(path: Path, *entries: records.Record, metric: Metric = LOSS) -> Path:
    """A journal by hand: its beginning, then what is given."""
    with SqliteJournal.create(path) as journal:
        journal.append(records.RunStarted("random", {}, None, "f", metric.name, metric.goal, 0, 1))
        for entry in entries:
            journal.append(entry)
    return path


def arm(
    trial: int,
    values: Sequence[float],
    state: State | None = State.COMPLETED,
    *,
    config: Mapping[str, Any] | None = None,
    features: Mapping[str, float] | None = None,
    clock: float = 0.0,
) -> list[records.Record]:
    """The records of an arm that trains an epoch a second from `clock` on."""
    config = {"lr": 0.1 * (trial + 1)} if config is None else config
    numbers = {name: float(value) for name, value in config.items() if isinstance(value, int | float)}
    entries: list[records.Record] = [
        records.TrialStarted(trial, config, numbers if features is None else features, 0),
        records.JobStarted(trial, 0, max(len(values), 1), clock),
    ]
    entries += [records.Epoch(trial, e, value, 1.0, clock + e) for e, value in enumerate(values, start=1)]
    if state is State.FAILED:
        entries.append(records.TrialFailed(trial, len(values), "it broke", clock + len(values)))
    if state is not None:
        entries.append(records.Changed(trial, state, len(values), f"it is {state.value}"))
    return entries
