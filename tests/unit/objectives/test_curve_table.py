"""A curve table replays what was recorded, and says what it took each column for."""

import gzip
import math
from pathlib import Path

import numpy as np
import pytest

from bandits.curves import Metric, Trial
from bandits.errors import CurveTableError, SettingError
from bandits.objectives import CurveTable, Measurement, Objective
from bandits.objectives.curve_files.table_report import Incomplete
from bandits.testing import ObjectiveContract

ACCURACY = Metric("accuracy", "maximize")
NAN = math.nan


def small(**changes: object) -> CurveTable:
    arguments = {
        "curves": [[0.1, 0.2, 0.3], [0.2, 0.6, NAN], [0.3, NAN, 0.9]],
        "configs": [{"lr": 0.1}, {"lr": 0.2}, {"lr": 0.3}],
        "metric": ACCURACY,
        **changes,
    }
    return CurveTable.from_arrays(**arguments)  # type: ignore[arg-type]


def write(folder: Path, text: str, name: str = "runs.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def replay(table: CurveTable, row: int, start: int, stop: int) -> list[tuple[int, float, float]]:
    trial = Trial(0, table.configs[row])
    return [(m.epoch, m.value, m.seconds) for m in table.train(trial, start, stop)]


class TestShipped(ObjectiveContract):
    @pytest.fixture(params=["lstm_ptb", "nas_bench_nlp_wikitext2"])
    def objective(self, request: pytest.FixtureRequest) -> Objective:
        """A table without seconds and one with them."""
        return CurveTable(request.param)


class TestArrays(ObjectiveContract):
    @pytest.fixture
    def objective(self) -> Objective:
        """A table of arrays, with gaps."""
        return small()


def test_replay_gives_what_was_recorded() -> None:
    """Raw values and recorded seconds, an epoch at a time, from wherever the trial paused."""
    table = small(seconds=[[1, 2, 3], [4, 5, NAN], [7, 8, 9]])

    assert [(1, 0.1, 1.0), (2, 0.2, 2.0), (3, 0.3, 3.0)] == replay(table, 0, 0, 3)
    assert [(2, 0.6, 5.0)] == replay(table, 1, 1, 2)
    assert isinstance(next(table.train(Trial(5, {"row": 2}), 0, 1)), Measurement)


def test_epochs_without_seconds_last_one() -> None:
    """Where nothing was recorded, an epoch counts as one second."""
    assert [(1, 0.1, 1.0), (2, 0.2, 1.0)] == replay(small(), 0, 0, 2)


def test_an_epoch_that_was_not_recorded_is_nan() -> None:
    """The run takes it for a failed trial; its unrecorded seconds are 0."""
    (_, value, seconds) = replay(small(seconds=[[1, 2, 3], [4, 5, NAN], [7, 8, 9]]), 1, 2, 3)[0]

    assert (True, 0.0) == (math.isnan(value), seconds)


@pytest.mark.parametrize(("start", "stop"), [(-1, 1), (1, 1), (2, 1), (0, 4)])
def test_epochs_that_the_table_has_not(start: int, stop: int) -> None:
    """Only 0 <= start < stop <= T can be replayed, and the call itself says so."""
    with pytest.raises(SettingError, match=r"^epochs must satisfy 0 <= start < stop <= 3, got \("):
        small().train(Trial(0, {"row": 0}), start, stop)


@pytest.mark.parametrize("config", [{}, {"row": 3}, {"row": -1}, {"row": "0"}, {"row": True}])
def test_configurations_of_another_table(config: dict[str, object]) -> None:
    """A configuration that is no row is refused."""
    with pytest.raises(SettingError, match=r"^row of a configuration of arrays must be 0 to 2, got"):
        small().features(config)


def test_scores_are_oriented() -> None:
    """Larger is better in scores, whatever the goal; curves stay raw."""
    loss = small(metric=Metric("loss", "minimize"))

    np.testing.assert_array_equal(small().scores, small().curves)
    np.testing.assert_array_equal(loss.scores, -loss.curves)


def test_the_best_possible_value() -> None:
    """The best value at the given epochs that a replay can reach: not behind a gap."""
    table, loss = small(), small(metric=Metric("loss", "minimize"))

    assert (0.6, 0.3, 0.3) == (table.best_possible((1, 2, 3)), table.best_possible((3,)), table.best_possible((1,)))
    assert (0.1, 0.2) == (loss.best_possible((2, 1)), loss.best_possible((2,)))
    assert None is table.best_possible(())
    assert None is small(curves=[[0.1, NAN], [0.2, NAN], [0.3, NAN]]).best_possible((2,))
    with pytest.raises(SettingError, match=r"^epochs must lie between 1 and 3, got 4$"):
        table.best_possible((1, 4))


def test_arrays_cannot_be_changed() -> None:
    """What was recorded stays, and the caller's own array stays writeable."""
    mine = np.array([[0.1, 0.2], [0.3, 0.4]])
    table = small(curves=mine, configs=[{}, {}], seconds=mine)
    mine[0, 0] = 7.0

    assert (0.1, False, False) == (
        table.curves[0, 0],
        table.curves.flags.writeable,
        table.seconds is None or table.seconds.flags.writeable,
    )


def test_features_of_arrays() -> None:
    """Numbers of any type, booleans and texts become features; so does which row has a key at all."""
    table = small(
        curves=np.arange(12.0).reshape(4, 3),
        configs=[
            {"row": 7, "lr": np.float32(0.5), "bn": np.bool_(True), "opt": "adam"},
            {"row": 7, "lr": 1, "bn": False, "opt": "sgd"},
            {"lr": NAN, "bn": True, "opt": "sgd", "only": 3},
            {"lr": 2.0, "bn": True, "opt": "sgd"},
        ],
    )

    assert {
        "lr": 0.5,
        "lr=missing": 0.0,
        "bn": 1.0,
        "opt=adam": 1.0,
        "opt=sgd": 0.0,
        "only": 3.0,
        "has only": 0.0,
    } == (table.features(table.configs[0]))
    assert {"row": 0, "lr": 0.5, "bn": True, "opt": "adam"} == table.configs[0]
    assert 1.0 == table.features({"row": 2})["lr"]
    assert (table.feature_names, ()) == (table.hp, table.ap)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"curves": [0.1, 0.2, 0.3]}, "`curves` must have shape [n, T] with n, T >= 1, got (3,)"),
        ({"curves": np.zeros((0, 3))}, "`curves` must have shape [n, T] with n, T >= 1, got (0, 3)"),
        ({"curves": [[0.1], [np.inf], [0.2]]}, "`curves` must hold finite values or NaN, got inf"),
        ({"configs": [{}]}, "`configs` must be 3, one for each row of curves, got 1"),
        ({"seconds": [[1, 2, 3]]}, "`seconds` must have the shape of curves, (3, 3), got (1, 3)"),
        ({"seconds": np.full((3, 3), -1.0)}, "`seconds` must hold numbers >= 0 where curves have values, got -1.0"),
        ({"seconds": np.full((3, 3), np.inf)}, "`seconds` must hold numbers >= 0 where curves have values, got inf"),
        ({"configs": [{"lr": 0.1}, {"lr": -np.inf}, {}]}, "'lr' of a configuration must be finite, got -inf"),
        ({"metric": "acc"}, "`metric` must be a Metric, such as Metric('accuracy', 'maximize'), or None, got 'acc'"),
    ],
)
def test_arrays_that_are_refused(changes: dict[str, object], message: str) -> None:
    """Each refusal is one sentence with the argument, the rule and the value."""
    with pytest.raises(SettingError) as caught:
        small(**changes)

    assert message == str(caught.value)


def test_ragged_arrays_are_refused() -> None:
    """Rows of different lengths are no array."""
    with pytest.raises(CurveTableError, match=r"^`curves` must be an array of numbers: "):
        small(curves=[[0.1], [0.2, 0.3], [0.4]])


def test_a_report_of_arrays() -> None:
    """A table of arrays says what it is, too."""
    assert [
        "arrays",
        "metric: accuracy, maximize (as given)",
        "curves: 3 rows of 3 epochs",
        "seconds of an epoch: not recorded, each epoch counts as 1 second",
        "exact copies of other rows: 0",
        "rows without a complete curve: 1 ending early and 1 with gaps, kept",
        "column 'lr': HP",
    ] == str(small().description).splitlines()


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    """A csv is replayed without a word about its metric, and the report says what was taken for what."""
    rows = [
        "0,adam,0.1,true,0.30,0.9,10,0.1,0.2,0.30",
        "1,sgd,0.2,false,0.50,0.8,11,0.2,0.4,0.50",
        "2,sgd,0.3,true,0.40,0.7,12,0.3,0.6,0.40",
        "2,sgd,0.3,true,0.40,0.7,12,0.3,0.6,0.40",
        "3,adam,0.4,true,0.40,0.7,12,0.3,0.2,",
    ]
    header = "row,opt,lr,bn,final,train_1,train_2,acc_0,acc_1,acc_2"
    path = write(tmp_path, "\n".join([header, *rows]), "my.runs.csv")
    table = CurveTable(path)

    assert ("my.runs", Metric("acc", "maximize"), 4, 3) == (table.name, table.metric, len(table), table.max_epochs)
    assert [
        "my.runs",
        "metric: acc, maximize (because the epoch columns are called 'acc')",
        "curves: 4 rows of 3 epochs; column 'acc_0' is epoch 1",
        "seconds of an epoch: not recorded, each epoch counts as 1 second",
        "exact copies of other rows: 1 dropped",
        "rows without a complete curve: 1 ending early, kept",
        "column 'row': label, replaced by the table's own row numbers",
        "column 'opt': HP",
        "column 'lr': HP",
        "column 'bn': HP",
        "column 'final': HP",
        "column 'acc_0' is taken as epoch 1, not as the untrained model",
        "other columns that were measured during training are left out: train_",
        "exact copies of other rows, left out: 1",
    ] == str(table.description).splitlines()
    assert {"opt=adam": 0.0, "opt=sgd": 1.0, "lr": 0.2, "bn": 0.0, "final": 0.5} == table.features({"row": 1})
    assert {"row": 1, "opt": "sgd", "lr": 0.2, "bn": False, "final": 0.5} == table.configs[1]


def test_gaps_are_told(tmp_path: Path) -> None:
    """They fail a trial; a reader of studies fills them instead, and says so itself."""
    path = write(tmp_path, "lr,acc_1,acc_2,acc_3\n1,0.1,,0.2\n2,0.1,0.2,0.3\n3,0.1,0.2,\n")

    assert ("rows with gaps; a trial fails at its first gap: 1",) == CurveTable(path).notes
    assert () == CurveTable(path).description.notes
    dropped = CurveTable(write(tmp_path, "acc_1,acc_2,acc_3\n0.1,,0.2\n0,1,2\n2,3,4\n"), incomplete="drop")
    assert ("rows without a complete curve: 1 with gaps, dropped",) == dropped.notes


def test_incomplete_rows_and_copies_on_demand(tmp_path: Path) -> None:
    """Copies can be kept and rows that end early dropped; an outcome is found among the rows that are left."""
    text = "lr,final,acc_0,acc_1\n1,0.2,0.1,0.2\n1,0.2,0.1,0.2\n2,0.5,0.3,0.5\n3,0.4,0.4,\n"
    table = CurveTable(write(tmp_path, text), duplicates="keep", incomplete="drop", untrained_first=True)

    assert (3, 1) == (len(table), table.max_epochs)
    assert ((1, False), Incomplete(early=1, gaps=0, failed=0, dropped=True)) == (
        table.description.repeated,
        table.description.incomplete,
    )
    assert {"lr": "HP", "final": "outcome"} == {column.name: column.role for column in table.description.columns}
    assert ("column 'acc_0' holds the untrained model and is left out",) == table.description.remarks
    assert "exact copies of other rows: 1 kept" in str(table.description)
    assert "rows without a complete curve: 1 ending early, dropped" in str(table.description)


def test_seconds_of_a_file(tmp_path: Path) -> None:
    """Recorded seconds follow their rows when others are dropped."""
    text = "loss_1,loss_2,seconds_1,seconds_2\n3,2,1,2\n3,2,1,2\n5,4,3,4\n"
    table = CurveTable(write(tmp_path, text))

    assert table.seconds is not None
    assert [[1, 2], [3, 4]] == table.seconds.tolist()
    assert "seconds of an epoch: recorded" in str(table.description)
    assert ("minimize", {}) == (table.metric.goal, table.features({"row": 1}))


def test_the_metric_picks_the_curves(tmp_path: Path) -> None:
    """Of two families, the one that is called like the metric is replayed."""
    path = write(tmp_path, "a_1,a_2,b_1,b_2\n1,2,3,4\n5,6,7,8\n")

    assert [[3, 4], [7, 8]] == CurveTable(path, metric=Metric("b", "minimize")).curves.tolist()


def test_names_of_files(tmp_path: Path) -> None:
    """A file may be given as text, and is called by its name without the endings."""
    path = tmp_path / "runs.csv.gz"
    path.write_bytes(gzip.compress(b"1,2\n1,2\n3,4\n"))

    assert ("runs", "value") == (CurveTable(str(path)).name, CurveTable(str(path)).metric.name)


def test_the_goal_can_be_told(tmp_path: Path) -> None:
    """Where nothing tells the goal, the caller does."""
    path = write(tmp_path, "y1,y2\n1,2\n4,3\n")

    assert Metric("value", "minimize") == CurveTable(path, goal="minimize").metric
    with pytest.raises(CurveTableError, match=r"^goal of .*runs.csv must be given"):
        CurveTable(path)


def test_too_little_is_left(tmp_path: Path) -> None:
    """Two rows must remain when copies and incomplete rows are gone."""
    path = write(tmp_path, "acc_1,acc_2\n1,2\n1,2\n1,\n")

    assert 2 == len(CurveTable(path))
    with pytest.raises(CurveTableError, match=r"runs.csv must hold at least 2 rows after others are left out, got 1$"):
        CurveTable(path, incomplete="drop")


@pytest.mark.parametrize("argument", ["duplicates", "incomplete"])
def test_wrong_settings(argument: str) -> None:
    """What to do with copies and incomplete rows is one of two words."""
    with pytest.raises(SettingError, match=rf"^`{argument}` must be one of 'drop', 'keep', got 'no'$"):
        CurveTable("lstm_ptb", **{argument: "no"})  # type: ignore[arg-type]
