"""The bar of a study: the score that a trial must beat."""

from __future__ import annotations

from bisect import insort

__all__ = ["Bar"]


class Bar:
    """The n-th best score of the completed trials so far.

    Args:
        keep: n, >= 1.

    Example:
        >>> bar = Bar(keep=2)
        >>> for score in (0.5, 0.9, 0.7):
        ...     bar.add(score)
        >>> bar.score
        0.7
    """

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._best: list[float] = []  # ascending, at most `keep` of them

    def add(self, score: float) -> None:
        """Add the score of a completed trial."""
        insort(self._best, score)
        del self._best[: -self._keep]

    @property
    def score(self) -> float | None:
        """The largest score at which a trial still loses; None while fewer than `keep` trials are complete."""
        return self._best[0] if len(self._best) == self._keep else None
