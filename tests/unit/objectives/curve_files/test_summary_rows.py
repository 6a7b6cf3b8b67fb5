"""Rows below a table that sum it up."""

from __future__ import annotations

from pathlib import Path

import pytest

from bandits.objectives.curve_files.table_reader import read_curve_file

HEADER = "name,lr,acc_1,acc_2"
ROWS = ["a,0.1,0.2,0.5", "b,0.2,0.3,0.7", "c,0.4,0.25,0.9"]


def left_out(folder: Path, *below: str, header: str = HEADER, rows: list[str] = ROWS) -> tuple[int, tuple[str, ...]]:
    """How many rows of a file are not read, and the notes."""
    path = folder / "runs.csv"
    path.write_text("\n".join([header, *rows, *below]))
    file = read_curve_file(path)
    assert len(file.curves) == len(file.lines) == len(file.columns["lr"])
    return len(rows) + len(below) - len(file.curves), file.notes


@pytest.mark.parametrize(
    "below",
    [
        ["Mean,0.23,0.25,0.7"],
        ["average:,,0.25,0.70"],
        [",,0.25,0.7"],
        ["Mean,,9,9"],
        ["Mean,,0.25,0.7", "Std,,0.05,0.2"],
        ["MAX,0.4,0.3,0.9", "min,0.1,0.2,0.5", "Median,0.2,0.25,0.7", "Total,0.7,0.75,2.1"],
    ],
)
def test_a_summary_is_no_training(tmp_path: Path, below: list[str]) -> None:
    """Its name and its numbers give it away, or its name and that it has no settings; a note gives the lines."""
    lines = ", ".join(str(5 + row) for row in range(len(below)))
    said = f"rows that sum up the others, left out: {len(below)} (line{'s' * (len(below) > 1)} {lines})"

    assert left_out(tmp_path, *below) == (len(below), (said,))


@pytest.mark.parametrize(
    "below",
    [
        ["mean,0.3,0.4,0.5"],  # a configuration that is called so
        [",,0.25,0.85"],  # a configuration without name and rate
        ["d,0.2,0.25,0.7"],  # one in the middle
        ["Mean,half,0.25,0.7"],
        ["Mean,,0.25,0.7", "d,0.3,0.4,0.5"],  # not at the end
        ["Mean,1e308,1e308,1e308"],
    ],
)
def test_what_may_be_a_training_is_kept(tmp_path: Path, below: list[str]) -> None:
    """Neither a name nor numbers alone make a summary."""
    assert left_out(tmp_path, *below)[0] == 0


def test_a_choice_may_be_called_like_a_statistic(tmp_path: Path) -> None:
    """A kind of pooling that several configurations have names no row."""
    rows = ["mean,0.1,0.2,0.5", "max,0.2,0.3,0.7", "mean,0.3,0.25,0.6", "max,,0.3,0.7"]

    assert left_out(tmp_path, header="pooling,lr,acc_1,acc_2", rows=rows) == (0, ())
