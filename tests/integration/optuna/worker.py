"""A process that works on an Optuna study together with others.

    python -m tests.integration.optuna.worker

It reads jobs from stdin, one JSON object a line, and answers each with a line on stdout; it ends with its stdin.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import optuna
from optuna.storages import BaseStorage, GrpcStorageProxy, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import MaxTrialsCallback
from optuna.trial import FrozenTrial, TrialState

from bandits.integrations.optuna import PredictivePruner
from bandits.predictors import LastSeenValue
from bandits.stopping import Verdict

EPOCHS = 8
TRIALS = 26
BEST = 16  # the trial whose curve is above all others at every epoch
GRACE = 1  # seconds without a heartbeat until a process is taken for dead
ENDED = (TrialState.COMPLETE, TrialState.PRUNED)


def open_storage(place: str) -> BaseStorage | str:
    """A storage by its address: `journal:FILE`, `grpc:PORT`, `heartbeat:URL`, or a URL that Optuna knows."""
    kind, _, rest = place.partition(":")
    if kind == "journal":
        return JournalStorage(JournalFileBackend(rest))
    if kind == "grpc":
        return GrpcStorageProxy(host="localhost", port=int(rest))
    if kind == "heartbeat":
        again = optuna.storages.RetryHeartbeatStaleTrialCallback(max_retry=1)
        return RDBStorage(rest, heartbeat_interval=1, grace_period=GRACE, heartbeat_stale_trial_callback=again)
    return place


def pruner() -> PredictivePruner:
    """The pruner that every process has, with the same settings."""
    return PredictivePruner(LastSeenValue(min_curves=5), max_epochs=EPOCHS, n_startup_trials=5)


def curve(number: int) -> list[float]:
    """The accuracies of a trial, told by its number alone: whichever process trains it, the curve is the same."""
    level = 0.9 if number == BEST else float(np.random.default_rng(number).uniform(0.2, 0.7))
    return [level * (1 - math.exp(-0.5 * epoch)) for epoch in range(1, EPOCHS + 1)]


def objective(hang: bool = False) -> Callable[[optuna.Trial], float]:
    """What trains a trial; one that is to hang says so in the middle of it and sleeps for ever."""

    def train(trial: optuna.Trial) -> float:
        scores = curve(trial.number)
        for epoch, score in enumerate(scores, start=1):
            trial.report(score, epoch)
            if hang:
                tell(trial.number)
                time.sleep(600)
            time.sleep(0.002)  # lets others have their turn
            if trial.should_prune():
                raise optuna.TrialPruned
        return scores[-1]

    return train


def optimise(study: optuna.Study, hang: bool = False, trials: int = TRIALS, jobs: int = 1) -> None:
    """Work on a study until so many of its trials have ended."""
    study.optimize(objective(hang), n_jobs=jobs, callbacks=[MaxTrialsCallback(trials, states=ENDED)])


def explained(study: optuna.Study, trials: list[FrozenTrial]) -> list[Verdict]:
    """What the study's pruner says of some trials."""
    assert isinstance(study.pruner, PredictivePruner)
    return [study.pruner.explain(study, trial) for trial in trials]


def opinions(study: optuna.Study) -> list[list[str]]:
    """What the study's pruner says of the trials that are running."""
    asked = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    return [[type(verdict).__name__, verdict.reason] for verdict in explained(study, asked)]


def tell(answer: Any) -> None:
    print(json.dumps(answer), flush=True)  # noqa: T201 - read by who started it


def main() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = None
    for line in sys.stdin:
        job = json.loads(line)
        match job.pop("do"):
            case "optimise":
                study = optuna.load_study(
                    study_name=job["study"], storage=open_storage(job["storage"]), pruner=pruner()
                )
                optimise(study, hang=job["hang"])
                tell("done")
            case "opinions":
                assert study is not None
                tell(opinions(study))


if __name__ == "__main__":
    main()
