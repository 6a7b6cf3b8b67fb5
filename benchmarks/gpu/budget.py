"""Time that a part may take, and how a run ends when it is spent."""

from __future__ import annotations

import time
from collections.abc import Callable

from bandits.runtime.result import Result

__all__ = ["Budget", "Enough"]


class Enough(KeyboardInterrupt):
    """Ends a run as Ctrl-C does: what was measured until then is kept."""


class Budget:
    """So many seconds from now on."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds

    @property
    def left(self) -> float:
        """Seconds, >= 0."""
        return max(0.0, self._end - self._clock())

    def part(self, among: int) -> Budget:
        """An equal share of what is left."""
        return Budget(self.left / among, self._clock)

    def watch(self, result: Result) -> None:  # noqa: ARG002 - the form of a watch
        """For `bandits.run(watch=...)`: end the run when the time is up.

        Raises:
            Enough: it is.
        """
        if self.left == 0:
            raise Enough
