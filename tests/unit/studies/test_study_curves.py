"""Reports of any source, read as curves by the policy of its kind."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import pytest

from bandits.curves import Metric
from bandits.errors import SettingError
from bandits.studies.policies import MEAN_OVER_SEEDS, Kind, Policy, settle
from bandits.studies.study import Reports, Study, StudyTrial
from bandits.studies.study_curves import StudyCurves, read_curves

NAN = math.nan
Pairs = Iterable[tuple[float, float]]


def study(*trials: Pairs, kind: Kind = "optuna", goal: str = "maximize", policy: Policy | None = None) -> Study:
    """A study whose trials reported these steps and values."""
    made = tuple(StudyTrial({}, {}, Reports.of(*zip(*pairs, strict=True))) for pairs in map(list, trials))
    return Study("mine", Metric("acc", goal), made, kind, policy)  # type: ignore[arg-type]


def curves(read: StudyCurves) -> list[list[float]]:
    return [np.round(curve.scores, 6).tolist() for _, curve in read.pairs()]


def numbered(values: Sequence[float], first: int = 1, stride: int = 1) -> Pairs:
    return [(first + stride * place, value) for place, value in enumerate(values)]


def test_gaps_are_filled_and_said() -> None:
    """A value that is no finite number, and an epoch without a report, come from their neighbours; the end does not."""
    read = read_curves(study([(1, NAN), (2, 0.2), (5, 0.5), (6, math.inf)]))

    assert curves(read) == [[0.2, 0.2, 0.3, 0.4, 0.5]]
    assert read.trials[0].measured == (2, 5)
    assert read.account.sentences() == [
        "3 epochs without a finite report (2 reports held no finite number): filled from the reports before and after",
    ]


def test_scores_are_oriented() -> None:
    """A larger score is better, also where a smaller value is."""
    assert curves(read_curves(study([(1, 3.0), (2, 2.0)], goal="minimize"))) == [[-3.0, -2.0]]


def test_steps_from_0_and_from_1() -> None:
    """Each trial counts as it does; one that does not tell follows the others."""
    read = read_curves(study(numbered([1.0, 2.0], 0), numbered([1.0, 2.0], 1), [(2, 5.0)]))

    assert curves(read) == [[1.0, 2.0], [1.0, 2.0], [5.0, 5.0, 5.0]]


def test_large_steps_are_counted_by_reports() -> None:
    """A curve is as long as its trial has reports, and the account says what an epoch is."""
    read = read_curves(study(*(numbered([0.1, 0.2, 0.3], 10**8, 10**8) for _ in range(2)), [(2 * 10**8, 0.4)]))

    assert curves(read) == [[0.1, 0.2, 0.3], [0.1, 0.2, 0.3], [0.4, 0.4]]
    assert read.account.sentences()[0] == (
        "steps go up to 300,000,000: an epoch is the interval between two reports, and the last of 3 epochs is step"
        " 300,000,000"
    )


def test_time_stamps_are_refused() -> None:
    """They count nothing; nor does what is no number."""
    with pytest.raises(SettingError, match="steps of mine must be finite numbers, got inf"):
        read_curves(study([(math.inf, 0.1)], kind="export"))
    with pytest.raises(SettingError, match=r"steps of mine must count epochs.* time stamps, got 1732900000"):
        read_curves(study([(1_732_900_000, 0.1)]))


def test_steps_that_go_down_are_counted_from_the_first() -> None:
    """That is a guess, and said; of trials that report in any other order nothing is guessed."""
    read = read_curves(study(numbered([0.1, 0.2, 0.3], 2, -1), numbered([0.1], 2)))

    assert read.counts_down
    assert curves(read) == [[0.1, 0.2, 0.3], [0.1]]
    assert read.account.notes == ("steps go down: read as counted down from the first one, which is epoch 1",)
    assert not read_curves(study([(3, 0.1), (1, 0.2), (2, 0.3)])).counts_down


def test_exports_count_reports() -> None:
    """Steps at which all reported are epochs 1, 2, ...; without such steps each trial's own reports are."""
    shared = study(numbered([1.0, 2.0, 3.0], 100, 100), [(100, 4.0), (300, 6.0)], kind="export")
    own = study(numbered([1.0, 2.0, 3.0], 100, 100), numbered([4.0, 5.0], 70, 70), kind="export")

    assert curves(read_curves(shared)) == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    assert curves(read_curves(own)) == [[1.0, 2.0, 3.0], [4.0, 5.0]]
    assert curves(read_curves(study([(0, 1.0), (0, 2.0)], kind="export"))) == [[1.0, 2.0]]


def test_the_epochs_that_are_asked_for() -> None:
    """Later ones are left out, and said to be."""
    read = read_curves(study(numbered([0.1, 0.2, 0.3])), last=2)

    assert curves(read) == [[0.1, 0.2]]
    assert read.account.later == 1


def test_trials_without_a_finite_report_have_no_curve() -> None:
    """They are counted."""
    read = read_curves(study([(1, NAN)], numbered([0.1])))

    assert curves(read) == [[0.1]]
    assert read.account.empty == 1


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy("first"), [(1, 0.1), (2, 0.2), (3, 0.3)]),
        (Policy("last"), [(1, 0.1), (2, 0.6)]),
        (MEAN_OVER_SEEDS, [(1, 0.1), (2, 0.4), (3, 0.3)]),
    ],
)
def test_one_value_a_step(policy: Policy, expected: list[tuple[float, float]]) -> None:
    """The first; the last, where what was reported before a restart is replaced from there on; or the mean."""
    steps, values = settle(np.array([1.0, 2.0, 3.0, 2.0]), np.array([0.1, 0.2, 0.3, 0.6]), policy)

    assert [(step, round(value, 6)) for step, value in zip(steps, values, strict=True)] == expected


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (Policy("first"), "1 report at a step that already had one: left out"),
        (Policy("last"), "1 report replaced by later ones at the same step, or after the run was restarted there"),
        (MEAN_OVER_SEEDS, "1 report averaged with others at the same step"),
    ],
)
def test_what_became_of_such_reports_is_said(policy: Policy, said: str) -> None:
    """By the policy of the source."""
    assert read_curves(study([(1, 0.1), (2, 0.2), (2, 0.3)], policy=policy)).account.sentences() == [said]


def test_the_mean_passes_over_gaps() -> None:
    """A step that holds nothing else stays a gap."""
    steps, values = settle(np.array([1.0, 1.0, 2.0, 2.0]), np.array([NAN, 0.2, NAN, NAN]), MEAN_OVER_SEEDS)

    assert steps.tolist() == [1.0, 2.0]
    assert np.array_equal(values, [0.2, NAN], equal_nan=True)
