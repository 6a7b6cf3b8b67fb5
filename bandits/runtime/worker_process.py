"""A worker process, seen from the run: it starts when it is needed, and again when it has died."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from bandits.objectives.base import WorkerSite
from bandits.runtime.messages import Free, FromWorker, ToWorker
from bandits.runtime.worker import work

__all__ = ["WorkerProcess"]

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_SPAWN = get_context("spawn")  # a forked process would share the state of CUDA, and of every thread pool


@dataclass(slots=True, eq=False)
class WorkerProcess:
    """Holds at most one process at a time; when it has died, another one can start here.

    Args:
        objective: what it trains, pickled.
        site: where it trains.

    Attributes:
        started: True while there is a process, or one that has died and has not been reaped.
        ready: True once the process waits for jobs.
        failed_starts: how many processes have died in a row before they were ready.
        under_way: (trial, last epoch) of the jobs that it trains or will train, by ticket; stopped jobs are included.
        holds: trials for which it may hold something in memory, and up to which epoch at most.
    """

    objective: bytes
    site: WorkerSite
    ready: bool = False
    failed_starts: int = 0
    under_way: dict[int, tuple[int, int]] = field(default_factory=dict)
    holds: dict[int, int] = field(default_factory=dict)
    _to_free: list[int] = field(default_factory=list)
    _process: SpawnProcess | None = None
    _connection: Connection | None = None

    @property
    def started(self) -> bool:
        return self._process is not None

    @property
    def pid(self) -> int | None:
        """The process's number; None while there is none."""
        return None if self._process is None else self._process.pid

    @property
    def waitables(self) -> list[Connection | int]:
        """Objects to wait for: one becomes ready when the process sends something, or dies."""
        if self._process is None or self._connection is None:
            return []
        return [self._connection, self._process.sentinel]

    def start(self) -> None:
        """Start a process. It reports when it is ready; messages that are sent before that wait.

        Raises:
            OSError: the system cannot start it.
        """
        self._connection, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(target=work, args=(theirs, self.site), name="bandits worker")
        try:
            with _interrupts_held_back(), _environment(dict.fromkeys(_THREADS, str(self.site.threads))):
                process.start()
                self._process = process
        finally:
            theirs.close()
        with suppress(OSError):
            self._connection.send_bytes(self.objective)

    def send(self, message: ToWorker) -> None:
        """Send a message. If the process has died, the message is lost, and `received` will tell of the death."""
        if self._connection is not None:
            with suppress(OSError):
                self._connection.send(message)

    def free(self, trial_id: int) -> None:
        """Note that the process can free a trial; the next `send_freed` tells it."""
        if trial_id in self.holds:
            del self.holds[trial_id]
            self._to_free.append(trial_id)

    def send_freed(self) -> None:
        """Tell the process which trials it can free: all in one message, so that the connection takes it at once."""
        if self._to_free:
            self.send(Free(tuple(self._to_free)))
            self._to_free.clear()

    def received(self) -> tuple[list[FromWorker], bool]:
        """The messages since the last call, and whether the process has died; its last messages are included."""
        if self._process is None or self._connection is None:
            return [], False
        dead = not self._process.is_alive()  # asked first: what it sent before is in the connection
        messages: list[FromWorker] = []
        try:
            while self._connection.poll():
                messages.append(self._connection.recv())
        except (EOFError, OSError):  # OSError: it died in the middle of a message
            dead = True
        return messages, dead

    def reap(self) -> tuple[str, int | None]:
        """Forget a process that has died; return how it died, in words, and its exit code."""
        assert self._process is not None  # noqa: S101 - it was started
        code = _end([self._process], grace=5.0)[0]
        self._forget()
        return (
            f"was killed by signal {-code}" if code is not None and code < 0 else f"ended with exit code {code}"
        ), code

    def hang_up(self) -> None:
        """Let the process end: it ends itself if it waits for jobs, and is terminated if it trains."""
        if self._process is None or self._connection is None:
            return
        if self.ready and not self.under_way:
            self.send_freed()
        else:
            self._process.terminate()
        self._connection.close()

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.close()
        self._process = self._connection = None
        self.ready = False
        self.under_way.clear()
        self.holds.clear()
        self._to_free.clear()

    @staticmethod
    def end_all(workers: list[WorkerProcess]) -> None:
        """End all processes and wait for them."""
        for worker in workers:
            worker.hang_up()
        # With large libraries an interpreter takes a second to end. The worker has finished its work before that.
        _end([worker._process for worker in workers if worker._process is not None], grace=0.3)
        for worker in workers:
            worker._forget()


def _end(processes: list[SpawnProcess], grace: float) -> list[int | None]:
    """Wait for processes that are about to end; after `grace` seconds, force the rest to end. Return exit codes."""
    for seconds, force in ((grace, SpawnProcess.terminate), (2.0, SpawnProcess.kill)):
        deadline = time.monotonic() + seconds
        while (alive := [process for process in processes if process.is_alive()]) and time.monotonic() < deadline:
            wait([process.sentinel for process in alive], timeout=deadline - time.monotonic())
        for process in alive:
            force(process)
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Block Ctrl-C while a process starts. The process inherits the block, until it ignores Ctrl-C by itself."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # else the first process starts it, and it unblocks Ctrl-C
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Set environment variables for the processes that start meanwhile; libraries read them when they load."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
