"""Epochs a second of all arms together, when 1, 2, 4, ... of them share the device, each in a process of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from subprocess import SubprocessError
from typing import Any

from bandits import RandomSearch, run
from bandits.architectures import Grammar
from bandits.errors import BanditsError
from bandits.runtime.process_executor import ProcessExecutor
from bandits.runtime.records import Epoch, TrialFailed
from bandits.runtime.result import Result
from benchmarks.gpu.budget import Budget, Enough
from benchmarks.gpu.mps import mps
from benchmarks.gpu.nets import net_named
from benchmarks.gpu.samplers import Same
from benchmarks.gpu.settings import Setting, Sizes

__all__ = ["measure_sharing", "together", "why_not_worth_it"]

BATCH_SIZE, RATE = 128, 1e-3
_ENDLESS = 1_000_000  # epochs
_LEAST = 3  # reports of every arm while all of them train
_PATIENCE = 20.0  # seconds beyond its share of the budget that a measurement may take, where these reports need it


def measure_sharing(setting: Setting, sizes: Sizes, budget: Budget, no_mps: str | None) -> dict[str, Any]:
    """Measure every number of arms, each with an equal share of the time, processes' starts included.

    Args:
        setting, sizes, budget: as for all parts.
        no_mps: why the Multi-Process Service cannot be used; None where it can, and every number above 1 is measured
            with it as well.
    """
    cases = [(arms, False) for arms in sizes.arms]
    if no_mps is None:
        cases += [(arms, True) for arms in sizes.arms if arms > 1]
    rows: list[dict[str, Any]] = []
    alone: float | None = None
    for arms, served in cases:
        share = budget.part(len(cases) - len(rows))
        try:
            with mps(served):
                measured = _measure(setting, arms, share)
        except (BanditsError, OSError, SubprocessError) as error:  # the other numbers are still worth having
            measured = {"epochs_per_second": None, "epochs": 0, "failed": [str(error)]}
        row = {"arms": arms, "mps": served, **measured}
        if arms == 1:
            alone = row["epochs_per_second"]
        rate = row["epochs_per_second"]
        row["times_alone"] = rate / alone if rate and alone else None
        rows.append(row)
        told = "too few reports" if rate is None else f"{rate:8.2f} epochs a second"
        print(f"{arms:3} arms{', MPS' if served else '':5} {told}", flush=True)
    return {"net": _net(setting), "batch_size": BATCH_SIZE, "mps_unavailable": no_mps, "goal": 3.0, "rows": rows}


def why_not_worth_it(result: Mapping[str, Any]) -> str | None:
    """Why other parts had better do without the service, from what `measure_sharing` found; None where it pays."""
    best = {
        served: max((row["epochs_per_second"] or 0.0 for row in result["rows"] if row["mps"] is served), default=0.0)
        for served in (False, True)
    }
    return None if best[True] > best[False] else "arms trained no faster with it"


def together(epochs: Iterable[Epoch], arms: int) -> float | None:
    """Epochs a second of all arms, while all of them train.

    The time counts from the moment at which every arm has reported once: an arm's rate is the number of epochs between
    its first and its last report after that, by the seconds between them.

    Returns:
        The sum of the rates; None unless every arm has two such reports.
    """
    clocks = defaultdict(list)
    for epoch in epochs:
        clocks[epoch.trial].append(epoch.clock)
    if len(clocks) < arms:
        return None
    begin = max(times[0] for times in clocks.values())
    counted = [[clock for clock in times if clock >= begin] for times in clocks.values()]
    if any(len(times) < 2 for times in counted):
        return None
    return sum((len(times) - 1) / (times[-1] - times[0]) for times in counted)


def _measure(setting: Setting, arms: int, budget: Budget) -> dict[str, Any]:
    objective = setting.objective(max_epochs=_ENDLESS, batch_size=BATCH_SIZE)
    patience = Budget(budget.left + _PATIENCE)

    def watch(result: Result) -> None:
        if patience.left == 0 or (budget.left == 0 and _told_enough(result, arms)):
            raise Enough

    config = {"net": _net(setting), "lr": RATE}
    result = run(
        RandomSearch(arms, _ENDLESS), objective,
        sampler=Same(config), seed=setting.seed, executor=ProcessExecutor(objective, arms), watch=watch,
    )  # fmt: skip
    records = list(result.journal.records())
    epochs = [record for record in records if isinstance(record, Epoch)]
    return {
        "epochs_per_second": together(epochs, arms),
        "epochs": len(epochs),
        "first_report": min((epoch.clock for epoch in epochs), default=None),
        "all_report": max(_firsts(epochs), default=None),
        "seconds": result.seconds,
        "failed": [record.reason for record in records if isinstance(record, TrialFailed)],
    }


def _told_enough(result: Result, arms: int) -> bool:
    trained = [result.scheduler.arms[trial].epochs for trial in result.trials]
    return len(trained) == arms and min(trained) >= 1 + _LEAST


def _firsts(epochs: Iterable[Epoch]) -> list[float]:
    first: dict[int, float] = {}
    for epoch in epochs:
        first.setdefault(epoch.trial, epoch.clock)
    return list(first.values())


def _net(setting: Setting) -> str:
    shape = setting.objective(max_epochs=1).shape
    return net_named("small", Grammar.for_images(shape.size, shape.channels, shape.classes))
