"""What trials returned, held against what they reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from bandits.curves import Goal, Metric
from bandits.studies.readers.reported_metric import reported_metric
from bandits.studies.study import Reports, StudyTrial

ACCURACY = Metric("accuracy", "maximize")
ENDS = (0.9, 0.5, 0.7, 0.8, 0.6)


def trials(report: Callable[[float, int], float], value: Callable[[Sequence[float]], float]) -> list[StudyTrial]:
    """Trials whose reports follow from their end and the epoch, and whose value follows from the reports."""
    made = []
    for end in ENDS:
        reports = [report(end, epoch) for epoch in range(1, 6)]
        made.append(StudyTrial({}, {}, Reports.of(range(1, 6), reports), value=value(reports)))
    return made


def rising(end: float, epoch: int) -> float:
    return end * (1 - 0.5**epoch)


def test_a_value_that_was_reported_last_is_the_same() -> None:
    """Nothing is said, though it passed through single precision."""
    found = reported_metric(ACCURACY, trials(rising, lambda reports: reports[-1] * (1 + 1e-8)))

    assert (found.metric, found.returned, found.notes) == (ACCURACY, None, ())


def test_the_best_report_is_the_same_metric() -> None:
    """That it is another value than the last one is said."""
    found = reported_metric(ACCURACY, trials(lambda end, epoch: end - 0.1 * (epoch == 5), max))

    assert (found.metric, found.returned) == (ACCURACY, None)
    assert found.notes == ("5 of 5 complete trials returned another value than their last report",)


@pytest.mark.parametrize("goal", [None, "maximize", "minimize"])
def test_losses_beside_a_returned_accuracy_are_minimized(goal: Goal | None) -> None:
    """Ranks tell, whatever goal is taken for what does not tell."""
    found = reported_metric(
        ACCURACY, trials(lambda end, epoch: 2 - rising(end, epoch), lambda reports: 2 - reports[-1]), goal
    )

    assert found.metric == Metric("", "minimize")
    assert found.returned == ACCURACY
    assert "5 of 5 complete trials returned another metric than they reported" in found.notes[0]
    assert "read as smaller is better" in found.notes[0]


def test_a_test_score_is_better_the_same_way() -> None:
    """It is another quantity all the same."""
    found = reported_metric(ACCURACY, trials(rising, lambda reports: reports[-1] - 0.05))

    assert (found.metric, found.returned) == (ACCURACY, ACCURACY)
    assert "read as larger is better" in found.notes[0]


def test_where_ranks_do_not_tell_the_goal_that_is_given_does() -> None:
    """Without one, where the reports go."""
    made = trials(lambda end, epoch: 1 / epoch, lambda reports: 0.55)

    assert reported_metric(ACCURACY, made).metric.goal == "minimize"
    assert reported_metric(ACCURACY, made, "maximize").metric.goal == "maximize"


def test_two_trials_tell_nothing() -> None:
    """Nor do trials that were stopped."""
    made = trials(rising, lambda reports: 7.0)

    assert reported_metric(ACCURACY, made[:2]).returned is None
    stopped = [StudyTrial({}, {}, one.reports, "stopped", one.value) for one in made]
    assert reported_metric(ACCURACY, stopped).returned is None
