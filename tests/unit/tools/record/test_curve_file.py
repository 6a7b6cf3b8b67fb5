"""Recording: a run becomes a csv file that CurveTable reads."""

import csv
import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution

from bandits.curves import Metric, Trial
from bandits.errors import SettingError
from bandits.objectives import CurveTable, FunctionObjective, Measurement
from bandits.runtime.journal import MemoryJournal
from bandits.runtime.records import Ended
from bandits.runtime.result import Result
from bandits.studies.writers.table_text import column_name
from bandits.tools.record import record

EPOCHS = 4


class Recorded(FunctionObjective):
    """A training whose epochs tell their loss as well, and which fails for small values of `x`."""

    def __init__(self) -> None:
        super().__init__(
            lambda config: iter(config["x"] * (1 - 0.5**epoch) for epoch in range(1, EPOCHS + 1)),
            space={"x": FloatDistribution(0, 1), "optimizer": CategoricalDistribution(["adam", "sgd"])},
            metric=Metric("validation accuracy", goal="maximize"),
            max_epochs=EPOCHS,
            name="recorded",
            clock=iter(range(10_000)).__next__,
        )

    def train(self, trial: Trial, start: int, stop: int) -> Iterator[Measurement]:
        for measurement in super().train(trial, start, stop):
            failed = measurement.epoch == 3 and trial.config["x"] < 0.2
            value = math.nan if failed else measurement.value
            yield Measurement(measurement.epoch, value, measurement.seconds, {"train loss": 1 / measurement.epoch})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "curves.csv"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_trial_becomes_a_row_with_its_settings_seed_and_curves(path: Path) -> None:
    """Configuration and features once, then metric, details and seconds of every epoch."""
    recording = record(Recorded(), path, trials=10)
    rows = rows_of(path)

    expected = [
        "x", "optimizer", "seed",
        *(f"validation_accuracy_{epoch}" for epoch in range(1, 5)),
        *(f"train_loss_{epoch}" for epoch in range(1, 5)),
        *(f"seconds_{epoch}" for epoch in range(1, 5)),
    ]  # fmt: skip
    assert expected == list(rows[0])
    assert recording.rows == len(rows) == 10
    for trial_id, row in enumerate(rows):
        trial = recording.result.trials[trial_id]
        assert (float(row["x"]), int(row["seed"])) == (trial.config["x"], trial.seed)
        assert float(row["validation_accuracy_2"]) == trial.config["x"] * 0.75
        assert (row["train_loss_2"], row["seconds_2"]) == ("0.5", "1.0")


def test_a_failed_trial_keeps_what_was_measured(path: Path) -> None:
    """Its later epochs are empty cells, and the file beside the table says why it failed."""
    recording = record(Recorded(), path, trials=20)
    failed = {trial_id for trial_id, trial in recording.result.trials.items() if trial.config["x"] < 0.2}
    rows = rows_of(path)

    assert failed
    assert recording.failed == len(failed)
    for trial_id, row in enumerate(rows):
        assert (row["validation_accuracy_3"] == "") == (trial_id in failed)
        assert row["validation_accuracy_2"]
    reasons = json.loads(recording.about.read_text())["failed"]
    reason = "the value of epoch 3 must be a finite number, got nan"
    assert {str(trial_id): reason for trial_id in sorted(failed)} == reasons


def test_the_table_replays_the_recording(path: Path) -> None:
    """CurveTable reads the file without a word of help, to the last bit; seeds and training losses are no features."""
    recording = record(Recorded(), path, trials=12)
    table = CurveTable(path, incomplete="drop")
    kept = [trial for trial in recording.result.trials.values() if trial.config["x"] >= 0.2]

    assert table.metric == Metric("validation_accuracy", goal="maximize")
    assert ("x", "optimizer=adam", "optimizer=sgd") == table.feature_names[:3]
    assert "seed" not in table.feature_names
    np.testing.assert_array_equal([trial.config["x"] * 0.75 for trial in kept], table.curves[:, 1])
    assert table.seconds is not None
    assert (table.seconds == 1.0).all()


def test_an_interrupted_recording_keeps_every_measured_epoch(path: Path) -> None:
    """The trial that was under way stands in the file with the epochs that it had."""

    def interrupt(result: Result) -> None:
        if result.epochs_trained == 2 * EPOCHS + 2:
            raise KeyboardInterrupt

    recording = record(Recorded(), path, trials=10, watch=interrupt)
    measured = [sum(bool(row[f"seconds_{epoch}"]) for epoch in range(1, 5)) for row in rows_of(path)]

    assert recording.result.interrupted
    assert json.loads(recording.about.read_text())["interrupted"] is True
    assert sum(measured) == 2 * EPOCHS + 2


def test_the_file_is_whole_after_every_trial(path: Path) -> None:
    """A reader sees all trials that have ended, while the recording goes on."""
    seen: list[int] = []

    def look(result: Result) -> None:
        if path.exists():
            seen.append(len(rows_of(path)))

    record(Recorded(), path, trials=3, watch=look)

    assert seen == sorted(seen)
    assert {1, 2, 3} <= set(seen)
    assert not path.with_suffix(".csv.part").exists()


def test_records_go_to_the_journal_as_well(path: Path) -> None:
    """What the caller's journal holds is what any run's would."""
    journal = MemoryJournal()
    recording = record(Recorded(), path, trials=2, journal=journal)

    assert list(journal.records()) == list(recording.result.journal.records())
    assert isinstance(list(journal.records())[-1], Ended)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("there.csv", "`out` must be a new file, got '{}'"),
        ("curves.txt", "`out` must end in .csv, got '{}'"),
        ("nowhere/curves.csv", "`out` must lie in a folder that exists, got '{}'"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_training(tmp_path: Path, name: str, reason: str) -> None:
    """One sentence, and nothing trained."""
    (tmp_path / "there.csv").touch()
    with pytest.raises(SettingError) as refused:
        record(Recorded(), tmp_path / name, trials=2)

    assert reason.format(tmp_path / name) == str(refused.value)


def test_words_become_column_names() -> None:
    """Letters and digits, joined by underscores."""
    assert column_name("Validation log-perplexity (nats)") == "validation_log_perplexity_nats"
