"""The training set: which of the trials that may teach are used. It grows in steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["TeachingTrials", "TrainingSet", "training_size"]


def training_size(available: int, start: int | None, growth: float) -> int:
    """How many of the trials that may teach have been considered for the training set.

    Args:
        available: how many trials may teach.
        start: how many the first fit learns from; None while that is undecided.
        growth: factor by which the set grows for each further fit, >= 1.

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
    """A training set; equal sets teach the same.

    Args:
        numbers: numbers of the trials, in the order in which they finished.
        audits_from: index of the first trial that no fit had used when the first trial was censored; it and later ones
            are audits. The number of trials while none has been censored.
    """

    numbers: tuple[int, ...]
    audits_from: int


class TeachingTrials:
    """The trials that may teach, and the training set: at most `most` of them, the latest up to the last growth.

    So n trials need only O(log n) fits. The fits depend on the trials alone, not on how often the pruner was called.

    Args:
        most: the largest training set, >= 1.
        growth: factor by which the training set grows from fit to fit, >= 1.
        start: how many trials the first fit learns from; None until `begin`, while all trials are the training set.
    """

    def __init__(self, *, most: int, growth: float, start: int | None = None) -> None:
        self._most, self._growth, self._start = most, growth, start
        self._numbers: list[int] = []
        self._size_when_censored: int | None = None
        self._training_set: TrainingSet | None = None  # None if it may have changed

    def __len__(self) -> int:
        """How many trials may teach."""
        return len(self._numbers)

    @property
    def numbers(self) -> Sequence[int]:
        """Numbers of the trials that may teach, in the order in which they finished."""
        return self._numbers

    @property
    def has_begun(self) -> bool:
        """Whether the size of the first fit is decided."""
        return self._start is not None

    @property
    def size(self) -> int:
        """How many of the trials that may teach have been considered for the training set."""
        return training_size(len(self._numbers), self._start, self._growth)

    def add(self, number: int) -> None:
        """Add a trial that may teach."""
        self._numbers.append(number)
        self._training_set = None

    def begin(self) -> None:
        """Decide that the first fit uses the present trials."""
        self._start = len(self._numbers)
        self._training_set = None

    def censor(self) -> None:
        """Note the first censoring: trials that are not in the training set yet are audits from now on."""
        if self._size_when_censored is None:
            self._size_when_censored = self.size
            self._training_set = None

    def training_set(self) -> TrainingSet:
        """The present training set."""
        if self._training_set is None:
            size = self.size
            first = max(0, size - self._most)
            audits_from = size if self._size_when_censored is None else min(self._size_when_censored, size)
            self._training_set = TrainingSet(tuple(self._numbers[first:size]), max(0, audits_from - first))
        return self._training_set
