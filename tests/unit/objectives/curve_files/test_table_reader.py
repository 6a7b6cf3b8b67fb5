"""A csv file is read as curves and columns, or refused with the place of what is wrong."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from bandits.errors import CurveTableError
from bandits.objectives.curve_files.table_reader import CurveFile, read_curve_file

NO_EPOCHS = "runs.csv must have a column for every epoch, numbered from 0 or 1 without a gap, such as acc_1, acc_2, ..."
GOOD = "lr,acc_1,acc_2,acc_3\n0.1,0.2,0.3,0.4\n0.2,0.1,0.5,0.6\n"


def write(folder: Path, text: str | bytes, name: str = "runs.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(folder: Path, text: str | bytes, **arguments: object) -> CurveFile:
    return read_curve_file(write(folder, text), **arguments)  # type: ignore[arg-type]


def refusal(folder: Path, text: str | bytes, **arguments: object) -> str:
    """The message with which a file is refused, the folder taken out."""
    with pytest.raises(CurveTableError) as caught:
        read(folder, text, **arguments)
    return str(caught.value).replace(f"{folder}/", "")


def test_a_plain_file(tmp_path: Path) -> None:
    """Epoch columns become curves, the others stay text."""
    file = read(tmp_path, GOOD)

    assert [[0.2, 0.3, 0.4], [0.1, 0.5, 0.6]] == file.curves.tolist()
    assert {"lr": ["0.1", "0.2"]} == file.columns
    assert ("acc_1", "acc_2", "acc_3") == file.epochs
    assert ("acc", "", (), None) == (file.label, file.untrained, file.left_out, file.seconds)
    assert [2, 3] == file.lines
    assert [False, False] == file.repeated.tolist()


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("0.1,", '"0.1",').encode(),
        GOOD.replace("\n", "\n\n").encode(),
        GOOD.replace(",", " , ").encode(),
        GOOD.rstrip("\n").encode(),
        gzip.compress(GOOD.encode(), mtime=0),
    ],
    ids=["byte order mark", "CRLF", "quoted cells", "empty lines", "spaces", "no last newline", "gzip"],
)
def test_the_same_file_in_other_clothes(tmp_path: Path, text: bytes) -> None:
    """How the text is encoded, quoted or spaced does not matter."""
    assert read(tmp_path, GOOD).curves.tolist() == read(tmp_path, text).curves.tolist()


@pytest.mark.parametrize(
    ("header", "epochs", "label"),
    [
        ("x,1,2,3", ("1", "2", "3"), ""),
        ("x,acc_0,acc_1,acc_2", ("acc_0", "acc_1", "acc_2"), "acc"),
        ("x,acc_3,acc_1,acc_2", ("acc_1", "acc_2", "acc_3"), "acc"),
        ("x,epoch 01,epoch 02,epoch 03", ("epoch 01", "epoch 02", "epoch 03"), "epoch"),
        ("acc_best,val.loss.1,val.loss.2,val.loss.3", ("val.loss.1", "val.loss.2", "val.loss.3"), "val.loss"),
        ("conv_1,conv_2,f1_1,f1_2,f1_3", ("f1_1", "f1_2", "f1_3"), "f1"),
        ("train_acc_1,train_acc_2,val_acc_1,val_acc_2", ("val_acc_1", "val_acc_2"), "val_acc"),
        ("cost_1,cost_2,x,z", ("cost_1", "cost_2"), "cost"),
        ("acc_2,acc_4,acc_6,y1,y2", ("y1", "y2"), "y"),
    ],
)
def test_epoch_columns_are_found(tmp_path: Path, header: str, epochs: tuple[str, ...], label: str) -> None:
    """The longest family without a gap holds the curves; of equal ones, the one of the validation set."""
    width = len(header.split(","))
    cells = "\n".join(",".join(f"{row}.{place}" for place in range(width)) for row in (1, 2))
    file = read(tmp_path, f"{header}\n{cells}\n")

    assert (epochs, label) == (file.epochs, file.label)


def test_a_result_before_the_curves_is_no_epoch(tmp_path: Path) -> None:
    """R calls epochs acc.1, acc.2, ...; a column acc before them that repeats their last values is the result."""
    file = read(tmp_path, "lr,acc,acc.1,acc.2\n1,4,3,4\n1,3,3,NA\n")

    assert ("acc.1", "acc.2") == file.epochs


def test_a_family_can_be_asked_for(tmp_path: Path) -> None:
    """A prefix or label picks among the families; the other one of that length is left out, not a column."""
    text = "x,a_1,a_2,b_1,b_2\n1,1,2,3,4\n2,5,6,7,8\n"

    assert [("b_", [[3.0, 4.0], [7.0, 8.0]])] * 2 == [
        (file.epochs[0][:2], file.curves.tolist())
        for file in (read(tmp_path, text, metric="b_"), read(tmp_path, text, metric="b"))
    ]
    assert (("a_",), ["x"]) == (
        read(tmp_path, text, metric="b").left_out,
        list(read(tmp_path, text, metric="b").columns),
    )


def test_what_was_measured_in_training_is_no_column(tmp_path: Path) -> None:
    """A family that ends at the same epoch as the curves is left out, a shorter one describes configurations."""
    header = "l2_1,l2_2,acc_0,acc_1,acc_2,acc_3,loss_1,loss_2,loss_3"
    file = read(tmp_path, f"{header}\n1,2,3,4,5,6,7,8,9\n2,3,4,5,6,7,8,9,10\n")

    assert ("acc_0", "acc_1", "acc_2", "acc_3") == file.epochs
    assert (("loss_",), ["l2_1", "l2_2"]) == (file.left_out, list(file.columns))


def test_the_untrained_model_is_left_out_on_demand(tmp_path: Path) -> None:
    """With untrained_first, the first epoch column is no epoch."""
    text = GOOD.replace("acc_1,acc_2,acc_3", "acc_0,acc_1,acc_2")
    kept, dropped = read(tmp_path, text), read(tmp_path, text, untrained_first=True)

    assert ("acc_0", "") == (kept.epochs[0], kept.untrained)
    assert (("acc_1", "acc_2"), "acc_0") == (dropped.epochs, dropped.untrained)
    assert [[0.3, 0.4], [0.5, 0.6]] == dropped.curves.tolist()


@pytest.mark.parametrize("cell", ["", " ", "nan", "NaN", "NA", "n/a", "null", "None"])
def test_missing_values(tmp_path: Path, cell: str) -> None:
    """Empty cells and the usual words for nothing become NaN, at the end or in a gap."""
    file = read(tmp_path, f"x,acc_1,acc_2,acc_3\n1,0.1,{cell},{cell}\n2,0.1,{cell},0.3\n3,{cell},{cell},{cell}\n")

    nan = np.nan
    np.testing.assert_array_equal(file.curves, [[0.1, nan, nan], [0.1, nan, 0.3], [nan, nan, nan]])


@pytest.mark.parametrize("cell", ["1e300", "-2e100", "inf", "-Infinity"])
def test_a_training_that_diverged_costs_only_itself(tmp_path: Path, cell: str) -> None:
    """Values that no predictor can compute with count as not recorded, and a note says where the first one is."""
    file = read(tmp_path, f"x,acc_1,acc_2,acc_3\n1,0.1,0.2,0.3\n2,0.1,{cell},{cell}\n")

    nan = np.nan
    np.testing.assert_array_equal(file.curves, [[0.1, 0.2, 0.3], [0.1, nan, nan]])
    assert file.notes == (
        "values that are infinite or beyond 1e+100, read as not recorded: 2 in 1 row (the first is"
        f" {cell} in column 'acc_2' on line 3)",
    )


def test_copies_are_marked(tmp_path: Path) -> None:
    """A row that copies an earlier one in every cell is marked, the first one is not."""
    file = read(tmp_path, "x,a_1,a_2\n1,2,3\n1,2,4\n1,2,3\n1,2,3\n")

    assert [False, False, True, True] == file.repeated.tolist()


@pytest.mark.parametrize("label", ["seconds", "sec", "time", "Wall_Time", "duration", "cost"])
def test_seconds_are_found(tmp_path: Path, label: str) -> None:
    """A family called after time, beside the curves, holds the seconds; a gap in both is fine."""
    file = read(tmp_path, f"a_1,{label}_1,a_2,{label}_2\n1,10,2,20\n3,30,,\n")

    assert file.seconds is not None
    np.testing.assert_array_equal(file.seconds, [[10, 20], [30, np.nan]])
    assert ({}, ("a_1", "a_2")) == (file.columns, file.epochs)


@pytest.mark.parametrize("first", [0, 1])
def test_seconds_with_and_without_the_untrained_model(tmp_path: Path, first: int) -> None:
    """The column that is left out may have seconds or not."""
    names = ",".join(f"time_{number}" for number in range(first, 3))
    cells = ",".join(f"{number}0" for number in range(first, 3))
    file = read(tmp_path, f"a_0,a_1,a_2,{names}\n1,2,3,{cells}\n4,5,6,{cells}\n", untrained_first=True)

    assert file.seconds is not None
    assert [[10, 20], [10, 20]] == file.seconds.tolist()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "runs.csv must hold a header and rows, but is empty"),
        ("\n\n", "runs.csv must hold a header and rows, but is empty"),
        ("lr,acc_1,acc_2\n", "runs.csv must hold at least 2 rows below the header, got 0"),
        ("lr,acc_1,acc_2\n1,2,3\n", "runs.csv must hold at least 2 rows below the header, got 1"),
        ("lr,acc_1,acc_2\n1,2,3\n1,2\n", "line 3 of runs.csv must have 3 cells, as the header has, got 2"),
        ("lr,acc_1,acc_2\n\n1,2,3,4\n1,2,3\n", "line 3 of runs.csv must have 3 cells, as the header has, got 4"),
        ("acc_1,lr,acc_2, lr \n1,2,3,4\n1,2,3,5\n", "column names of runs.csv must differ, got 'lr'"),
        (
            "lr,acc_1,acc_2\n1,2,3\n1,abc,3\n",
            "column 'acc_1' on line 3 of runs.csv must be a number, or empty if not recorded, got 'abc'",
        ),
        (
            "lr;acc_1;acc_2\n1;0,2;0,3\n1;0,3;#DIV/0!\n",
            "column 'acc_2' on line 3 of runs.csv must be a number, or empty if not recorded, got '#DIV/0!'",
        ),
        (
            "lr,acc_1,acc_2\n1,20%,30%\n1,?,40%\n",
            "column 'acc_1' on line 3 of runs.csv must be a number, or empty if not recorded, got '?'",
        ),
        (
            "0.1,0.25,0.5\n0.2,0.35,0.6\n0.3,0.4,0.7\n",
            "runs.csv must begin with a line of column names, such as lr, acc_1, acc_2, ..., got '0.1, 0.25, 0.5'",
        ),
        (
            "lr,acc,acc.1,acc.2\n1,2,3,4\n1,2,3,5\n",
            "column names of runs.csv must differ before a program numbers them; say which is the first epoch, as in"
            " acc_1, acc_2, ..., got 'acc, acc.1 to acc.2'",
        ),
        (
            "lr,acc_1,acc_2,sec_1,sec_2\n1,2,3,1,1\n1,2,1,1,inf\n",
            "column 'sec_2' on line 3 of runs.csv must be finite, got 'inf'",
        ),
        ("lr,acc_1,acc_2\n1,1e300,\n1,inf,nan\n", "epoch columns of runs.csv must hold at least one value, got 'none'"),
        (
            "lr,acc_1,acc_2\n1,2,2\n1,2,\n",
            "epoch columns of runs.csv must hold values that differ, or there is nothing to learn, got 2.0",
        ),
        ("lr,acc_1,acc_2\n1,,\n1,,nan\n", "epoch columns of runs.csv must hold at least one value, got 'none'"),
        (
            "lr,acc\n1,2\n1,3\n",
            f"{NO_EPOCHS}, got lr, acc",
        ),
        (
            "lr,acc_5,acc_10\n1,2,3\n1,3,3\n",
            f"{NO_EPOCHS}, got acc_5 to acc_10",
        ),
        (
            "lr|acc_1|acc_2\n1|2|3\n1|3|3\n",
            f"{NO_EPOCHS} (cells must be separated by commas, semicolons or tabs), got lr|acc_1|acc_2",
        ),
        (
            "a_1,a_2,b_1,b_2\n1,2,3,4\n1,2,3,4\n",
            "runs.csv must have one family of columns that may be the curves, or the name of one must follow the"
            " file (such as runs.csv#a), got a_1 to a_2; b_1 to b_2",
        ),
        (
            "a_1,a_2,a_3,time_1,time_2\n1,2,3,4,5\n1,2,3,4,5\n",
            "columns time_... of runs.csv must be as many as the 3 epochs, got 2",
        ),
        (
            "a_1,a_2,time_1,time_2\n1,2,3,4\n1,2,,4\n",
            "column 'time_1' on line 3 of runs.csv must be a number >= 0 where the epoch has a value, got ''",
        ),
        (
            "a_1,a_2,time_1,time_2\n1,2,3,4\n1,2,1,-4\n",
            "column 'time_2' on line 3 of runs.csv must be a number >= 0 where the epoch has a value, got '-4'",
        ),
        ('a_1,a_2\n1,2\n"1,2\n', "line 3 of runs.csv must be csv: unexpected end of data"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """Each refusal is one sentence that names the file, and the line and column where there is one."""
    assert message == refusal(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [b"a_1,a_2\n\xff,2\n1,2\n", gzip.compress(GOOD.encode(), mtime=0)[:-12], b"\x1f\x8b broken"],
    ids=["not UTF-8", "cut off", "not gzip"],
)
def test_what_is_no_text_is_refused(tmp_path: Path, text: bytes) -> None:
    """Bytes that are neither UTF-8 nor whole gzip are refused in a sentence."""
    assert refusal(tmp_path, text).startswith("runs.csv must be a readable csv file in UTF-8, gzipped or not: ")


def test_a_long_header_is_shortened(tmp_path: Path) -> None:
    """A message never repeats a header of hundreds of columns."""
    names = ",".join(f"column{letter}{other}" for letter in "abcdefgh" for other in "abcdefgh")
    cells = ",".join("1" for _ in range(64))

    assert refusal(tmp_path, f"{names}\n{cells}\n{cells}\n").endswith("...")
