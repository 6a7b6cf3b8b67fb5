"""What TensorBoard, Weights & Biases and MLflow export, as earlier studies."""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterable
from pathlib import Path

import pytest

from bandits.curves import Metric
from bandits.errors import CurveTableError, SettingError
from bandits.studies import Study, read_curves, read_studies, read_study

FALLING = [3.0, 2.0, 1.5]
RISING = [0.1, 0.2, 0.3]


def scores(study: Study, last: int | None = None) -> list[list[float]]:
    return [curve.scores.tolist() for _, curve in read_curves(study, last=last).pairs()]


def names(study: Study) -> list[str]:
    return [trial.name for trial in study.trials]


def written(file: Path, *rows: Iterable[object]) -> str:
    file.write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    return str(file)


# TensorBoard

WALL = ("Wall time", "Step", "Value")


def scalars(file: Path, values: Iterable[float], began: float = 0.0, stride: int = 1) -> str:
    """A file of TensorBoard, a report every ten seconds."""
    rows = [(began + 10 * place, place * stride, value) for place, value in enumerate(values)]
    return written(file, WALL, *rows)


def test_a_folder_of_tensorboard_is_a_run_a_file_in_the_order_of_their_times(tmp_path: Path) -> None:
    """Steps of a stride are epochs; the time before the first report is as long as those between."""
    scalars(tmp_path / "late.csv", FALLING, began=500.0, stride=100)
    (tmp_path / "more").mkdir()
    scalars(tmp_path / "more" / "early.csv", [4.0, 3.5], stride=100)
    study = read_study(str(tmp_path), goal="minimize")

    assert study.metric == Metric("value", "minimize")
    assert study.kind == "export"
    assert names(study) == ["early", "late"]
    assert scores(study) == [[-4.0, -3.5], [-3.0, -2.0, -1.5]]
    assert [trial.end for trial in study.trials] == ["stopped", "completed"]
    assert [read.score for read in read_curves(study).trials] == [None, -1.5]
    assert [trial.seconds for trial in study.trials] == [20.0, 30.0]


def test_files_of_tensorboard_are_one_study(tmp_path: Path) -> None:
    """As a folder of them is; one alone is a study of one run."""
    files = [scalars(tmp_path / f"{run}.csv", FALLING[:run]) for run in (2, 3)]

    assert [trial.end for trial in read_studies(files).trials] == ["stopped", "completed"]
    assert len(read_study(files[0]).trials) == 1


def test_tensorboards_names_tell_run_and_tag(tmp_path: Path) -> None:
    """Of several tags one must be named; a tag that says loss is minimized."""
    for run in ("a", "b"):
        scalars(tmp_path / f"run-{run}-tag-val_loss.csv", RISING)
        scalars(tmp_path / f"run-{run}-tag-val_acc.csv", FALLING)
    study = read_study(f"{tmp_path}#val_loss")

    assert names(study) == ["a", "b"]
    assert study.metric == Metric("val_loss", "minimize")
    for source in (f"{tmp_path}", f"{tmp_path}#loss"):
        with pytest.raises(SettingError, match=r"must end with # and one of its tags \(val_acc, val_loss\)"):
            read_study(source)


def test_a_folder_of_everything_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No disk is searched to its end."""
    monkeypatch.setattr("bandits.studies.readers.tensorboard._MOST_FOLDERS", 2)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()

    with pytest.raises(SettingError, match=r"one file for each run; it holds more than 2 folders, got"):
        read_study(str(tmp_path))


def test_a_folder_of_other_files_is_an_error(tmp_path: Path) -> None:
    """The message says what the columns should be, and are."""
    with pytest.raises(SettingError, match=r"`here` must be a folder of TensorBoard.*; it holds no \.csv file"):
        read_study(str(tmp_path), argument="`here`")
    written(tmp_path / "runs.csv", ("lr", "acc"), (1, 2))
    with pytest.raises(SettingError, match=r"Step, Value\).*; runs\.csv has the columns lr, acc"):
        read_study(str(tmp_path))


# Weights & Biases


def test_a_chart_of_weights_and_biases_has_a_column_a_run(tmp_path: Path) -> None:
    """Bounds and steps of runs are passed over; a run's name may hold the dash; empty cells are no reports."""
    head = ["Step"]
    for run in ("calm-1", "x - y"):
        head += [f"{run} - {column}" for column in ("_step", "_step__MIN", "val_acc", "val_acc__MIN", "val_acc__MAX")]
    first = [[10 * i, 10 * i, 10 * i, value, 0, 1, "", "", "", "", ""] for i, value in enumerate(RISING)]
    second = [[10 * i, "", "", "", "", "", 10 * i, 10 * i, value, 0, 1] for i, value in enumerate(RISING[:2])]
    study = read_study(written(tmp_path / "chart.csv", head, *first, *second))

    assert study.metric == Metric("val_acc", "maximize")
    assert names(study) == ["calm-1", "x - y"]
    assert scores(study) == [RISING, RISING[:2]]
    assert [trial.seconds for trial in study.trials] == [None, None]


def test_of_several_metrics_of_a_chart_one_must_be_named(tmp_path: Path) -> None:
    """The message lists them."""
    chart = written(tmp_path / "chart.csv", ("Step", "a - acc", "a - loss"), (0, 0.1, 3.0), (1, 0.2, 2.0))

    assert scores(read_study(f"{chart}#loss")) == [[-3.0, -2.0]]
    with pytest.raises(SettingError, match=r"must end with # and one of its metrics \(acc, loss\)"):
        read_study(chart)


# MLflow, and anything with a report a row

LONG = ("run_id", "key", "value", "step", "timestamp")


def test_mlflow_has_a_report_a_row(tmp_path: Path) -> None:
    """Runs go by their first times, which are milliseconds; a column that holds one value a run is a feature."""
    rows = [
        (run, key, value, step, 1_700_000_000_000 + 60_000 * step - begun, rate)
        for run, begun, rate in (("b", 0, 0.1), ("a", 5_000, 0.2), ("c", 9_000, 0.4))
        for key, values in (("acc", RISING), ("loss", FALLING))
        for step, value in enumerate(values)
    ]
    file = written(tmp_path / "metrics.csv", (*LONG, "lr"), *rows)
    study = read_study(f"{file}#loss")

    assert study.metric == Metric("loss", "minimize")
    assert names(study) == ["c", "a", "b"]
    assert scores(study)[0] == [-3.0, -2.0, -1.5]
    assert [trial.seconds for trial in study.trials] == [180.0, 180.0, 180.0]
    assert [trial.config for trial in study.trials] == [{"lr": 0.4}, {"lr": 0.2}, {"lr": 0.1}]
    assert study.trials[0].features == {"lr": 0.4}
    with pytest.raises(SettingError, match=r"must end with # and one of its metrics \(acc, loss\)"):
        read_study(file)


def test_a_value_may_stand_in_a_column_of_its_own_name(tmp_path: Path) -> None:
    """It is named after #, or the only one whose name says a metric; without times, runs go as the file does."""
    rows = [(trial, epoch, value, 7) for trial in (1, 0) for epoch, value in enumerate(RISING, start=1)]
    file = written(tmp_path / "log.csv", ("Trial", "Epoch", "val_acc", "foo"), *rows)
    for source, notes in ((f"{file}#val_acc", ()), (file, ("column 'val_acc' is read, as its name says a metric",))):
        study = read_study(source)
        assert study.metric == Metric("val_acc", "maximize")
        assert names(study) == ["1", "0"]
        assert study.notes == notes
    with pytest.raises(SettingError, match=r"columns for the run .* and the value .*; it has Trial, Epoch, val_acc"):
        read_study(f"{file}#loss")


def test_a_name_that_is_no_column_is_an_error(tmp_path: Path) -> None:
    """Where the file names no metric."""
    file = written(tmp_path / "log.csv", ("run", "step", "value"), ("a", 1, 2.0), ("a", 2, 1.0))

    assert scores(read_study(file)) == [[-2.0, -1.0]]
    with pytest.raises(SettingError, match=r"one of its columns \(run, step, value\), or without #"):
        read_study(f"{file}#loss")


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        (("2024-05-01 10:00:00", "2024-05-01 10:01:00"), 120.0),
        (("1700000000", "1700000060"), 120.0),
        (("soon", "later"), None),
        (("", "1700000060"), None),
    ],
)
def test_times_are_numbers_or_dates(tmp_path: Path, times: tuple[str, str], seconds: float | None) -> None:
    """Others are no times."""
    rows = [("a", step, 0.1 + step, time) for step, time in enumerate(times)]

    assert (
        read_study(written(tmp_path / "log.csv", ("run", "step", "value", "time"), *rows)).trials[0].seconds == seconds
    )


# how reports become curves


def long(file: Path, *runs: Iterable[tuple[object, object]]) -> str:
    rows = [(f"r{name}", step, value) for name, run in enumerate(runs) for step, value in run]
    return written(file, ("run", "step", "value"), *rows)


def test_a_step_that_is_left_out_is_filled_in(tmp_path: Path) -> None:
    """Where all steps are those of the longest run; which epochs were measured is known."""
    study = read_study(long(tmp_path / "log.csv", [(0, 1), (5, 2), (10, 3)], [(10, 5), (0, 3)]))

    assert scores(study) == [[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]]
    assert [read.measured for read in read_curves(study).trials] == [None, (1, 3)]
    assert [trial.end for trial in study.trials] == ["completed", "completed"]


def test_runs_with_steps_of_their_own_count_reports(tmp_path: Path) -> None:
    """Their k-th report is epoch k."""
    study = read_study(long(tmp_path / "log.csv", [(0, 1), (5, 2), (10, 3)], [(4, 1), (8, 2)]))

    assert scores(study) == [[1.0, 2.0, 3.0], [1.0, 2.0]]


def test_of_a_step_that_repeats_the_last_report_counts(tmp_path: Path) -> None:
    """A run that was resumed reports a step again; where no step was ever said, reports are counted."""
    study = read_study(long(tmp_path / "log.csv", [(0, 1), (1, 9), (1, 2)], [(0, 1), (0, 2)]))

    assert scores(study) == [[1.0, 2.0], [1.0, 2.0]]


def test_a_value_that_is_no_number_is_a_gap(tmp_path: Path) -> None:
    """It is filled, but for those at the end."""
    runs = [(0, 1), (1, 2)], [(0, 1), (1, "nan")], [(0, "inf"), (1, 2)], [(0, 1), (1, "1e300")]
    study = read_study(long(tmp_path / "log.csv", *runs), goal="maximize")

    assert scores(study) == [[1.0, 2.0], [1.0], [2.0, 2.0], [1.0]]
    with pytest.raises(CurveTableError, match="must hold a value"):
        read_study(long(tmp_path / "none.csv", [(0, "nan")]))


def test_a_metric_that_does_not_tell_takes_the_goal_that_is_given(tmp_path: Path) -> None:
    """Without one it is an error."""
    file = long(tmp_path / "log.csv", [(0, 1), (1, 2)], [(0, 2), (1, 1)])

    assert read_study(file, goal="minimize").metric.goal == "minimize"
    with pytest.raises(CurveTableError, match="must be given"):
        read_study(file)


# files


def test_exports_may_be_gzipped(tmp_path: Path) -> None:
    """As tables may."""
    file = tmp_path / "log.csv.gz"
    file.write_bytes(gzip.compress(b"run,step,value\na,0,1\na,1,2\n"))

    assert scores(read_study(str(file))) == [[1.0, 2.0]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "run,step,value\na,0,high\n",
            "column 'value' on line 2 of .* must be a number, or empty .*, got 'high'",
        ),
        ("run,step,value\na,0\n", "line 2 of .* must have 3 cells, as the header has, got 2"),
        ('run,step,value\na,0,"1\n', "must be csv"),
        (
            "step,foo\n0,1\n1,2\n",
            r"must hold several trainings: .*; it is the log of one training",
        ),
        ("rung,foo\n0,1\n1,2\n", r"must have a column for every epoch, .*, got rung, foo"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    """One sentence."""
    (tmp_path / "log.csv").write_text(text)

    with pytest.raises(CurveTableError, match=message):
        read_study(str(tmp_path / "log.csv"))


def test_a_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    """The table reader's sentence."""
    (tmp_path / "log.csv").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(CurveTableError, match="must be a readable csv file"):
        read_study(str(tmp_path / "log.csv"))


# several sources


def test_several_sources_follow_each_other(tmp_path: Path) -> None:
    """Their trials lose their numbers, which would repeat."""
    sources = [long(tmp_path / f"{i}.csv", [(0, i), (1, i + 1)]) for i in range(2)]
    study = read_studies(sources)

    assert study.source == " ".join(sources)
    assert scores(study) == [[0.0, 1.0], [1.0, 2.0]]
    assert read_studies(["table:cnn_digits", "table:cnn_digits"]).trials[0].number is None


def test_sources_of_two_directions_are_an_error(tmp_path: Path) -> None:
    """And so are none."""
    sources = [long(tmp_path / "up.csv", [(0, 1), (1, 2)]), long(tmp_path / "down.csv", [(0, 2), (1, 1)])]

    with pytest.raises(SettingError, match=r"must have metrics of one goal; that of .*up.csv is to maximize"):
        read_studies(sources)
    with pytest.raises(SettingError, match="`SOURCE` must be given"):
        read_studies([], argument="`SOURCE`")


def test_a_warm_start_may_read_an_export(tmp_path: Path) -> None:
    """Its configurations are features under their own names."""
    rows = [(run, step, run / 10 + step, run / 100) for run in range(3) for step in range(3)]
    study = read_study(written(tmp_path / "log.csv", ("run", "step", "value", "lr"), *rows), goal="maximize")

    assert [trial.features for trial in study.trials] == [{"lr": 0.0}, {"lr": 0.01}, {"lr": 0.02}]
    assert math.isclose(scores(study, last=2)[2][0], 0.2)
