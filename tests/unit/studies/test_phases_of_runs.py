"""Training and validation, seeds and restarts: what tells reports of one run and step apart, in every export."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from bandits.errors import CurveTableError, SettingError
from bandits.studies import Study, read_curves, read_studies, read_study

TRAIN, VALIDATION = [0.3, 0.5, 0.7], [0.2, 0.3, 0.4]


def written(file: Path, *rows: Iterable[object]) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    return str(file)


def curves(study: Study) -> dict[str, list[float]]:
    return {read.trial.name: read.curve.scores.tolist() for read in read_curves(study).trials if read.curve}


# a row a report


@pytest.mark.parametrize("words", [("train", "val"), ("training", "validation"), ("Train", "Test"), ("train", "eval")])
@pytest.mark.parametrize("name", ["phase", "split", "loss type"])
def test_rows_of_training_are_left_out(tmp_path: Path, name: str, words: tuple[str, str]) -> None:
    """Whatever the column is called: its cells tell; and a note says so."""
    rows = [
        ("a", epoch, phase, values[epoch])
        for epoch in range(3)
        for phase, values in zip(words, (TRAIN, VALIDATION), strict=True)
    ]
    study = read_study(written(tmp_path / "log.csv", ("run", "epoch", name, "acc"), *rows) + "#acc")

    assert {"a": VALIDATION} == curves(study)
    assert (f"rows with {name} {words[1]} are read, those with {name} {words[0]} are left out",) == study.notes


def test_a_column_that_tells_rows_apart_must_be_settled(tmp_path: Path) -> None:
    """Two values of a run at a step, of which nobody knows which one is meant, are refused with the column's name."""
    rows = [("a", epoch, data, epoch + 1 / len(data)) for epoch in range(3) for data in ("cifar", "svhn")]
    file = written(tmp_path / "log.csv", ("run", "epoch", "data", "acc"), *rows)

    with pytest.raises(CurveTableError) as caught:
        read_study(f"{file}#acc")
    assert str(caught.value) == (
        f"{file} must hold one value of a run at a step; lines 2 and 3 hold two, which column 'data' tells apart "
        "(cifar, svhn): keep the rows of one kind"
    )


def test_seeds_are_averaged(tmp_path: Path) -> None:
    """A step's values of several seeds are one trial's, and a note says so."""
    rows = [("a", epoch, seed, epoch + seed) for seed in (1, 2, 6) for epoch in range(3)]
    study = read_study(written(tmp_path / "log.csv", ("run", "epoch", "seed", "acc"), *rows) + "#acc")

    assert {"a": [3.0, 4.0, 5.0]} == curves(study)
    assert ("values of a run and a step that differ in 'seed' are averaged",) == study.notes


def test_a_restarted_run_counts_again_from_where_it_began_anew(tmp_path: Path) -> None:
    """Nothing tells its rows apart but their place in the file."""
    rows = [("a", step, value, step + 0.5) for step, value in ((0, 1.0), (1, 9.0), (2, 9.5), (1, 2.0), (2, 3.0))]
    read = read_curves(read_study(written(tmp_path / "log.csv", ("run", "epoch", "acc", "loss"), *rows) + "#acc"))

    assert [1.0, 2.0, 3.0] == read.trials[0].curve.scores.tolist()  # type: ignore[union-attr]
    assert 2 == read.account.merged


def test_of_metrics_that_differ_by_phase_validation_is_read(tmp_path: Path) -> None:
    """As keys and as columns; two metrics of validation must be told apart by name."""
    rows = [
        ("a", key, values[step], step) for step in range(3) for key, values in (("acc", TRAIN), ("val_acc", VALIDATION))
    ]
    file = written(tmp_path / "log.csv", ("run_id", "key", "value", "step"), *rows)
    study = read_study(file)
    wide = written(
        tmp_path / "wide.csv",
        ("run", "step", "train_acc", "val_acc"),
        *(("a", step, TRAIN[step], VALIDATION[step]) for step in range(3)),
    )

    assert {"a": VALIDATION} == curves(study) == curves(read_study(wide))
    assert ("metrics left out: acc, because there are validation or test values: val_acc",) == study.notes
    assert "val_acc" == study.metric.name == read_study(wide).metric.name
    assert {"a": TRAIN} == curves(read_study(f"{file}#acc")) == curves(read_study(f"{wide}#train_acc"))
    both = written(tmp_path / "both.csv", ("run", "step", "val_acc", "val_loss"), ("a", 0, 1, 2), ("a", 1, 2, 3))
    with pytest.raises(SettingError, match=r"the name of the column that holds the values \(val_acc, val_loss\)"):
        read_study(both)


@pytest.mark.parametrize("cell", ["", "NA", "n/a", "null", "None", "nan", " NaN "])
def test_what_means_not_recorded_in_a_table_does_in_a_log(tmp_path: Path, cell: str) -> None:
    """Epochs to come are no reports, and a gap is filled."""
    rows = [("a", epoch, value) for epoch, value in enumerate((1, cell, 3, 4, cell, cell), start=1)]
    rows += [("b", epoch, value) for epoch, value in enumerate((1, 2, 3, 5, cell, cell), start=1)]
    study = read_study(written(tmp_path / "log.csv", ("run", "epoch", "acc"), *rows) + "#acc")

    assert {"a": [1.0, 2.0, 3.0, 4.0], "b": [1.0, 2.0, 3.0, 5.0]} == curves(study)
    assert ["completed", "completed"] == [trial.end for trial in study.trials]


@pytest.mark.parametrize("metric", ["top1", "top5", "f1", "acc1"])
def test_metrics_with_numbers_are_read_by_name(tmp_path: Path, metric: str) -> None:
    """Though top1 and top2 look like values of two epochs."""
    header = ("run_id", "epoch", "top1", "top5", "top2", "f1", "acc1", "lr")
    rows = [(run, epoch, *[run + epoch] * 5, run / 10) for run in (1, 2) for epoch in range(3)]
    study = read_study(f"{written(tmp_path / 'log.csv', header, *rows)}#{metric}")

    assert (metric, {"1": [1, 2, 3], "2": [2, 3, 4]}) == (study.metric.name, curves(study))
    assert [{"lr": 0.1}, {"lr": 0.2}] == [trial.features for trial in study.trials]


def test_an_index_is_no_setting(tmp_path: Path) -> None:
    """Nor is a row without a step a report."""
    rows = [(0, "a", 0, 1.0, 5), (1, "a", "", 3.0, 5), (2, "a", 1, 2.0, 5)]
    study = read_study(written(tmp_path / "log.csv", ("", "run", "epoch", "acc", "lr"), *rows) + "#acc")

    assert ({"a": [1.0, 2.0]}, {"lr": 5}) == (curves(study), study.trials[0].config)
    assert ("rows without a step, left out: 1",) == study.notes


# TensorBoard

WALL = ("Wall time", "Step", "Value")


def scalars(file: Path, values: Iterable[float], began: float = 0.0) -> str:
    return written(file, WALL, *((began + step, step, value) for step, value in enumerate(values)))


@pytest.mark.parametrize(
    "name",
    ["run-exp{}_{}-tag-epoch_accuracy.csv", "exp{}/{}.csv", "exp{}/{}/accuracy.csv", "run-exp{}_{}-tag-loss.csv"],
)
def test_train_and_validation_of_a_run_are_one_trial(tmp_path: Path, name: str) -> None:
    """By the words in the names that TensorBoard gives, or in those of folders and files."""
    for run in (0, 1, 2):
        scalars(tmp_path / name.format(run, "train"), [value + run for value in TRAIN], began=10.0 * run)
        scalars(tmp_path / name.format(run, "validation"), [value + run for value in VALIDATION], began=10.0 * run)
    study = read_study(str(tmp_path), goal="maximize")

    assert 3 == len(study.trials)
    assert all("validation" in trial.name for trial in study.trials)
    assert study.notes[0].startswith("runs left out: exp0")


def test_runs_without_a_twin_stay(tmp_path: Path) -> None:
    """Training runs are read where there is nothing else."""
    files = [scalars(tmp_path / f"run-exp{run}_train-tag-acc.csv", TRAIN) for run in (0, 1)]

    assert ["exp0_train", "exp1_train"] == [trial.name for trial in read_studies(files).trials]


def test_tags_that_differ_by_phase_are_one_metric(tmp_path: Path) -> None:
    """Validation is read, and a note says so; another tag is read by its name."""
    scalars(tmp_path / "run-a-tag-train_loss.csv", [3, 2, 1])
    scalars(tmp_path / "run-a-tag-val_loss.csv", [3, 2.5, 2])

    assert {"a": [-3.0, -2.5, -2.0]} == curves(read_study(str(tmp_path)))
    assert {"a": [-3.0, -2.0, -1.0]} == curves(read_study(f"{tmp_path}#train_loss"))


# Weights & Biases


def test_charts_over_any_axis_are_read(tmp_path: Path) -> None:
    """Of a time, a run's k-th value is its epoch k; metrics that differ by phase are one."""
    head = ("train/global_step", "a - eval/accuracy", "a - train/accuracy", "b - eval/accuracy", "b - train/accuracy")
    steps = read_study(written(tmp_path / "steps.csv", head, (100, 0.1, 0.5, 0.2, 0.6), (200, 0.3, 0.7, 0.4, 0.8)))
    head = ("Relative Time (Process)", "a - acc", "b - acc", "b - acc")
    rows = ((0.5, 0.1, "", ""), (0.7, "", 0.2, 0.5), (1.5, 0.3, "", ""), (1.9, "", 0.4, 0.6))
    times = read_study(written(tmp_path / "times.csv", head, *rows))

    assert ({"a": [0.1, 0.3], "b": [0.2, 0.4]}, "eval/accuracy") == (curves(steps), steps.metric.name)
    assert [[0.1, 0.3], [0.2, 0.4], [0.5, 0.6]] == [
        r.curve.scores.tolist() for r in read_curves(times).trials if r.curve
    ]
    assert ("the axis 'Relative Time (Process)' is a time: the k-th value of a run is its epoch k",) == times.notes
    assert [2.0, 2.4, 2.4] == pytest.approx([trial.seconds for trial in times.trials])


def test_messages_about_wide_charts_are_short(tmp_path: Path) -> None:
    """However many columns there are."""
    head = ("Step", *(f"a - metric{number}" for number in range(200)))

    with pytest.raises(SettingError) as caught:
        read_study(written(tmp_path / "chart.csv", head, (0, *range(200))))
    assert len(str(caught.value)) < 600 + len(str(tmp_path))
