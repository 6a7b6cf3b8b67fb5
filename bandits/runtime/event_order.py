"""Which job reports its epoch next, when several jobs train at the same time."""

from __future__ import annotations

import heapq
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from typing import Literal

from bandits.errors.checks import check_choice

__all__ = ["ORDERS", "ArrivalOrder", "EventOrder", "FixedOrder", "Order", "event_order"]

Order = Literal["arrival", "fixed"]


class EventOrder(ABC):
    """Says which job reports next. Jobs are known by their tickets."""

    @abstractmethod
    def began(self, ticket: int) -> None:
        """A job was submitted, or goes on after its latest report."""

    @abstractmethod
    def arrived(self, ticket: int) -> None:
        """The job's next epoch has ended, and waits to be reported."""

    @abstractmethod
    def next(self) -> int | None:
        """The job whose epoch is to be reported now; None while that epoch has not ended."""

    @abstractmethod
    def left(self, ticket: int) -> None:
        """The job was stopped after its latest report."""


class ArrivalOrder(EventOrder):
    """Epochs are reported when they end: no worker waits for another, and two runs may differ."""

    def __init__(self) -> None:
        self._waiting: deque[int] = deque()

    def began(self, ticket: int) -> None:
        pass

    def arrived(self, ticket: int) -> None:
        self._waiting.append(ticket)

    def next(self) -> int | None:
        return self._waiting.popleft() if self._waiting else None

    def left(self, ticket: int) -> None:
        self._waiting = deque(other for other in self._waiting if other != ticket)


class FixedOrder(EventOrder):
    """Epochs are reported as if all took the same time: the order depends on the jobs alone, so that runs repeat.

    It is the order of a virtual clock on which a job starts when it is submitted and each epoch takes 1 second. If
    two epochs end at the same time, the one that began first comes first. So a run on N workers takes the same
    decisions as N simulated workers whose epochs all last a second. A worker that is ahead waits.
    """

    def __init__(self) -> None:
        self._clock = 0
        self._begun = 0
        self._ending: list[tuple[int, int, int]] = []  # (when, in which order begun, ticket), a heap
        self._arrived: dict[int, int] = {}  # epochs that have ended but were not reported, by ticket

    def began(self, ticket: int) -> None:
        self._begun += 1
        heapq.heappush(self._ending, (self._clock + 1, self._begun, ticket))

    def arrived(self, ticket: int) -> None:
        self._arrived[ticket] = self._arrived.get(ticket, 0) + 1

    def next(self) -> int | None:
        if not self._ending:
            return None
        when, _, ticket = self._ending[0]
        if ticket not in self._arrived:
            return None
        heapq.heappop(self._ending)
        self._clock = when
        self._arrived[ticket] -= 1
        if not self._arrived[ticket]:
            del self._arrived[ticket]
        return ticket

    def left(self, ticket: int) -> None:
        self._ending = [entry for entry in self._ending if entry[2] != ticket]
        heapq.heapify(self._ending)
        self._arrived.pop(ticket, None)


ORDERS: Mapping[Order, type[EventOrder]] = {"arrival": ArrivalOrder, "fixed": FixedOrder}


def event_order(order: Order) -> EventOrder:
    """The order of that name.

    Raises:
        SettingError: there is none.
    """
    return ORDERS[check_choice("order", order, ORDERS)]()
