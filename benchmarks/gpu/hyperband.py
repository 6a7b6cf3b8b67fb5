"""A whole Hyperband run with and without the predictor: the same nets, the same seeds."""

from __future__ import annotations

import time
from typing import Any

from bandits import EarlyStopper, Hyperband, run
from bandits.predictors import SRM
from bandits.runtime.records import Epoch
from bandits.runtime.result import Result
from bandits.schedulers import State
from benchmarks.gpu.budget import Budget
from benchmarks.gpu.mps import mps
from benchmarks.gpu.samplers import LightNets
from benchmarks.gpu.settings import Setting, Sizes

__all__ = ["measure_hyperband"]

ETA, BATCH_SIZE = 3, 256


def measure_hyperband(setting: Setting, sizes: Sizes, budget: Budget, no_mps: str | None) -> dict[str, Any]:
    """Run both sides, each with half of the time; a run that does not fit is ended, and says so.

    Args:
        setting, sizes, budget: as for all parts.
        no_mps: why the Multi-Process Service cannot be used; None: it is.
    """
    sides = {"plain": None, "srm": EarlyStopper(SRM(), seed=setting.seed)}
    rows: list[dict[str, Any]] = []
    for side, stopper in sides.items():
        scheduler = Hyperband(sizes.max_epochs, ETA, sizes.loops, stopper=stopper)
        with mps(no_mps is None):
            row = {"side": side, **_measure(setting, sizes, scheduler, budget.part(len(sides) - len(rows)))}
        rows.append(row)
        print(f"{side:6} {row['wall_seconds']:8.1f} s {row['epochs']:6} epochs, best {row['best']}", flush=True)
    return {
        "max_epochs": sizes.max_epochs,
        "eta": ETA,
        "loops": sizes.loops,
        "workers": setting.workers,
        "batch_size": BATCH_SIZE,
        "heaviest": sizes.heaviest,
        "mps": no_mps is None,
        "rows": rows,
    }


def _measure(setting: Setting, sizes: Sizes, scheduler: Hyperband, budget: Budget) -> dict[str, Any]:
    objective = setting.objective(max_epochs=sizes.max_epochs, batch_size=BATCH_SIZE)
    sampler = LightNets(objective, setting.seed, sizes.heaviest)
    began = time.monotonic()
    result = run(
        scheduler, objective,
        sampler=sampler, seed=setting.seed, workers=setting.workers, watch=budget.watch,
    )  # fmt: skip
    return {"wall_seconds": time.monotonic() - began, **told(result)}


def told(result: Result) -> dict[str, Any]:
    """What a run came to, in numbers."""
    epochs = [record for record in result.journal.records() if isinstance(record, Epoch)]
    return {
        "run_seconds": result.seconds,
        "first_report": min((epoch.clock for epoch in epochs), default=None),
        "trials": len(result.trials),
        "epochs": result.epochs_trained,
        "training_seconds": sum(epoch.seconds for epoch in epochs),
        "best": result.best_value,
        "best_config": None if result.best_config is None else dict(result.best_config),
        **{state.value: result.count(state) for state in State if state.final},
        "interrupted": result.interrupted,
    }
