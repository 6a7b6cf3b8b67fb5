"""A csv file is read however people write one, and what is no number, or too large, is named with its place."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from bandits.errors import CurveTableError
from bandits.objectives.curve_files.csv_cells import MISSING, number_in
from bandits.objectives.curve_files.csv_file import CsvFile, read_csv

PLAIN = [["0.1", "0.2"], ["0.3", "0.4"]]


def read(folder: Path, text: str) -> CsvFile:
    path = folder / "runs.csv"
    path.write_text(text, encoding="utf-8")
    return read_csv(path)


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n0.1,0.2\n0.3,0.4\n",
        "a;b\n0.1;0.2\n0.3;0.4\n",
        "a;b\n0,1;0,2\n0,3;0,4\n",
        "a\tb\n0.1\t0.2\n0.3\t0.4\n",
        "sep=;\r\na;b\r\n0.1;0.2\r\n0.3;0.4\r\n",
        "sep=|\na|b\n0.1|0.2\n0.3|0.4\n",
        '"a", "b"\n"0.1", "0.2"\n"0.3", "0.4"\n',
        '"a","b"\n"0,1","0,2"\n"0,3","0,4"\n',
        "a,b,\n0.1,0.2,\n0.3,0.4,\n",
        "a,b\n0.1,0.2,\n0.3,0.4,,\n",
        "a,b,\n0.1,0.2\n0.3,0.4\n",
        ",\na,b\n0.1,0.2\n\n,\n0.3,0.4\n,,,\n",
    ],
    ids=[
        "commas",
        "semicolons",
        "decimal commas",
        "tabs",
        "Excel's first line",
        "bars, which a first line names",
        "blanks before quotes",
        "quoted decimal commas",
        "commas at the end of every line",
        "commas at the end of rows",
        "a comma at the end of the header",
        "rows of empty cells",
    ],
)
def test_the_same_cells_written_in_other_ways(tmp_path: Path, text: str) -> None:
    """Separators, quotes, decimal commas and empty cells at the end make no difference."""
    file = read(tmp_path, text)

    assert (["a", "b"], PLAIN) == (file.header, [[cell.strip() for cell in row] for row in file.rows])


@pytest.mark.parametrize(
    ("cells", "numbers", "note"),
    [
        (["84.5%", "85 %", "NA"], [84.5, 85.0, math.nan], "percent signs are left out (84.5% is 84.5) in column x"),
        (
            ['"1,234.5"', '"2,000,000"', "7"],
            [1234.5, 2_000_000.0, 7.0],
            "commas are read as separators of thousands (1,234.5 is 1234.5) in column x",
        ),
        (
            ['"0,845"', '"12,5"', "3"],
            [0.845, 12.5, 3.0],
            "commas are read as decimal points (0,845 is 0.845) in column x",
        ),
        (
            ['" 0,845 "', '"-,5"', '"1,5e-3"'],
            [0.845, -0.5, 0.0015],
            "commas are read as decimal points (0,845 is 0.845)",
        ),
    ],
)
def test_other_ways_to_write_numbers_are_read_and_said(
    tmp_path: Path, cells: list[str], numbers: list[float], note: str
) -> None:
    """A column is read in one way, and the note has an example of it."""
    file = read(tmp_path, "x,y\n" + "".join(f"{cell},1\n" for cell in cells))

    assert numbers == pytest.approx([file.number(row, 0) for row in range(3)], nan_ok=True)
    assert 1 == len(file.notes)
    assert file.notes[0].startswith(note)


@pytest.mark.parametrize("cells", [["84.5%", "0.85"], ['"1,2"', "0.5"], ['"a,b"', '"1,2"'], ['"1,2,3"', '"4,5,6"']])
def test_a_column_in_two_ways_stays_as_it_is(tmp_path: Path, cells: list[str]) -> None:
    """Percent signs in some rows, commas beside points, lists and words are not rewritten."""
    file = read(tmp_path, "x,y\n" + "".join(f"{cell},1\n" for cell in cells))

    assert ([cell.strip('"') for cell in cells], ()) == ([row[0] for row in file.rows], file.notes)


def test_semicolons_leave_commas_to_decimals(tmp_path: Path) -> None:
    """1,234 is 1.234 where no comma separates cells, and 1,234,567 can only be thousands."""
    file = read(tmp_path, "x;y\n1,234;1,234,567\n0,5;2,000,000\n")

    assert [[1.234, 1234567.0], [0.5, 2e6]] == [[file.number(row, column) for column in (0, 1)] for row in (0, 1)]
    assert 2 == len(file.notes)


def test_a_note_counts_columns(tmp_path: Path) -> None:
    """One sentence for all columns that were read alike."""
    file = read(tmp_path, "acc_1,acc_2,acc_3\n1%,2%,3%\n4%,5%,6%\n")

    assert ("percent signs are left out (1% is 1) in 3 columns (acc_1 to acc_3)",) == file.notes


@pytest.mark.parametrize(
    ("text", "header"),
    [
        (",lr,acc\n0,0.1,0.5\n1,0.2,0.6\n", ["column 1", "lr", "acc"]),
        ("Unnamed: 0,lr,acc\n0,0.1,0.5\n1,0.2,0.6\n", ["Unnamed: 0", "lr", "acc"]),
        ('"lr","acc"\n"1",0.1,0.5\n"2",0.2,0.6\n', ["column 1", "lr", "acc"]),
    ],
    ids=["pandas", "pandas read again", "R's row names"],
)
def test_an_index_has_no_name(tmp_path: Path, text: str, header: list[str]) -> None:
    """What pandas and R write before the columns is known to have no name."""
    file = read(tmp_path, text)

    assert (header, {0}, "0.1") == (file.header, set(file.unnamed), file.rows[0][1])


def test_rows_of_another_length_are_refused(tmp_path: Path) -> None:
    """Unless only empty cells are too many."""
    for text, found in (("a,b\n1,2,3\n1,2\n", 3), ("a,b\n1,2\n1\n", 1), ("a,b\n1,2,3\n1,4,5\n", 3)):
        with pytest.raises(CurveTableError, match=rf"must have 2 cells, as the header has, got {found}$"):
            read(tmp_path, text)


@pytest.mark.parametrize("cell", sorted(MISSING))
def test_what_means_nothing(cell: str) -> None:
    """In any case, and with blanks around it."""
    assert all(math.isnan(number_in(f" {way} ") or 0.0) for way in (cell, cell.upper(), cell.title()))


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        ("half", "must be a number, or empty if not recorded"),
        ("1_000", "must be a number, or empty if not recorded"),
        ("1e308", r"must lie between -1e\+100 and 1e\+100, or be empty if the training diverged"),
        ("-2e100", r"must lie between -1e\+100 and 1e\+100, or be empty if the training diverged"),
    ],
)
def test_a_cell_that_is_no_number_is_named(tmp_path: Path, cell: str, rule: str) -> None:
    """With its column, its line and what it holds."""
    file = read(tmp_path, f"x,y\n1,2\n\n{cell},2\n")

    with pytest.raises(CurveTableError, match=rf"^column 'x' on line 4 of .*runs.csv {rule}, got '{cell}'$"):
        file.number(1, 0)


def test_infinities_are_numbers(tmp_path: Path) -> None:
    """What becomes of them is the reader's policy."""
    assert [math.inf, -math.inf] == [read(tmp_path, "x,y\ninf,1\n-inf,1\n").number(row, 0) for row in (0, 1)]
