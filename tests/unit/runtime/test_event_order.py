"""Whose epoch is reported next."""

from bandits.runtime.event_order import ArrivalOrder, EventOrder, FixedOrder


def told(order: EventOrder) -> list[int]:
    """Everything that can be reported now; each job goes on afterwards."""
    found = []
    while (ticket := order.next()) is not None:
        found.append(ticket)
        order.began(ticket)
    return found


def test_in_order_of_arrival() -> None:
    """First come, first served; what a stopped job has left is forgotten."""
    order = ArrivalOrder()
    for ticket in (1, 2):
        order.began(ticket)
    for ticket in (2, 2, 1):
        order.arrived(ticket)
    assert order.next() == 2
    order.left(2)

    assert [1] == told(order)


def test_a_fixed_order_waits_for_whose_turn_it_is() -> None:
    """However many epochs others have ready; jobs take turns in the order in which they were submitted."""
    order = FixedOrder()
    for ticket in (1, 2, 3):
        order.began(ticket)
    for ticket in (3, 3, 2):
        order.arrived(ticket)
    assert [] == told(order)
    order.arrived(1)
    assert [1, 2, 3] == told(order)
    for ticket in (2, 1):
        order.arrived(ticket)

    assert [1, 2, 3] == told(order)


def test_a_job_that_comes_later_waits_for_those_under_way() -> None:
    """Its first epoch begins with the second ones of the others, after those that began before it."""
    order = FixedOrder()
    for ticket in (1, 2):
        order.began(ticket)
        order.arrived(ticket)
    assert order.next() == 1
    order.began(3)  # in place of job 1, which has ended
    for ticket in (3, 2):
        order.arrived(ticket)

    assert [2, 3, 2] == told(order)


def test_a_stopped_job_is_not_waited_for() -> None:
    """Others go on without it."""
    order = FixedOrder()
    for ticket in (1, 2):
        order.began(ticket)
        order.arrived(ticket)
    assert order.next() == 1
    order.began(1)
    order.left(1)
    order.arrived(2)

    assert [2, 2] == told(order)
