"""The code of a worker process: it trains one job after another, and begins no epoch that the run has not allowed.

A worker imports this module and what the objective needs. It ignores Ctrl-C, which the run handles. It ends
when the run closes its side of the connection, or when the process of the run has ended.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import shutil
import signal
import threading
import warnings
from contextlib import suppress
from multiprocessing.connection import Connection, wait

from bandits.curves import Trial
from bandits.errors import MissingDependency, SettingError, described
from bandits.objectives.base import Objective, WorkerSite, checkpoints_of
from bandits.runtime.epochs import Epochs
from bandits.runtime.messages import Begin, Ended, Free, Proceed, Ready, Stop, Stopped, ToWorker, Unfit

__all__ = ["work"]


def work(connection: Connection, site: WorkerSite) -> None:
    """Train jobs until the run is over. The first message is the objective, pickled.

    Args:
        connection: the connection to the run, in both directions; see `messages`.
        site: where this worker trains.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_run, daemon=True).start()
    with suppress(EOFError, ConnectionError):  # the run is over
        objective = _objective(connection, site)
        if objective is not None:
            connection.send(Ready())
            _Worker(connection, objective, site).serve()


def _end_with_the_run() -> None:
    """Exit at once when the process of the run has ended, even in the middle of an epoch."""
    run = multiprocessing.parent_process()
    if run is not None:
        wait([run.sentinel])
        os._exit(1)


def _objective(connection: Connection, site: WorkerSite) -> Objective | None:
    """The objective, ready to train; None if that failed, and then the run has been told why."""
    pickled = connection.recv_bytes()
    try:
        objective: Objective = pickle.loads(pickled)  # noqa: S301 - from the run, which started this process
    except Exception as error:  # importing the user's module may raise anything
        rule = "the objective must be one that worker processes can import"
        connection.send(Unfit(f"{rule}, it gave {described(error)}", setting=True))
        return None
    try:
        objective.set_up(site)
    except Exception as error:  # the user's code may raise anything
        blamed = isinstance(error, SettingError | MissingDependency)
        rule = f"{objective.name} must get ready in worker processes"
        reason = str(error) if blamed else f"{rule}, got {described(error)}"
        connection.send(Unfit(reason, setting=blamed))
        return None
    return objective


class _Worker:
    """Serves one run."""

    def __init__(self, connection: Connection, objective: Objective, site: WorkerSite) -> None:
        self._connection = connection
        self._objective = objective
        self._folder = site.folder
        self._trained: dict[int, Trial] = {}  # the objective may hold something for these trials

    def serve(self) -> None:
        """Wait for jobs and train them, until the connection is closed."""
        while True:
            message: ToWorker = self._connection.recv()
            if isinstance(message, Begin):
                self._train(message)
            elif isinstance(message, Free):
                self._free(message)
            # every other message is about a job that has ended meanwhile

    def _train(self, job: Begin) -> None:
        """Train a job to its end, or until it fails or is stopped."""
        self._trained[job.trial.id] = job.trial
        epochs = Epochs(self._objective, job.trial, job.job)
        limit = job.limit
        while (new_limit := self._read_messages(job.ticket, epochs.epoch + 1, limit)) is not None:
            limit = new_limit
            outcome = epochs.next()
            self._connection.send(Ended(job.ticket, outcome))
            if isinstance(outcome, str) or epochs.epoch == epochs.stop:
                return
        del epochs  # closes the objective's generator
        self._connection.send(Stopped(job.ticket))

    def _read_messages(self, ticket: int, epoch: int, limit: int) -> int | None:
        """Read messages and wait until `epoch` may begin; return the new limit, or None if the job is stopped."""
        while limit < epoch or self._connection.poll():
            message: ToWorker = self._connection.recv()
            if isinstance(message, Free):
                self._free(message)
            elif isinstance(message, Proceed) and message.ticket == ticket:
                limit = message.limit
            elif isinstance(message, Stop) and message.ticket == ticket:
                return None
        return limit

    def _free(self, message: Free) -> None:
        for trial_id in message.trials:
            trial = self._trained.pop(trial_id, None)
            if trial is not None:
                try:
                    self._objective.release(trial)
                except Exception as error:  # the trial is over: a failing clean-up must not end the worker
                    warnings.warn(f"trial {trial_id} could not be released: {described(error)}", stacklevel=2)
            if self._folder is not None:
                shutil.rmtree(self._folder / checkpoints_of(trial_id), ignore_errors=True)
