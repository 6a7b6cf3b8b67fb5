"""Which epochs the pruner's curves have."""

from __future__ import annotations

from itertools import permutations

import pytest
from optuna.trial import FrozenTrial, TrialState, create_trial

from bandits.integrations.optuna.curve_reader import CurveReader
from bandits.studies.epochs import EpochGrid

LARGE = 100_000


def complete(number: int, *steps: int) -> FrozenTrial:
    trial = create_trial(state=TrialState.COMPLETE, value=1.0, intermediate_values=dict.fromkeys(steps, 0.5))
    trial.number = number
    return trial


def test_up_to_1000_epochs_each_has_a_score() -> None:
    """Whatever trials report."""
    reader = CurveReader(1.0, 1_000)

    assert not reader.learn([complete(0, 500, 1_000)])
    assert reader.grid == EpochGrid(range(1, 1_001))


def test_beyond_that_the_trial_with_most_reports_tells() -> None:
    """Of those that come to the end; of two with as many the first one, in whatever order they are heard of."""
    known = [
        complete(0, 50_000, LARGE),
        complete(1, 30_000, 60_000, 90_000),  # the next report would come after the end
        complete(2, 40_000, 80_000, LARGE),
        complete(3, *range(1_000, 30_000, 1_000)),  # ends early
    ]
    for order in permutations(known):
        reader = CurveReader(1.0, LARGE)
        assert reader.grid == EpochGrid((LARGE,))
        for trial in order:
            reader.learn([trial])
        assert reader.grid == EpochGrid((30_000, 60_000, 90_000, LARGE))


def test_a_report_after_each_epoch_makes_a_grid_of_all() -> None:
    """As in shorter studies."""
    reader = CurveReader(1.0, 1_200)

    assert reader.learn([complete(0, *range(1, 1_201))])
    assert reader.grid == EpochGrid(range(1, 1_201))
    assert not reader.learn([complete(1, *range(1, 1_201))])


def test_curves_have_the_scores_of_the_grid() -> None:
    """A report between two of its epochs counts by interpolation; the end is what was returned."""
    reader = CurveReader(1.0, LARGE)
    reader.learn([complete(0, 40_000, 80_000)])
    other = create_trial(value=3.0, intermediate_values={20_000: 0.0, 60_000: 2.0, LARGE: 2.0})
    running = create_trial(state=TrialState.RUNNING, intermediate_values={20_000: 0.0, 60_000: 2.0})
    early = create_trial(state=TrialState.RUNNING, intermediate_values={20_000: 0.0})

    assert reader.whole(other).scores.tolist() == [1.0, 2.0, 3.0]  # type: ignore[union-attr]
    assert reader.so_far(running).scores.tolist() == [1.0]  # type: ignore[union-attr]
    assert reader.so_far(early) is None


@pytest.mark.parametrize("steps", [(9, 6, 3, 1), (1_700_000_000, 1_700_000_060)], ids=["down", "time stamps"])
def test_steps_that_count_no_epochs_teach_nothing(steps: tuple[int, ...]) -> None:
    """The trial has its value all the same."""
    reader, trial = CurveReader(-1.0, 9), complete(0, *steps)

    assert reader.whole(trial) is None
    assert reader.score(trial) == -1.0
