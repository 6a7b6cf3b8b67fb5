"""Fits for callers who do not wait for them: work that goes on in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

__all__ = ["BackgroundWork"]

T = TypeVar("T")


class BackgroundWork(Generic[T]):
    """Does one piece of work after another, in the order in which they come, in one thread.

    A piece that has not begun makes room for a newer one of the same key, so no more pieces wait than there are keys.
    The thread ends when nothing is left to do. It is a daemon: Python's own thread pools are waited for when the
    interpreter exits, and a fit may take long.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[Hashable, tuple[Future[T], Callable[[], T]]] = {}
        self._thread: threading.Thread | None = None

    def submit(self, key: Hashable, work: Callable[[], T]) -> Future[T]:
        """Have a piece of work done.

        Args:
            key: whom it is for.
            work: called in the background; what it returns or raises is the future's.

        Returns:
            The answer to come; it is cancelled when a newer piece takes its place.
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
                except BaseException as error:  # as in Python's own pools: raised where the answer is asked for
                    future.set_exception(error)
