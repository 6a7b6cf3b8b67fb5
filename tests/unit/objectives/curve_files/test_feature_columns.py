"""Columns that are features of another column."""

from pathlib import Path

import pytest

from bandits.objectives import CurveTable
from bandits.objectives.curve_files.feature_columns import told_columns
from bandits.objectives.curve_files.feature_names import belongs_to, is_a_feature_of_another
from bandits.search_space import ABSENT


def test_a_number_that_some_rows_do_not_have() -> None:
    """The number in such a cell stands for it; an empty one counts as the smallest value."""
    told = told_columns({"x": ["0.9", "0.25", "", "0.5"], "has x": ["1", "0", "0", "1"]})["x"]

    assert told.values == [0.9, ABSENT, ABSENT, 0.5]
    assert told.features == {"x": [0.9, 0.25, 0.5, 0.5], "has x": [1.0, 0.0, 0.0, 1.0]}


def test_a_number_that_was_not_recorded() -> None:
    """An empty cell counts as the median."""
    told = told_columns({"x": ["1", "", "4", "2"], "x=missing": ["0", "1", "0", "0"]})["x"]

    assert told.values == [1, None, 4, 2]
    assert told.features["x"] == [1.0, 2.0, 4.0, 2.0]


def test_a_choice_that_looks_like_numbers() -> None:
    """Its cells are texts; an empty one is None, or says that there is no such parameter."""
    columns = {"x": ["1", "0.5", "", ""], "x=1": ["1", "0", "0", "0"], "x=0.5": ["0", "1", "0", "0"]}
    told = told_columns({**columns, "x=None": ["0", "0", "1", "0"]})["x"]

    assert told.values == ["1", "0.5", None, ABSENT]
    assert list(told.features) == ["x=1", "x=0.5", "x=None"]


@pytest.mark.parametrize(
    "columns",
    [
        {"x": ["1", "2"]},
        {"has x": ["1", "0"]},
        {"x": ["1", "2"], "has x": ["1", "2"]},
        {"x": ["1", "2"], "has x": ["1", ""]},
        {"x": ["1", ""], "has x": ["1", "1"]},
        {"x": ["a", "b"], "has x": ["1", "0"]},
        {"x": ["a", "b"], "x=a": ["1", "0"]},
        {"x": ["a", "b"], "x=a": ["0", "1"], "x=b": ["1", "0"]},
        {"x": ["a", ""], "x=a": ["1", "1"], "x=None": ["0", "1"]},
        {"x": ["1_0", "2"], "has x": ["1", "1"]},
    ],
)
def test_columns_that_do_not_fit_are_columns_like_any_other(columns: dict[str, list[str]]) -> None:
    """Somebody may have called them so for reasons of their own."""
    assert told_columns(columns) == {}


def test_a_column_that_is_told_is_a_parameter_whatever_it_looks_like(tmp_path: Path) -> None:
    """A table shows it once, and takes no numbered choice for an epoch."""
    file = tmp_path / "runs.csv"
    file.write_text("seed,has seed,k,k=1,k=2,acc_1,acc_2\n7,1,1,1,0,0.1,0.2\n8,1,2,0,1,0.2,0.3\n9,1,2,0,1,0.3,0.5\n")
    table = CurveTable(file)

    assert table.feature_names == ("seed", "k=1", "k=2")
    assert table.configs[0] == {"row": 0, "seed": 7, "k": "1"}
    assert {column.name: column.role for column in table.description.columns}["has seed"] == "label"


def test_names_of_features() -> None:
    """They begin with the parameter and a sign, or with `has`."""
    assert belongs_to("a=b", "a") and belongs_to("has a", "a") and belongs_to("a", "a")
    assert not belongs_to("ab", "a")
    assert is_a_feature_of_another("a=b=c", {"a=b"})
    assert is_a_feature_of_another("has a", {"a"})
    assert not is_a_feature_of_another("has a", {"b"})
