"""Work in a background thread, for callers that do not wait for a fit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

__all__ = ["BackgroundWork"]

T = TypeVar("T")


class BackgroundWork(Generic[T]):
    """Runs tasks one after another in one thread, in the order in which they are submitted.

    A newer task replaces a waiting one with the same key, so at most one task waits for each key. The thread ends when
    no task is left. It is a daemon thread, since the interpreter waits at its exit for Python's own thread pools, and a
    fit may take long.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[Hashable, tuple[Future[T], Callable[[], T]]] = {}
        self._thread: threading.Thread | None = None

    def submit(self, key: Hashable, work: Callable[[], T]) -> Future[T]:
        """Submit a task.

        Args:
            key: for whom the task is; a newer task with this key replaces it while it waits.
            work: called in the background; the future holds what it returns or raises.

        Returns:
            A future; it is cancelled if a newer task replaces the task.
        """
        future: Future[T] = Future()
        with self._lock:
            replaced = self._waiting.pop(key, None)
            self._waiting[key] = future, work
            # After a fork, the thread of the parent is not alive in the child.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="bandits fits", daemon=True)
                self._thread.start()
        if replaced is not None:
            replaced[0].cancel()
        return future

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                future, work = self._waiting.pop(next(iter(self._waiting)))
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except BaseException as error:  # as in Python's own pools: raised by `Future.result`
                    future.set_exception(error)
