"""How a pruner says that it cannot do its work: by warnings, since a training must not die of its pruner."""

from __future__ import annotations

import inspect
import re
import warnings
from collections import deque

__all__ = ["Complaints", "PruningWarning"]

_PASSED_OVER = ("bandits.", "optuna.")


class PruningWarning(UserWarning):
    """A pruner cannot judge trials, for a reason that the user can change; they go on unpruned."""


class Complaints:
    """What a pruner has to say to the user about one study, each kind of sentence once.

    Whoever finds something notes it, in whatever thread; whoever is next called by the user tells it.
    """

    def __init__(self) -> None:
        self._noted: set[str] = set()
        self._untold: deque[str] = deque()

    def note(self, sentence: str, kind: str | None = None) -> None:
        """Have a sentence told, unless one of its kind has been noted before.

        Args:
            sentence: what is wrong, and what follows from it.
            kind: by default the sentence but for its numbers.
        """
        kind = re.sub(r"\d+", "", sentence) if kind is None else kind
        if kind not in self._noted:
            self._noted.add(kind)
            self._untold.append(sentence)

    def tell(self) -> None:
        """Warn of everything that was noted, at the line outside this library and Optuna from which the call came."""
        while self._untold:
            try:
                sentence = self._untold.popleft()
            except IndexError:  # another thread has told it
                return
            frame, level = inspect.currentframe(), 1
            while frame is not None and frame.f_globals.get("__name__", "").startswith(_PASSED_OVER):
                frame, level = frame.f_back, level + 1
            warnings.warn(sentence, PruningWarning, stacklevel=level)
