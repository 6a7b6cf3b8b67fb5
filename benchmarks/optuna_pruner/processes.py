"""Four processes on one Optuna study, some of which are killed: whether the study stays usable and the best is kept.

    python -m benchmarks.optuna_pruner.processes [--trials 200] [--kills 20] [--out FILE] [--update-readme]

PostgreSQL takes part where a server can be started.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock
from optuna.study import MaxTrialsCallback
from optuna.trial import TrialState

from bandits.integrations.optuna import PredictivePruner
from bandits.objectives import CurveTable
from bandits.predictors import SRM
from bandits.rng import rng_for
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results
from tests.integration.optuna.postgres_server import NoServer, postgres_server

HERE = Path(__file__).resolve().parent

SEED = 0
TABLE = "metaqnn_cifar10"
PROCESSES = 4
EPOCH_SECONDS = 0.005
STUDY = "killed"
STORAGES = ("journal file", "SQLite", "PostgreSQL")
GRACE = 5  # seconds until a lock is taken from a process that was killed while it held it; Optuna's default is 30
ENDED = (TrialState.COMPLETE, TrialState.PRUNED)


# What a process does


def open_storage(place: str) -> BaseStorage | str:
    """A storage by its address: `journal:FILE` or a URL."""
    kind, _, file = place.partition(":")
    if kind == "journal":
        return JournalStorage(JournalFileBackend(file, JournalFileSymlinkLock(file, grace_period=GRACE)))
    return place


def rows(table: CurveTable) -> list[int]:
    """The rows that trials 0, 1, ... train, whichever process trains them."""
    return [int(row) for row in rng_for(SEED, "rows").permutation(len(table.configs))]


def work(place: str, trials: int) -> None:
    """Take part in the study until so many of its trials have ended."""
    table = CurveTable(TABLE)
    order, names = rows(table), table.feature_names

    def objective(trial: optuna.Trial) -> float:
        row = order[trial.number]
        for name in names:
            trial.set_user_attr(name, table.configs[row][name])
        value = float("nan")
        for epoch, value in enumerate(map(float, table.curves[row]), start=1):
            time.sleep(EPOCH_SECONDS)
            trial.report(value, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return value

    pruner = PredictivePruner(SRM(model="ridge"), max_epochs=table.max_epochs, user_attrs=names)
    study = optuna.load_study(study_name=STUDY, storage=open_storage(place), pruner=pruner)
    study.optimize(objective, callbacks=[MaxTrialsCallback(trials, states=ENDED)])


# The process that kills


class Crew:
    """The processes at work; one that ends before the study does is replaced."""

    def __init__(self, place: str, trials: int) -> None:
        self._command = [
            sys.executable,
            "-m",
            "benchmarks.optuna_pruner.processes",
            "--trials",
            str(trials),
            "--work",
            place,
        ]
        self._alive = [self._start() for _ in range(PROCESSES)]
        self.takeovers = 0  # locks that were taken from a dead process
        self.errors: list[str] = []  # last lines of processes that ended with an error, not by a kill

    def _start(self) -> subprocess.Popen[str]:
        log = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - read when the process has ended
        process = subprocess.Popen(self._command, stderr=log, text=True)
        process.log = log  # type: ignore[attr-defined]
        return process

    def kill(self, index: int) -> None:
        """SIGKILL to one of them, whatever it is doing; another one takes its place."""
        process = self._alive[index]
        process.kill()
        process.wait()
        self._read(process)
        self._alive[index] = self._start()

    def look_after(self) -> None:
        """Replace those that died of an error."""
        for index, process in enumerate(self._alive):
            if process.poll():
                self._note(process)
                self._alive[index] = self._start()

    def finish(self) -> None:
        """Wait until all have ended."""
        for process in self._alive:
            if process.wait():
                self._note(process)
            else:
                self._read(process)

    def _note(self, process: subprocess.Popen[str]) -> None:
        said = self._read(process).strip().splitlines()
        self.errors.append(said[-1] if said else f"exit code {process.returncode}")

    def _read(self, process: subprocess.Popen[str]) -> str:
        log = process.log  # type: ignore[attr-defined]
        log.seek(0)
        said = str(log.read())
        log.close()
        self.takeovers += said.count("Forcibly releasing the lock file")
        return said


def killed_study(place: str, trials: int, kills: int) -> dict[str, Any]:
    """One study, whose processes are killed after random numbers of ended trials; what became of it."""
    rng = rng_for(SEED, "kills")
    due = sorted(int(count) for count in rng.choice(trials - PROCESSES, kills, replace=False))
    optuna.create_study(study_name=STUDY, direction="maximize", storage=open_storage(place))
    study = optuna.load_study(study_name=STUDY, storage=open_storage(place))
    began = time.perf_counter()
    crew = Crew(place, trials)
    while (ended := len(study.get_trials(deepcopy=False, states=ENDED))) < trials:
        if due and ended >= due[0]:
            due.pop(0)
            crew.kill(int(rng.integers(PROCESSES)))
        crew.look_after()
        time.sleep(0.05)
    crew.finish()
    seconds = time.perf_counter() - began
    return {
        "wall_seconds": seconds,
        "kills": kills,
        **described(place),
        "takeovers": crew.takeovers,
        "errors": crew.errors,
    }


def described(place: str) -> dict[str, Any]:
    """What a new process finds in the storage."""
    table = CurveTable(TABLE)
    order = rows(table)
    study = optuna.load_study(study_name=STUDY, storage=open_storage(place))
    trials = study.get_trials(deepcopy=False)
    states = Counter(trial.state for trial in trials)
    # The best of the curves that were not lost with a process: the pruner was to keep it.
    best = max(float(table.curves[order[trial.number]][-1]) for trial in trials if trial.state in ENDED)
    return {
        "trials": len(trials),
        "complete": states[TrialState.COMPLETE],
        "pruned": states[TrialState.PRUNED],
        "lost": states[TrialState.RUNNING],
        "failed": states[TrialState.FAIL],
        "epochs": sum(len(trial.intermediate_values) for trial in trials),
        "best_value": study.best_value,
        "best_curve": best,
        "best_kept": study.best_value == best,
    }


@contextmanager
def place_of(storage: str) -> Iterator[str]:
    """The address of a new storage.

    Raises:
        NoServer: it is PostgreSQL, and no server can be started.
    """
    if storage == "PostgreSQL":
        with postgres_server() as url:
            yield url
        return
    with tempfile.TemporaryDirectory() as folder:
        yield f"journal:{folder}/study.log" if storage == "journal file" else f"sqlite:///{folder}/study.db"


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "processes.json")
    parser.add_argument("--update-readme", action="store_true")
    parser.add_argument("--work", metavar="PLACE", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if arguments.work is not None:
        work(arguments.work, arguments.trials)
        return
    studies, left_out = {}, {}
    for storage in STORAGES:
        for kills in (0, arguments.kills):
            try:
                with place_of(storage) as place:
                    found = killed_study(place, arguments.trials, kills)
            except NoServer as why:
                left_out[storage] = str(why)
                break
            studies[f"{storage}, {kills} kills"] = found
            print(f"{storage}, {kills} kills: {json.dumps(found)}", flush=True)
    settings = {
        "table": TABLE, "processes": PROCESSES, "trials": arguments.trials, "kills": arguments.kills, "seed": SEED,
        "epoch_seconds": EPOCH_SECONDS, "lock_grace_seconds": GRACE,
    }  # fmt: skip
    payload = {
        "benchmark": "optuna_pruner/processes", "command": command(), "machine": machine(), "settings": settings,
        "left_out": left_out, "studies": studies,
    }  # fmt: skip
    write_results(arguments.out, payload)
    if arguments.update_readme:
        update_readme(HERE / "README.md", "processes", table_of(studies, left_out))


def table_of(studies: dict[str, dict[str, Any]], left_out: dict[str, str]) -> str:
    """A row a study, then what was left out."""
    lines = ["| study | complete | pruned | lost | failed | epochs | locks taken over | errors | best kept |"]
    lines.append("|---|---:|---:|---:|---:|---:|---:|---:|---|")
    for name, each in studies.items():
        counts = " | ".join(str(each[what]) for what in ("complete", "pruned", "lost", "failed"))
        best = "yes" if each["best_kept"] else f"NO: {each['best_value']:.4f}, not {each['best_curve']:.4f}"
        costs = f"{each['epochs']:,} | {each['takeovers']} | {len(each['errors'])}"
        lines.append(f"| {name} | {counts} | {costs} | {best} |")
    lines += ["", *(f"{storage} was left out: {why}." for storage, why in left_out.items())]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
