"""Who teaches now, of the trials that may: a training set that grows in jumps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["TeachingTrials", "TrainingSet", "training_size"]


def training_size(available: int, start: int | None, growth: float) -> int:
    """With how many of the trials that may teach the training set ends.

    Args:
        available: how many trials may teach.
        start: how many the first fit learns from; None while that is open.
        growth: how much larger the set must be for each further fit, >= 1.

    Example:
        >>> [training_size(n, start=8, growth=1.25) for n in (7, 8, 9, 10, 12, 13)]
        [7, 8, 8, 10, 10, 13]
    """
    if start is None or available < start:
        return available
    size = start
    while (larger := max(size + 1, math.ceil(size * growth))) <= available:
        size = larger
    return size


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """What is learnt from: two that are equal teach the same.

    Args:
        numbers: of the trials, in the order in which they finished.
        audits_from: the index of the first one that was not learnt from when the first trial was censored: from there
            on they are audits. Their number while none has been.
    """

    numbers: tuple[int, ...]
    audits_from: int


class TeachingTrials:
    """The trials that may teach, and the training set: the latest of the first so many of them.

    So of n trials only O(log n) bring a new fit, and which ones they are depends on the trials alone, not on how often
    the pruner has been asked.

    Args:
        most: the largest number of trials that teach at a time, >= 1.
        growth: by which the training set grows from fit to fit, >= 1.
        start: how many trials the first fit learns from; None until `begin`, while all of them are the training set.
    """

    def __init__(self, *, most: int, growth: float, start: int | None = None) -> None:
        self._most, self._growth, self._start = most, growth, start
        self._numbers: list[int] = []
        self._size_when_censored: int | None = None
        self._training_set: TrainingSet | None = None  # None when it may have changed

    def __len__(self) -> int:
        """How many trials may teach."""
        return len(self._numbers)

    @property
    def numbers(self) -> Sequence[int]:
        """Numbers of the trials that may teach, in the order in which they finished."""
        return self._numbers

    @property
    def has_begun(self) -> bool:
        """Whether it is known with how many trials the first fit is made."""
        return self._start is not None

    @property
    def size(self) -> int:
        """With how many of the trials that may teach the training set ends."""
        return training_size(len(self._numbers), self._start, self._growth)

    def add(self, number: int) -> None:
        """Let one more trial teach."""
        self._numbers.append(number)
        self._training_set = None

    def begin(self) -> None:
        """Make the first fit with the trials that there are now."""
        self._start = len(self._numbers)
        self._training_set = None

    def censor(self) -> None:
        """From the first time on, whoever is not in the training set yet is an audit."""
        if self._size_when_censored is None:
            self._size_when_censored = self.size
            self._training_set = None

    def training_set(self) -> TrainingSet:
        """Who teaches now."""
        if self._training_set is None:
            size = self.size
            first = max(0, size - self._most)
            audits_from = size if self._size_when_censored is None else min(self._size_when_censored, size)
            self._training_set = TrainingSet(tuple(self._numbers[first:size]), max(0, audits_from - first))
        return self._training_set
