"""How the trials of earlier studies ended, what they were worth, and how long they took."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState, create_trial

from bandits.schedulers.lifecycle import State
from bandits.studies import read_curves, read_study
from tests.unit.studies.journals import arm, write

pytestmark = pytest.mark.usefixtures("quiet_optuna")

NAN = float("nan")


def test_a_row_of_a_table_is_complete_if_it_comes_to_the_last_epoch(tmp_path: Path) -> None:
    """Then it is worth its last score; seconds are those of the epochs of the curve."""
    (tmp_path / "runs.csv").write_text(
        "lr,loss_1,loss_2,loss_3,seconds_1,seconds_2,seconds_3\n"
        "0.1,3,2,1,10,20,30\n0.2,,,,,,\n0.3,4,3,,10,20,\n0.4,5,,1,10,5,5\n"
    )
    read = read_curves(read_study(str(tmp_path / "runs.csv"))).trials

    assert [each.trial.end for each in read] == ["completed", "stopped", "completed"]
    assert [each.score for each in read] == [-1.0, None, -1.0]
    assert [each.trial.seconds for each in read] == [60.0, 30.0, 20.0]
    assert [each.trial.number for each in read] == [0, 2, 3]


def test_a_journal_tells_how_each_trial_ended(tmp_path: Path) -> None:
    """Dropped by a forecast and cut by halving are stopped; what has no end is running."""
    ends = [State.COMPLETED, State.DROPPED, State.CUT, State.PAUSED, None]
    arms = [*(arm(trial, [1.0, 0.5], end) for trial, end in enumerate(ends)), arm(5, [1.0], State.FAILED)]
    study = read_study(str(write(tmp_path / "run.db", *chain(*arms))))

    assert study.kind == "journal"
    assert [trial.end for trial in study.trials] == ["completed", "stopped", "stopped", "running", "running", "failed"]
    assert [read.score for read in read_curves(study).trials] == [-0.5, None, None, None, None, None]
    assert [trial.seconds for trial in study.trials] == [2.0, 2.0, 2.0, 2.0, 2.0, 1.0]
    assert [trial.number for trial in study.trials] == [0, 1, 2, 3, 4, 5]


def test_an_optuna_study_tells_how_each_trial_ended(tmp_path: Path) -> None:
    """A complete trial is worth what its objective returned; times are those between start and end."""
    url = f"sqlite:///{tmp_path / 'study.db'}"
    study = optuna.create_study(storage=url, direction="minimize")
    study.add_trial(_trial(TrialState.COMPLETE, {1: 3.0, 2: 2.0}, value=1.5))
    study.add_trial(_trial(TrialState.PRUNED, {1: 4.0, 3: 3.0}))
    study.add_trial(create_trial(state=TrialState.FAIL))
    study.add_trial(_trial(TrialState.FAIL, {1: 4.0, 2: NAN}))
    study.add_trial(_trial(TrialState.COMPLETE, {1: 4.0}, value=float("inf")))
    study.ask().report(5.0, 1)
    found = read_study(url)

    assert found.kind == "optuna"
    ends = ["completed", "stopped", "failed", "failed", "completed", "running"]
    assert [trial.end for trial in found.trials] == ends
    assert [trial.value for trial in found.trials] == [1.5, None, None, None, None, None]
    assert [trial.seconds for trial in found.trials][3:] == [90.0, 90.0, None]
    assert [trial.number for trial in found.trials] == [0, 1, 2, 3, 4, 5]
    assert [read.score for read in read_curves(found).trials] == [-1.5, None, None, None, None, None]
    assert [read.measured for read in read_curves(found).trials] == [None, (1, 3), None, None, None, None]


def _trial(state: TrialState, reports: dict[int, float], value: float | None = None) -> FrozenTrial:
    """A trial of a minute and a half."""
    trial = create_trial(state=state, value=value, intermediate_values=reports)
    trial.datetime_start = datetime(2024, 5, 1, 10, 0, 0)
    trial.datetime_complete = trial.datetime_start + timedelta(seconds=90)
    return trial
