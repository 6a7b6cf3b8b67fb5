"""The form of a csv file is told by the names of its columns and by what counts its rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from bandits.errors import CurveTableError
from bandits.objectives import CurveTable
from bandits.objectives.curve_files.csv_file import read_csv
from bandits.objectives.curve_files.csv_forms import Form, form_of, log_error


def written(folder: Path, header: str, *rows: str) -> Path:
    path = folder / "runs.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def counting(count: int, first: int = 0, stride: int = 1, cells: str = "0.1,0.2") -> list[str]:
    return [f"{first + stride * row},{cells}" for row in range(count)]


@pytest.mark.parametrize(
    ("header", "rows", "form"),
    [
        ("lr,acc_1,acc_2", ["0.1,0.2,0.3", "0.2,0.3,0.4"], "table"),
        ("Wall time,Step,Value", ["1.7e9,0,0.1"], "tensorboard"),
        (",Wall time,Step,Value", ["0,1.7e9,0,0.1"], "tensorboard"),
        ("Step,a - acc,a - acc__MIN", ["0,0.1,0.1"], "wandb"),
        ("train/global_step,a - acc,b - acc", ["0,0.1,0.1"], "wandb"),
        ("lr,acc - 1,acc - 2", ["0.1,0.2,0.3", "0.2,0.3,0.4"], "table"),
        ("run,epoch,acc", ["a,0,0.1", "a,1,0.2"], "long"),
        ("run,step,value", ["a,0,0.1", "b,0,0.2"], "long"),
        ("run_id,epoch,top1,top2", ["a,0,0.1,0.2", "a,1,0.2,0.3"], "long"),
        ("trial,epoch,acc_1,acc_2", ["0,12,0.1,0.2", "1,7,0.3,0.4", "2,9,0.3,0.5"], "table"),
        ("epoch,loss,acc", counting(20), "log"),
        ("epoch,loss,acc", counting(20, 1), "log"),
        ("global_step,loss,acc", counting(20, 500, 500), "log"),
        ("epoch,loss,acc", [*counting(5), *counting(5)], "log"),
        ("epoch,run_1,run_2", counting(20), "log"),
        ("epoch,lr,lr_1,lr_2", counting(9, cells="1,2,3"), "log"),
        ("step,acc_1,acc_2", counting(3), "log"),
        ("step,lr,acc_1,acc_2", counting(3, cells="0.1,0.2,0.3"), "table"),
        ("epochs,lr,acc_1,acc_2", counting(3, cells="0.1,0.2,0.3"), "table"),
        ("epoch,loss,acc", [f"{epoch},0.1,0.2" for epoch in (3, 9, 2, 7, 7, 1)], "table"),
        ("epoch,loss,acc", [f"{epoch},0.1,0.2" for epoch in ("a", "b")], "table"),
    ],
)
def test_forms(tmp_path: Path, header: str, rows: list[str], form: Form) -> None:
    """Each form is known by its columns; a log by a step that counts its rows."""
    assert form == form_of(read_csv(written(tmp_path, header, *rows)))


def test_the_log_of_one_training_is_said_to_be_one(tmp_path: Path) -> None:
    """Whatever numbered columns it has, it is never a table of configurations."""
    header = "  epoch, train/box_loss, metrics/mAP_0.5, x/lr0, x/lr1, x/lr2"
    rows = [f"  {epoch},  0.1,  0.{epoch + 10},  0.1,  0.2,  0.{epoch + 30}" for epoch in range(20)]

    with pytest.raises(CurveTableError) as caught:
        CurveTable(written(tmp_path, header, *rows))
    assert str(caught.value) == (
        f"{tmp_path}/runs.csv must hold several trainings: a row for each configuration and a column for each epoch, "
        "or a row for each epoch and a column run_id; it is the log of one training, with one row for each epoch "
        "(column 'epoch')"
    )


def test_several_logs_in_one_file_are_told(tmp_path: Path) -> None:
    """The message names the line on which the second one begins."""
    file = read_csv(written(tmp_path, "epoch,loss,acc", *counting(5), *counting(5)))

    assert "in which 'epoch' starts again on line 7, and no column names the run (run, run_id," in str(log_error(file))


@pytest.mark.parametrize(
    ("header", "row", "what"),
    [
        ("Wall time,Step,Value", "1,0,0.1", "a file of TensorBoard's scalars"),
        ("Step,a - acc,a - acc", "0,0.1,0.2", "a chart of Weights & Biases"),
        ("run_id,key,value,step", "a,acc,0.1,0", r"a log with a row for each report \(run, step, value\)"),
    ],
)
def test_exports_of_tools_are_sent_to_import(tmp_path: Path, header: str, row: str, what: str) -> None:
    """The message names the command that makes a table of them."""
    path = written(tmp_path, header, row)

    with pytest.raises(CurveTableError, match=rf"it is {what}.* by `bandits import {path} --out curves.csv`, got"):
        CurveTable(path)
