"""Warnings of a pruner: a training must not fail because of its pruner, so problems are warnings."""

from __future__ import annotations

import inspect
import re
import warnings
from collections import deque

__all__ = ["PendingWarnings", "PruningWarning"]

_PASSED_OVER = ("bandits.", "optuna.")


class PruningWarning(UserWarning):
    """A pruner cannot judge trials, for a reason that the user can change; trials continue unpruned."""


class PendingWarnings:
    """Warnings about one study, each kind once.

    Any thread may add warnings; they are emitted in the user's next call.
    """

    def __init__(self) -> None:
        self._kinds: set[str] = set()
        self._pending: deque[str] = deque()

    def add(self, sentence: str, kind: str | None = None) -> None:
        """Add a warning, unless one of its kind has been added before.

        Args:
            sentence: what is wrong, and what follows from it.
            kind: name of its kind; by default the sentence without its numbers.
        """
        kind = re.sub(r"\d+", "", sentence) if kind is None else kind
        if kind not in self._kinds:
            self._kinds.add(kind)
            self._pending.append(sentence)

    def emit(self) -> None:
        """Emit all pending warnings, at the line outside this library and Optuna from which the call came."""
        while self._pending:
            try:
                sentence = self._pending.popleft()
            except IndexError:  # another thread has emitted the last one
                return
            frame, level = inspect.currentframe(), 1
            while frame is not None and frame.f_globals.get("__name__", "").startswith(_PASSED_OVER):
                frame, level = frame.f_back, level + 1
            warnings.warn(sentence, PruningWarning, stacklevel=level)
