"""Whole Hyperband runs on real networks in worker processes: how long they take, and what killing workers changes.

    python -m benchmarks.workers [--max-epochs 27] [--kills 20] [--out FILE] [--update-readme]

Every run is a process of its own and is timed from its start: what it imports, and what its workers do, counts.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bandits import Hyperband, Result, run
from bandits.objectives.cnn import CNNObjective
from bandits.rng import rng_for
from bandits.runtime import executor_for
from bandits.runtime.process_executor import ProcessExecutor
from bandits.runtime.records import Changed, Epoch, TrialFailed, WorkerLost
from bandits.schedulers import State
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results

HERE = Path(__file__).resolve().parent

SEED = 0
# name: workers, order, whether workers are killed
RUNS: dict[str, tuple[int, str, bool]] = {
    "1 worker": (1, "arrival", False),
    "2 workers": (2, "arrival", False),
    "2 workers, fixed order": (2, "fixed", False),
    "2 workers, fixed order, killed": (2, "fixed", True),
}


def one(name: str, max_epochs: int, kills: int) -> dict[str, Any]:
    """One run, in this process."""
    workers, order, killed = RUNS[name]
    objective = CNNObjective("digits", device="cpu", max_epochs=max_epochs)
    scheduler = Hyperband(max_epochs)
    executor = executor_for(objective, workers, order=order)  # type: ignore[arg-type]
    watch = None
    if killed:
        assert isinstance(executor, ProcessExecutor)
        watch = killer(executor, planned=scheduler.planned_epochs or 0, kills=kills)
    result = run(scheduler, objective, seed=SEED, executor=executor, watch=watch)
    return described(result)


def killer(executor: ProcessExecutor, planned: int, kills: int) -> Callable[[Result], None]:
    """Kills a random worker after each of `kills` random epochs of the `planned` ones, whatever it is doing then.

    Where all workers have been killed and none is there in their place yet, it waits for an epoch.
    """
    rng = rng_for(SEED, "kills")
    due = sorted(int(epoch) for epoch in 1 + rng.choice(planned - 1, kills, replace=False))
    killed: set[int] = set()

    def watch(result: Result) -> None:
        alive = [pid for pid in executor.pids if pid not in killed]
        if due and alive and result.epochs_trained >= due[0]:
            due.pop(0)
            pid = int(rng.choice(alive))
            killed.add(pid)
            os.kill(pid, signal.SIGKILL)

    return watch


def described(result: Result) -> dict[str, Any]:
    """What a run has decided and found, and what it cost."""
    records = list(result.journal.records())
    epochs = [record for record in records if isinstance(record, Epoch)]
    return {
        "epochs": result.epochs_trained,
        "training_seconds": sum(record.seconds for record in epochs),
        "clock_seconds": result.seconds,
        "lost_workers": sum(isinstance(record, WorkerLost) for record in records),
        "failed_arms": sum(isinstance(record, TrialFailed) for record in records),
        "finished": sorted(row["trial"] for row in result.rows() if row["state"] == State.COMPLETED.value),
        "best": [result.best_trial, result.best.epoch if result.best else None, result.best_value],
        "values": sorted([record.trial, record.epoch, record.value] for record in epochs),
        "decisions": [[r.trial, r.state.value, r.epoch] for r in records if isinstance(r, Changed)],
    }


def in_a_process(name: str, max_epochs: int, kills: int) -> dict[str, Any]:
    """One run, in a fresh process, with its wall seconds."""
    settings = ["--max-epochs", str(max_epochs), "--kills", str(kills)]
    began = time.perf_counter()
    shown = subprocess.run(
        [sys.executable, "-m", "benchmarks.workers", "--one", name, *settings],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    return {"wall_seconds": time.perf_counter() - began, **json.loads(shown)}


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--max-epochs", type=int, default=27)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "workers.json")
    parser.add_argument("--update-readme", action="store_true")
    parser.add_argument("--one", choices=RUNS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        print(json.dumps(one(arguments.one, arguments.max_epochs, arguments.kills)))
        return
    runs = {}
    for name in RUNS:
        runs[name] = in_a_process(name, arguments.max_epochs, arguments.kills)
        print(f"{name:32} {runs[name]['wall_seconds']:6.1f} s, {runs[name]['lost_workers']} workers lost", flush=True)
    calm, wild = runs["2 workers, fixed order"], runs["2 workers, fixed order, killed"]
    same = {what: calm[what] == wild[what] for what in ("finished", "best", "values", "decisions")}
    print(f"what {arguments.kills} kills left the same: {same}")
    settings = {"max_epochs": arguments.max_epochs, "kills": arguments.kills, "seed": SEED}
    for each in runs.values():
        del each["values"], each["decisions"]  # long, and compared by now
    write_results(
        arguments.out,
        {
            "benchmark": "workers",
            "command": command(),
            "machine": machine(),
            "settings": settings,
            "same_after_kills": same,
            "runs": runs,
        },
    )
    if arguments.update_readme:
        update_readme(HERE / "README.md", "results", table(runs, same, arguments.kills))


def table(runs: dict[str, dict[str, Any]], same: dict[str, bool], kills: int) -> str:
    """Rows of runs, and a sentence on the kills."""
    lines = ["| run | wall s | s of training | epochs | workers lost | finished arms | best |"]
    lines.append("|---|---:|---:|---:|---:|---:|---|")
    for name, each in runs.items():
        trial, epoch, value = each["best"]
        costs = (
            f"{each['wall_seconds']:.1f} | {each['training_seconds']:.1f} | {each['epochs']} | {each['lost_workers']}"
        )
        lines.append(f"| {name} | {costs} | {len(each['finished'])} | {value:.4f} (trial {trial}, epoch {epoch}) |")
    names = {
        "finished": "finished arms",
        "best": "best arm",
        "values": "value of every epoch",
        "decisions": "decisions",
    }
    told = ", ".join(f"{names[what]}: {'the same' if kept else 'CHANGED'}" for what, kept in same.items())
    return "\n".join([*lines, "", f"After {kills} kills, in a fixed order: {told}."])


if __name__ == "__main__":
    main()
