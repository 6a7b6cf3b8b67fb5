"""Runs jobs in worker processes of this machine, each with a copy of the objective."""

from __future__ import annotations

import atexit
import multiprocessing
import pickle
import shutil
import sys
import tempfile
import time
from collections import deque
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path

from bandits.curves import Trial
from bandits.errors import BanditsError, ObjectiveError, SettingError, described
from bandits.errors.checks import check_whole
from bandits.objectives.base import Measurement, Objective, WorkerSite, checkpoints_of
from bandits.runtime.event_order import Order, event_order
from bandits.runtime.executors import Crash, Executor, Report, WorkerLost
from bandits.runtime.memory import check_memory
from bandits.runtime.messages import Begin, Ended, FromWorker, Proceed, Ready, Stop, Stopped, Unfit
from bandits.runtime.worker_process import WorkerProcess
from bandits.schedulers.base import Job

__all__ = ["ProcessExecutor"]

_AHEAD = 2  # epochs that may begin after the last one whose verdict is known: one to be judged, one to be trained
_MOST_DEATHS = 5  # of workers in the same epoch of an arm
_MOST_FAILED_STARTS = 3  # of a worker, in a row
_LOOK_SECONDS = 5.0  # between searches for dead workers whose child processes keep their pipes open
_UNGUARDED = 86  # exit code of a worker that was about to start a run of its own


@dataclass(slots=True)
class _Running:
    """A job that has not ended, or that has epochs still to be reported."""

    ticket: int
    trial: Trial
    job: Job
    worker: WorkerProcess
    received: int  # the last epoch that its worker has reported
    reported: int  # the last epoch that the run knows of
    outcomes: deque[Measurement | str] = field(default_factory=deque)  # of the epochs between `reported` and `received`
    deaths: int = 0  # of workers in epoch received + 1
    lost: int = 0  # epochs that died with a worker and were begun again, since the last report


class ProcessExecutor(Executor):
    """Trains several arms at a time, each in a process of its own.

    A worker trains the next epoch while the last one is judged, but no further: a verdict reaches it within one
    epoch, and an epoch that it trained in vain is discarded. A worker that crashes or is killed loses its current
    epoch: another worker takes its place and goes on from the last checkpoint. That epoch is trained again; so are all
    of them if the objective has no checkpoints. If five workers die in the same epoch of an arm, the arm fails. Time is
    real time.

    Args:
        objective: what trains. It is pickled once; its `set_up` is called in every worker.
        workers: how many arms train at a time, >= 1.
        order: "arrival" reports epochs as they end. "fixed" reports them as if all took the same time, so that a run
            repeats, decision by decision, however long they take and whichever workers die (but for what their deaths
            cost of a budget); workers may then wait for each other (see `event_order.FixedOrder`).
        checkpoints: a folder for the checkpoints of arms that have not ended; it may not hold any yet. By default a
            temporary one, which is removed at the end.
        threads: CPU threads of each worker, >= 1. On one thread training repeats bit for bit.

    Raises:
        SettingError: an argument breaks its rule, memory does not suffice for so many workers, or the objective cannot
            be sent to other processes.
    """

    def __init__(
        self,
        objective: Objective,
        workers: int,
        *,
        order: Order = "arrival",
        checkpoints: str | Path | None = None,
        threads: int = 1,
    ) -> None:
        _refuse_in_a_worker()
        self.workers = check_whole("workers", workers, 1)
        check_whole("threads", threads, 1)
        check_memory(workers, objective.memory_per_worker)
        self._order = event_order(order)
        self._name = objective.name
        pickled = _pickled(objective)
        self._temporary = tempfile.TemporaryDirectory(prefix="bandits-") if checkpoints is None else None
        self._folder = Path(self._temporary.name) if self._temporary is not None else _empty_folder(checkpoints)
        devices = objective.devices or ("",)
        self._workers = [
            WorkerProcess(pickled, WorkerSite(devices[i % len(devices)], threads, self._folder)) for i in range(workers)
        ]
        self._running: dict[int, _Running] = {}
        self._tickets = 0
        self._latest: _Running | None = None  # the job that reported last, unless it was stopped
        self._losses: deque[WorkerLost] = deque()
        self._released: set[int] = set()
        self._began = time.monotonic()
        atexit.register(self.close)

    @property
    def clock(self) -> float:
        return time.monotonic() - self._began

    @property
    def idle(self) -> int:
        return self.workers - len(self._running)

    @property
    def busy(self) -> int:
        return len(self._running)

    @property
    def pids(self) -> list[int]:
        """The ids of the processes that exist now."""
        return [worker.pid for worker in self._workers if worker.pid is not None]

    def submit(self, trial: Trial, job: Job) -> None:
        self._tickets += 1
        running = _Running(self._tickets, trial, job, self._choose(trial.id), job.start, job.start)
        self._running[running.ticket] = running
        self._order.began(running.ticket)
        try:
            pickle.dumps(trial)
        except Exception as error:  # the configuration may hold anything
            self._arrived(
                running, f"the configuration must be one that worker processes can load, got {described(error)}"
            )
        else:
            self._begin(running)

    def next_event(self) -> Report | Crash | WorkerLost:
        self._let_proceed()
        while True:
            if self._losses:
                return self._losses.popleft()
            ticket = self._order.next()
            if ticket is not None:
                return self._report(self._running[ticket])
            self._listen()

    def stop(self, trial_id: int) -> None:
        running = next((running for running in self._running.values() if running.trial.id == trial_id), None)
        if running is not None:
            del self._running[running.ticket]
            self._order.left(running.ticket)
            running.worker.send(Stop(running.ticket))
            self._latest = None

    def release(self, trial: Trial) -> None:
        self._released.add(trial.id)
        for worker in self._workers:
            worker.free(trial.id)
        # A worker that is still in the last epoch of this trial removes the folder afterwards.
        if not any(trial.id == other for worker in self._workers for other, _ in worker.under_way.values()):
            self._remove(trial.id)

    def close(self) -> None:
        WorkerProcess.end_all(self._workers)
        for trial_id in self._released:  # a worker that was ended may have left something
            self._remove(trial_id)
        if self._temporary is not None:
            self._temporary.cleanup()
        atexit.unregister(self.close)

    # Jobs and their workers

    def _choose(self, trial_id: int) -> WorkerProcess:
        """An idle worker: the one that holds most epochs of the trial in memory, else one that can begin at once."""
        taken = {id(running.worker) for running in self._running.values()}
        idle = [worker for worker in self._workers if id(worker) not in taken]
        return min(
            idle, key=lambda worker: (-worker.holds.get(trial_id, 0), bool(worker.under_way), not worker.started)
        )

    def _begin(self, running: _Running) -> None:
        """Start or continue a job in its worker; start a process if there is none."""
        worker, trial, stop = running.worker, running.trial, running.job.stop
        if not worker.started:
            try:
                worker.start()
            except OSError as error:
                raise ObjectiveError(f"a worker process must be able to start, got {described(error)}") from error
        worker.holds[trial.id] = stop
        worker.under_way[running.ticket] = (trial.id, stop)
        job = Job(trial.id, running.received, stop)
        worker.send(Begin(running.ticket, trial, job, running.reported + _AHEAD))

    def _let_proceed(self) -> None:
        """The arm that reported last was not stopped, so it may go on."""
        if self._latest is not None:
            self._latest.worker.send(Proceed(self._latest.ticket, self._latest.reported + _AHEAD))
            self._latest = None
        for worker in self._workers:
            worker.send_freed()

    def _report(self, running: _Running) -> Report | Crash:
        """The next epoch of a job."""
        outcome = running.outcomes.popleft()
        lost, running.lost = running.lost, 0
        if isinstance(outcome, str):
            del self._running[running.ticket]
            return Crash(running.trial, outcome, self.clock, lost)
        running.reported = outcome.epoch
        if outcome.epoch == running.job.stop:
            del self._running[running.ticket]
        else:
            self._order.began(running.ticket)
            self._latest = running
        return Report(running.trial, outcome, self.clock, outcome.again + lost)

    # What workers say

    def _listen(self) -> None:
        """Wait until a worker sends something or dies, and handle that."""
        wait([each for worker in self._workers for each in worker.waitables], timeout=_LOOK_SECONDS)
        for worker in self._workers:
            messages, dead = worker.received()
            for message in messages:
                self._handle(worker, message)
            if dead:
                self._replace(worker)

    def _handle(self, worker: WorkerProcess, message: FromWorker) -> None:
        match message:
            case Ready():
                worker.ready = True
                worker.failed_starts = 0
            case Unfit(reason, setting):
                raise SettingError(reason) if setting else ObjectiveError(reason)
            case Stopped(ticket):
                del worker.under_way[ticket]
            case Ended(ticket, outcome):
                if isinstance(outcome, str) or outcome.epoch == worker.under_way[ticket][1]:
                    del worker.under_way[ticket]
                running = self._running.get(ticket)
                if running is not None:  # else it was stopped meanwhile
                    self._arrived(running, outcome)

    def _arrived(self, running: _Running, outcome: Measurement | str) -> None:
        if isinstance(outcome, Measurement):
            running.received = outcome.epoch
            running.deaths = 0
        running.outcomes.append(outcome)
        self._order.arrived(running.ticket)

    def _replace(self, worker: WorkerProcess) -> None:
        """Reap a worker that died; if a job is left half done, start another one to go on with it."""
        was_ready, unfinished = worker.ready, set(worker.under_way)
        reason, code = worker.reap()
        if not was_ready:
            worker.failed_starts += 1
            reason += " while it started"
            if code == _UNGUARDED:
                raise SettingError(_GUARD)
            if worker.failed_starts == _MOST_FAILED_STARTS:
                died = f"{_MOST_FAILED_STARTS} in a row could not, the last {reason}"
                raise ObjectiveError(f"{self._name} must be able to train in worker processes: {died}")
        running = next((self._running[ticket] for ticket in unfinished if ticket in self._running), None)
        if running is None:
            self._losses.append(WorkerLost(None, 0, reason, self.clock))
            return
        epoch = running.received + 1
        running.deaths += was_ready
        self._losses.append(WorkerLost(running.trial.id, epoch, reason, self.clock))
        if running.deaths == _MOST_DEATHS:
            self._arrived(running, f"the worker process {reason} five times at epoch {epoch}")
        else:
            running.lost += was_ready
            self._begin(running)

    def _remove(self, trial_id: int) -> None:
        shutil.rmtree(self._folder / checkpoints_of(trial_id), ignore_errors=True)


_GUARD = (
    "a script that trains in worker processes must start its run under `if __name__ == '__main__':`;"
    " this script does not"
)


def _refuse_in_a_worker() -> None:
    """End a worker that imports the user's script and so reaches the call of the run that started it."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        sys.exit(_UNGUARDED)


def _pickled(objective: Objective) -> bytes:
    try:
        return pickle.dumps(objective, protocol=pickle.HIGHEST_PROTOCOL)
    except BanditsError:
        raise
    except Exception as error:  # pickle may raise any type
        rule = "must be an objective that can be pickled, to train in worker processes"
        raise SettingError(f"`objective` {rule}, got {objective.name} ({described(error)})") from error


def _empty_folder(checkpoints: str | Path | None) -> Path:
    folder = Path(checkpoints or "").resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        old = next(folder.glob("trial-*"), None)
    except OSError as error:
        raise SettingError.broken("`checkpoints`", "must be a folder that can be written", str(checkpoints)) from error
    if old is not None:
        rule = "must be a folder that holds no checkpoints of another run"
        raise SettingError.broken("`checkpoints`", rule, str(old))
    return folder
